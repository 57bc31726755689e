// What the bridge owes to everybody, by its events alone: after any sequence of calls they say what `owed` says.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseEventLogs } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { type Address, parseAddress } from '../../../node/protocol/ids.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { appliedStep, packedBytes, type TestBlock } from '../../support/contract/blocks.ts'
import type { Receipt } from '../../support/contract/chain.ts'
import { Fixture, HOUR } from '../../support/contract/fixture.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const ROUNDS = 40
const random = randomOf(seed)
const pick = (below: number) => Math.floor(random() * below)

const fixture = await Fixture.deploy('harness')
after(() => fixture[Symbol.asyncDispose]())
const accounts = [1, 2, 3, 4].map((i) => fixture.account(i))
const somebody = () => accounts[pick(accounts.length)] ?? fixture.account(1)

/** What the events have added up to. */
const owed = new Map<Address, bigint>(accounts.map((account) => [account, 0n]))
/** How often money of each kind moved, so that none is missing from the sequence. */
const seen = { overpaid: 0, queueFees: 0, bonds: 0, rewards: 0, withdrawn: 0 }

function fold({ logs }: Receipt): void {
  for (const { eventName, args } of parseEventLogs({ abi: bridgeAbi, logs: [...logs], strict: true })) {
    if (eventName !== 'Owed' && eventName !== 'Withdrawn') continue
    const account = parseAddress(args.account.toLowerCase())
    owed.set(account, (owed.get(account) ?? 0n) + (eventName === 'Owed' ? args.amount : -args.amount))
  }
}

/** A call that the rules allow or refuse, as it comes: what is refused changes nothing. */
async function attempt(kind: keyof typeof seen, call: Promise<Receipt>): Promise<boolean> {
  const receipt = await call.catch(() => undefined)
  if (receipt === undefined) return false
  fold(receipt)
  seen[kind] += 1
  return true
}

async function checkAll(): Promise<void> {
  let sum = 0n
  for (const account of accounts) {
    const amount = await fixture.read.owed([account])
    assert.equal(owed.get(account), amount, account)
    sum += amount
  }
  assert.equal(
    sum,
    [...owed.values()].reduce((a, b) => a + b, 0n),
    'nothing is owed to anybody else',
  )
  const held = await fixture.chain.client.getBalance({ address: fixture.bridge })
  assert.ok(sum <= held, 'the bridge has what it owes')
}

/** What waits in the queue from its first entry that no block on the final chain has consumed. */
const waiting: { readonly fee: bigint; readonly packed: Uint8Array }[] = []

async function forceSome(): Promise<void> {
  const packed = packedBytes({ payee: somebody(), seed: pick(1_000_000) })
  const fee = fixture.forceFee(packed)
  const due = fee * 10n ** 9n
  const paid = random() < 0.7 ? due + BigInt(1 + pick(1_000_000)) : due
  fold(await fixture.force([packed], { from: somebody(), value: paid }))
  if (paid > due) seen.overpaid += 1
  waiting.push({ fee, packed })
}

/** Publishes a block that consumes all that waits, refutes it or makes it final, and says which of them it was. */
async function liveOneBlock(parent: TestBlock): Promise<{ readonly block: TestBlock; readonly isFinal: boolean }> {
  const steps = waiting.map(({ fee, packed }) => appliedStep(fee, packed))
  const value = fixture.bond() + BigInt(pick(5_000_000_000))
  const block = await fixture.extend(parent, { miner: somebody(), steps }, { from: somebody(), value })
  if (random() < 0.3) {
    fold(await fixture.refute(block, somebody()))
    seen.rewards += 1
    return { block, isFinal: false }
  }
  fixture.pass(24n * HOUR)
  fold(await fixture.finalize(block))
  if (waiting.length > 0) seen.queueFees += 1
  waiting.length = 0
  return { block, isFinal: true }
}

test(`the events say what is owed to everybody, at every moment (seed ${seed})`, async () => {
  const made: TestBlock[] = []
  let tip = fixture.genesis
  fixture.pass(HOUR)
  for (let round = 0; round < ROUNDS; round++) {
    for (let count = pick(3); count > 0; count--) await forceSome()
    const { block, isFinal } = await liveOneBlock(tip)
    made.push(block)
    if (isFinal) tip = block
    await checkAll()
    const old = made[pick(made.length)]
    if (old) await attempt('bonds', fixture.withdrawBond(old))
    if (random() < 0.5) await attempt('withdrawn', fixture.withdraw(somebody()))
    await checkAll()
  }
  assert.ok(
    Object.values(seen).every((count) => count >= 3),
    `each kind of money moved: ${JSON.stringify(seen)}`,
  )
})
