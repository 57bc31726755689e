// Steps in words: who pays what to whom, and nothing that a terminal would obey.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStep } from '../../../../miner/watch/comparison.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { accountOf, pay, RULES, randomOf, World } from '../../../../scripts/assure/models/world.ts'
import { formatJson } from '../../../../scripts/cli/context.ts'
import { describeFate, describeStep, stepData } from '../../../../scripts/cli/step-words.ts'

const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const prev = ['ab'.repeat(20)] as never
const words = (bytes: Uint8Array) => describeStep(readStep(RULES, bytes, 7n))
const printable = /^[ -~…]*$/

test('each kind of step is one plain sentence', () => {
  const { packed } = pay(alice, { to: bob.address, tokens: (3n * UNIT) / 2n, time: 1, prev, memo: 'lunch' })
  const transaction = `${alice.address} pays 1.5 TTX to ${bob.address} ("lunch")`
  assert.equal(words(encodeStep({ kind: 'transaction', packed })), transaction)
  assert.equal(
    words(encodeStep({ kind: 'applied', fee: toGwei(12n), packed })),
    `queue entry 7, forced for a fee of 12 gwei and applied: ${transaction}`,
  )
  const packedHash = `0x${'5'.repeat(64)}` as never
  assert.equal(
    words(encodeStep({ kind: 'void', fee: toGwei(12n), packedHash })),
    `queue entry 7, forced for a fee of 12 gwei and called void (without effect): the transaction with the hash ${packedHash}`,
  )
  const entry = { kind: 'deposit', gross: 100n * UNIT, to: bob.address } as const
  assert.equal(
    words(encodeStep({ kind: 'deposit', entry })),
    `queue entry 7, a deposit: 100 wTTX were burned for 99 TTX to ${bob.address}`,
  )
  const bridge = { chain: RULES.chain, to: bob.address }
  const request = pay(alice, { to: RULES.bridge, tokens: 5n * UNIT, time: 1, prev, bridge })
  assert.equal(
    words(encodeStep({ kind: 'transaction', packed: request.packed })),
    `${alice.address} asks to move 5 TTX to ${bob.address} on Ethereum`,
  )
  assert.equal(words(Uint8Array.of(9, 27, 91)), '3 bytes that are not a step: 0x091b5b')
  assert.equal(words(new Uint8Array(30)), `30 bytes that are not a step: 0x${'00'.repeat(24)}…`)
})

test('what the other block does about it', () => {
  const reading = readStep(RULES, Uint8Array.of(9), 0n)
  const rival = { kind: 'rival', step: 4, infohash: prev[0] } as const
  assert.equal(describeFate({ reading, fate: { kind: 'later', step: 3 } }, 'B'), 'B has it as step 3')
  assert.match(describeFate({ reading, fate: rival }, 'A') ?? '', /^A spends the same money otherwise, in step 4 /)
  assert.match(describeFate({ reading, fate: { kind: 'absent' } }, 'B') ?? '', /^B has neither it nor/)
  assert.equal(describeFate({ reading }, 'B'), undefined)
})

test('whatever bytes a stranger chose, only printable characters come out, and JSON that can be read', () => {
  const seed = 11
  const world = new World(seed)
  const random = randomOf(seed)
  for (let i = 0; i < 400; i++) {
    const bytes = encodeStep({ kind: 'transaction', packed: world.transaction().packed })
    for (let n = 0; n < 1 + 3 * random(); n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(256 * random())
    const reading = readStep(RULES, bytes, 0n)
    assert.match(describeStep(reading), printable, `seed ${seed}, round ${i}`)
    assert.match(formatJson(stepData(reading)).trim(), /^\{[ -~…]*\}$/, `seed ${seed}, round ${i}`)
  }
  const { packed } = pay(alice, { to: bob.address, tokens: 1n, time: 1, prev, memo: 'aaaa' })
  packed.set([0x1b, 0x5b, 0x32, 0x4a], packed.length - 4)
  const reading = readStep(RULES, encodeStep({ kind: 'transaction', packed }), 0n)
  assert.match(
    describeStep(reading),
    /\(a memo that is not text: 0x1b5b324a\); this transaction is invalid in itself: BadMemo$/,
  )
  assert.match(formatJson(stepData(reading)), /"badMemo":"0x1b5b324a"/)
})
