// Proofs for tests: chains of payments, ledgers that import them, and a network in which nobody is there.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../../node/errors.ts'
import { Ledger } from '../../../node/ledger/ledger.ts'
import { OwnPayments } from '../../../node/own-payments.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { accountOf, genesisOf, type Paid, pay, RULES } from '../../../scripts/assure/models/world.ts'
import { log } from '../../support/rpc/serve.ts'

export const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const genesis = genesisOf(alice)
export const first = genesisInfohash(genesis)

/** Payments of one unit from alice to bob, each on the one before it, oldest first. */
export function chainOf(count: number): [...Paid[], Paid] {
  const chain = [pay(alice, { to: bob.address, tokens: 1n, time: 0, prev: [first] })]
  for (let time = 1; time < count; time++) {
    const prev = chain[time - 1]?.infohash ?? first
    chain.push(pay(alice, { to: bob.address, tokens: 1n, time, prev: [prev] }))
  }
  return chain as [...Paid[], Paid] // one at least
}

export async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-proofs-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A ledger and a network of nobody, which remembers what it was asked for; `delivers` comes from it all the same. */
export async function lonely(t: TestContext, delivers: readonly Paid[] = [], unordered?: number) {
  const database = await folderOf(t)
  const limits = unordered === undefined ? {} : { limits: { unordered } }
  const ledger = new Ledger({ database, rules: RULES, genesis, log, clock: () => 1_800_000_000_000, ...limits })
  await ledger.start()
  t.after(() => ledger.stop())
  const asked = new Set<Infohash>()
  const network = {
    fetch: async (infohash: Infohash, signal: AbortSignal) => {
      asked.add(infohash)
      const found = delivers.find((each) => each.infohash === infohash)
      if (found === undefined && !signal.aborted) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      }
      if (found === undefined)
        throw new OperationError('transaction-not-found', 'nobody has it', { facts: { infohash }, retry: true })
      await ledger.submit(found.file, 'peer')
      return found.file
    },
  }
  return { ledger, network, own: new OwnPayments(ledger), asked }
}

export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_200; i++) {
    if (await isTrue()) return
    await delay(25)
  }
  throw new Error(`waited in vain for ${what}`)
}
