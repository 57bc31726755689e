// What becomes of a bond is written down: given back, or kept by the contract.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Duties } from '../../../miner/duties.ts'
import { Journal, type Publication, publicationId } from '../../../miner/journal.ts'
import { resultOf } from '../../../miner/money/result.ts'
import { createNodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { encodeSealed, genesisBlock } from '../../../node/protocol/header.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { BOND_SECONDS } from '../../../node/protocol/rules.ts'
import { later, toBaseUnits, toGasPrice, toTime, toWei } from '../../../node/protocol/units.ts'
import { log } from '../../support/log.ts'
import { serve } from '../../support/rpc/serve.ts'

const BOND = toWei(10n ** 16n)
const block = genesisBlock({ chain: 1n, bridge: ZERO_ADDRESS, easiestTarget: 1n, state: ZERO_HASH })
const sealed = encodeSealed({ ...block, header: { ...block.header, height: 5n } })

for (const [what, given, expected] of [
  ['is lost with a block that was refuted', { record: { isRefuted: true } }, { stage: 'lost', lost: BOND }],
  [
    'is lost with a block that had lost its race before it was refuted',
    { stage: 'lost', record: { isRefuted: true }, refusal: 'NoBond' },
    { stage: 'lost', lost: BOND },
  ],
  [
    'is lost by the rival of a block that counts',
    { stage: 'lost', refusal: 'BondForfeited' },
    { stage: 'lost', lost: BOND },
  ],
  ['is not lost where it was released', { stage: 'final' }, { stage: 'final', lost: 0n }],
  [
    'is not lost where it was released before a crash',
    { stage: 'final', refusal: 'NoBond' },
    { stage: 'final', lost: 0n },
  ],
] as const satisfies readonly (readonly [string, Given, object])[]) {
  test(`a bond ${what}`, async (t) => {
    const entry = await afterDuties(t, given)
    const { bondsLost } = resultOf([entry], toWei(0n), 0n)
    assert.deepEqual({ stage: entry.stage, lost: bondsLost, bond: entry.bond }, { ...expected, bond: 0n })
  })
}

test('a final block that the contract does not pay for is noted as such, and keeps its bond', async (t) => {
  const entry = await afterDuties(t, { record: { isFinal: true, isUnpaid: true }, now: 0n })
  const { stage, isUnpaid, fee, bond } = entry
  assert.deepEqual({ stage, isUnpaid, fee, bond }, { stage: 'final', isUnpaid: true, fee: 0n, bond: BOND })
})

type Given = {
  readonly stage?: Publication['stage']
  readonly record?: object
  /** What the contract has against the release of the bond. */
  readonly refusal?: 'NoBond' | 'BondForfeited'
  /** Seconds since the publication; default: when bonds are given back. */
  readonly now?: bigint
}

async function afterDuties(t: TestContext, { stage = 'published', record, refusal, now }: Given): Promise<Publication> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-duties-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const journal = new Journal(folder)
  await journal.load()
  const entry = await journal.put({
    ...{ version: 2, stage, foundMs: 0, sinceMs: 0, parent: sealed, sealed, attempts: [] },
    body: { steps: new Uint8Array(), states: new Uint8Array() },
    ...{ fee: toBaseUnits(3n), bond: BOND, publishedAt: 1 },
  })
  const send = async () => {
    if (refusal === undefined) return { status: 'done' }
    throw new OperationError('bridge-refused', refusal, { facts: { error: refusal } })
  }
  const answers = { publishedAt: toTime(1n), isRefuted: false, isFinal: false, isUnpaid: false, bond: BOND, ...record }
  const ethereum = {
    record: async () => answers,
    standing: async () => ({ finalHeight: 0n }),
    owed: async () => toWei(0n),
  }
  // Of the sender only this.
  const sender = { send, ethereum } as unknown as TransactionSender
  const node = createNodeClient(await serve(t, { bridge_due: async () => ({ nominate: [], finalize: [] }) }))
  const deps = { node, sender, journal, log, now: () => 0, random: () => 0 }
  const duties = new Duties(deps, { payout: ZERO_ADDRESS, courtesyMs: 0 })
  const time = now === undefined ? later(toTime(1n), BOND_SECONDS) : toTime(1n + now)
  const head = { number: 1n, hash: ZERO_HASH, time, next: time, baseFee: toGasPrice(1n) }
  await duties.round(head, AbortSignal.timeout(10_000))
  const after = journal.get(publicationId(entry))
  assert(after)
  return after
}
