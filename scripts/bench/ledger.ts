// Bench: how many transactions a second the ledger verifies, judges and writes, beside what the signatures alone cost.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Ledger } from '../../node/ledger/ledger.ts'
import type { BranchBlock } from '../../node/ledger/types.ts'
import { createGenesis, genesisInfohash } from '../../node/protocol/genesis.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { type Address, addressOfKey, type Infohash, toAddress, toHash } from '../../node/protocol/ids.ts'
import { type Rules, STEP_LIMIT } from '../../node/protocol/rules.ts'
import { publicKeyOf, signDigest } from '../../node/protocol/signature.ts'
import { encodeTransaction } from '../../node/protocol/transaction.ts'
import { signingDigest } from '../../node/protocol/typed-data.ts'
import { type VerifiedTransaction, verifyFile } from '../../node/protocol/verify.ts'
import type { Bench } from './measure.ts'

const transactions = 3_000
const key = keccak(new TextEncoder().encode('bench'))
const rules: Rules = {
  chain: 1n,
  bridge: toAddress(new Uint8Array(20).fill(0xb1)),
  token: toAddress(new Uint8Array(20).fill(0x70)),
  minRequest: 1n,
}
const genesis = createGenesis(publicKeyOf(key), 1_767_225_600, (digest) => signDigest(digest, key))

export const bench: Bench = {
  name: 'ledger',
  title: `Transactions a second, ${transactions.toLocaleString('en')} in a chain of payments to as many payees`,
  unit: 'thousand/s',
  rounds: 5,
  limits: [],
  async prepare() {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-bench-ledger-'))
    const chain = makeChain()
    const blocks = inBlocks(chain)
    let runs = 0
    const withLedger = async (measured: (ledger: Ledger) => Promise<number>) => {
      await using ledger = new Ledger({
        database: join(folder, `${runs++}`),
        rules,
        genesis,
        log: pino({ level: 'warn' }),
        clock: () => performance.timeOrigin + performance.now(),
      })
      await ledger.start()
      return await measured(ledger)
    }
    const submitAll = (ledger: Ledger, files: readonly VerifiedTransaction[]) => async () => {
      await Promise.all(files.map(({ file }) => ledger.submit(file, 'bench')))
      await ledger.idle()
    }
    return {
      cases: [
        {
          name: 'check fields and signature',
          run: () =>
            rate(async () => {
              for (const { file } of chain) verifyFile(rules, file)
            }),
        },
        { name: 'submit, parents first', run: () => withLedger((ledger) => rate(submitAll(ledger, chain))) },
        {
          name: 'submit, children first',
          run: () => withLedger((ledger) => rate(submitAll(ledger, chain.toReversed()))),
        },
        {
          name: 'submit again what is known',
          run: () =>
            withLedger(async (ledger) => {
              await submitAll(ledger, chain)()
              return await rate(submitAll(ledger, chain))
            }),
        },
        {
          name: `order in blocks of ${STEP_LIMIT} and finalize`,
          run: () =>
            withLedger(async (ledger) => {
              await submitAll(ledger, chain)()
              return await rate(() => ledger.setBranch({ final: blocks.at(-1)?.id ?? toHash(key), blocks }))
            }),
        },
      ],
      stop: () => rm(folder, { recursive: true, force: true }),
    }
  },
}

async function rate(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return transactions / (performance.now() - startedMs)
}

/** Each spends the change of the one before. */
function makeChain(): VerifiedTransaction[] {
  const chain: VerifiedTransaction[] = []
  let prev: Infohash = genesisInfohash(genesis)
  const from = addressOfKey(publicKeyOf(key))
  for (let i = 0; i < transactions; i++) {
    const to: Address = toAddress(keccak(Uint8Array.of(i >> 8, i)).subarray(0, 20))
    const body = { to, tokens: 1_000n, time: 1_767_225_600 + i, prev: [prev] }
    const signature = signDigest(signingDigest(body), key)
    const verified = verifyFile(rules, encodeTransaction({ kind: 'signed', from, signature, ...body }))
    chain.push(verified)
    prev = verified.infohash
  }
  return chain
}

function inBlocks(chain: readonly VerifiedTransaction[]): BranchBlock[] {
  return Array.from({ length: Math.ceil(chain.length / STEP_LIMIT) }, (_, i) => ({
    id: toHash(keccak(Uint8Array.of(i))),
    height: BigInt(i + 1),
    publishedAt: 1_767_225_600 + i,
    steps: chain
      .slice(i * STEP_LIMIT, (i + 1) * STEP_LIMIT)
      .map((transaction, step) => ({ step, kind: 'transaction', transaction })),
  }))
}
