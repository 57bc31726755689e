// How far a call has come by the word of one endpoint: in doubt it has not come to its end.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt } from '../../../../../../node/ethereum/sending/attempt.ts'
import { type PhaseFacts, phaseOf } from '../../../../../../node/ethereum/sending/everywhere/phase.ts'
import type { View } from '../../../../../../node/ethereum/sending/everywhere/view.ts'
import { ZERO_HASH } from '../../../../../../node/protocol/ids.ts'
import { toGasPrice, toTime, toWei } from '../../../../../../node/protocol/units.ts'
import { madeUpId } from '../../../../../support/miner/made-up-tree.ts'
import { MadeUpChain } from '../../../../../support/sending/made-up-chain.ts'

const endpoint = new MadeUpChain().endpoint('one')
const NONE: ReadonlySet<number> = new Set()
const first = attempt('first', 5)
const second = attempt('second', 5)

test('an attempt in a block settles until it has as many confirmations as are asked for, whatever else is said', () => {
  for (const [block, state] of [
    [100n, 'settling'],
    [99n, 'over'],
  ] as const) {
    for (const isOver of [true, undefined]) {
      const phase = phaseOf(view({ isOver, ...mined(first, { block }) }), facts({ attempts: [first] }))
      assert.equal(phase.state, isOver === undefined ? 'settling' : state)
    }
  }
})

test('what is over by itself is over without a receipt, and what a cancellation did is not ours', () => {
  assert.deepEqual(phaseOf(view({ isOver: true }), facts({ attempts: [first] })), { state: 'over' })
  const cancelled = { ...first, isCancel: true }
  const seen = view({ isOver: true, ...mined(first, { block: 90n }) })
  assert.deepEqual(phaseOf(seen, facts({ attempts: [cancelled] })), { state: 'over' })
})

test('an attempt in a block has failed only where it is said that it is not over', () => {
  const failed = (isOver: boolean | undefined) =>
    phaseOf(view({ isOver, ...mined(first, { block: 90n, success: false }) }), facts({ attempts: [first] })).state
  assert.equal(failed(false), 'failed')
  assert.equal(failed(undefined), 'settling')
})

test('an attempt whose nonce another transaction has is not pending there, unless the endpoint has it', () => {
  const crowded = facts({ attempts: [first, second], isCrowdedOut: (hash) => hash === second.hash })
  assert.deepEqual(phaseOf(view({ pending: 6 }), crowded), { state: 'bare', next: 6 })
  const known = new Map([[5, first]])
  assert.deepEqual(phaseOf(view({ pending: 6, known }), crowded), { state: 'pending', attempt: first })
})

test('of the attempts of one nonce the newest is pending, if nothing that is missing stands before it', () => {
  assert.deepEqual(phaseOf(view({}), facts({ attempts: [first, second] })), { state: 'pending', attempt: second })
  const later = attempt('later', 7)
  assert.deepEqual(phaseOf(view({}), facts({ attempts: [later] })), { state: 'bare', next: 5 })
  const held = new Set([5, 6])
  assert.deepEqual(phaseOf(view({}), facts({ attempts: [later], held })), { state: 'pending', attempt: later })
})

test('where an attempt has waited in vain for what stands before it, another takes the place of that', () => {
  const later = attempt('later', 7)
  const stuck = facts({ attempts: [later], held: new Set([5, 6]), isStuck: () => true })
  assert.deepEqual(phaseOf(view({ pending: 7 }), stuck), { state: 'bare', next: 5 })
})

function attempt(name: string, nonce: number): Attempt {
  const fees = { maxFeePerGas: toGasPrice(1n), maxPriorityFeePerGas: toGasPrice(1n) }
  return { hash: madeUpId(name), raw: '0x', nonce, fees, isCancel: false, sentMs: 0 }
}

/** At block 100 of Ethereum, with 5 as the next nonce. */
function view(chosen: Partial<View>): View {
  const head = { number: 100n, hash: ZERO_HASH, time: toTime(0n), next: toTime(1n), baseFee: toGasPrice(0n) }
  const account = { latest: 5, pending: 5, tip: toGasPrice(0n), balance: toWei(0n) }
  return { endpoint, head, ...account, isOver: false, receipts: new Map(), known: new Map(), ...chosen }
}

function mined({ hash, nonce }: Attempt, { block, success = true }: { block: bigint; success?: boolean }) {
  const receipts = new Map([[hash, { hash, success, block, gasUsed: 1n, gasPrice: toGasPrice(1n) }]])
  return { receipts, latest: nonce + 1, pending: nonce + 1 }
}

function facts(chosen: Partial<PhaseFacts>): PhaseFacts {
  const no = () => false
  return {
    ...{ attempts: [], confirmations: 2, isSpent: no, isCrowdedOut: no, isStuck: no },
    ...{ held: NONE, heldEverywhere: NONE, ...chosen },
  }
}
