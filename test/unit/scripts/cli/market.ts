// A node, three wallets, and `ttx maker` between them: the ground of the tests of the command.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Side } from '../../../../node/client/maker/ladder.ts'
import { decodeOffer, offerId } from '../../../../node/protocol/offer-file.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'
import { SHOP, STOCK, Street } from '../../node/client/maker/street.ts'
import { person } from '../../node/ledger/world.ts'

export const PASSPHRASE = 'four random words here'
const WAIT_MS = 60_000

export type Listed = {
  readonly offer: string
  readonly file: string
  readonly give: string
  readonly want: string
  readonly price: string
}
type Index = { readonly maker: string } & { readonly [S in Side]: readonly Listed[] }

export async function openMarket(t: TestContext) {
  const street = await Street.open(t, 3)
  const url = await serve(t, street.handlers)
  const data = join(street.folder, 'data')
  for (const [name, { key }] of Object.entries({ stock: STOCK, shop: SHOP, other: person('other') })) {
    const saved = await saveWallet(join(data, 'wallets'), name, key, PASSPHRASE, { scryptN: 4_096 })
    saved[Symbol.dispose]()
  }
  const out = join(street.folder, 'offers')
  const common = ['--node', url, '--data', data, '--poll-ms', '20']
  const market = ['maker', '--base', street.gold, '--units', '--rungs', '3', '--wallet', 'stock', ...common]
  const run = async (args: readonly string[], env: Record<string, string> = { TTX_PASSPHRASE: PASSPHRASE }) => {
    const shell = fakeShell({ folder: street.folder, env })
    const exitCode = await runCli([...market, ...args], shell)
    return { exitCode, out: shell.out(), err: shell.err() }
  }
  const json = async (...args: readonly string[]) => JSON.parse((await run([...args, '--json'])).out)
  const index = async (): Promise<Index> => JSON.parse(await readFile(join(out, 'ladder.json'), 'utf8'))
  const taken = async (side: Side, time: number) => {
    const [nearest] = (await index())[side]
    assert(nearest)
    const offer = decodeOffer(await readFile(join(out, nearest.file), 'utf8'))
    const [taker] = street.takers
    assert(taker)
    assert.notEqual(await street.take(taker, { id: offerId(offer), side, offer }, time), undefined)
    return nearest
  }
  /** What was written whole: a process that is killed may leave a draft. */
  const book = async () =>
    (await readdir(join(street.folder, 'data', 'offers'))).filter((name) => name.endsWith('.json'))
  return { street, run, json, index, taken, out, market, book }
}

export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + WAIT_MS; ; await delay(20)) {
    if (await isTrue().catch(() => false)) return
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
  }
}
