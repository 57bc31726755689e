// The replay of the past, block by block: right ones lead to their headers, and every other row is found wrong or to be missing something.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retrace } from '../../../../../node/bridge/retrace/check.ts'
import {
  decodePastBlock,
  encodePastBlock,
  type PastBlock,
  stepsOfPast,
} from '../../../../../node/bridge/retrace/past-block.ts'
import type { ParentBlock } from '../../../../../node/protocol/block.ts'
import { concat } from '../../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../../node/protocol/hash.ts'
import { SEALED_BYTES } from '../../../../../node/protocol/header.ts'
import { toHash } from '../../../../../node/protocol/ids.ts'
import { RuleError } from '../../../../../node/protocol/rule-error.ts'
import { stateRoot } from '../../../../../node/protocol/state.ts'
import { decodeStep, encodeStep, splitSteps } from '../../../../../node/protocol/step.ts'
import { toBaseUnits, toGwei } from '../../../../../node/protocol/units.ts'
import { accountOf, randomOf } from '../../../../../scripts/assure/models/world.ts'
import type { MadeBlock } from '../../../../support/bridge/scenario.ts'
import { PastScene } from './past-scene.ts'

const scene = new PastScene(7, 12)
const { rules } = scene.forge.network

function parentOf(height: number): ParentBlock {
  const { id, sealed, state } = scene.at(height - 1)
  return { id, header: sealed.header, state }
}

function inCalldata(): { block: MadeBlock; height: number } {
  return { block: scene.at(4), height: 4 }
}

test('right blocks in calldata and in blobs, with everything that a queue has, lead to their headers', () => {
  const kinds = new Set<string>()
  let last: ParentBlock = parentOf(1)
  for (const block of scene.blocks) {
    const past = decodePastBlock(scene.bytes(block))
    for (const step of stepsOfPast(past)) kinds.add(decodeStep(step)?.kind ?? 'none')
    last = retrace(rules, last, past)
    assert.equal(last.id, block.id)
    assert.equal(stateRoot(last.state), block.sealed.header.state)
  }
  assert.deepEqual([...kinds].sort(), ['applied', 'deposit', 'entered', 'transaction', 'void'])
})

test('a block comes out of its bytes as it went in, in both forms', () => {
  for (const block of scene.blocks) {
    const bytes = scene.bytes(block)
    assert.deepEqual(encodePastBlock(decodePastBlock(bytes)), bytes)
  }
})

test('bytes that are cut anywhere are refused', () => {
  for (const block of [scene.at(3), scene.at(4)]) {
    const bytes = scene.bytes(block)
    const parent = parentOf(Number(block.sealed.header.height))
    for (let length = 0; length < bytes.length; length += 7) {
      assert.throws(() => retrace(rules, parent, decodePastBlock(bytes.subarray(0, length))), RuleError)
    }
  }
})

test('bytes that are changed anywhere lead elsewhere, or to the same state', () => {
  const random = randomOf(5)
  let same = 0
  for (let i = 0; i < 600; i++) {
    const block = scene.at(1 + Math.floor(random() * 12))
    const bytes = scene.bytes(block)
    const at = SEALED_BYTES + Math.floor(random() * (bytes.length - SEALED_BYTES))
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    try {
      const found = retrace(rules, parentOf(Number(block.sealed.header.height)), decodePastBlock(bytes))
      assert.equal(stateRoot(found.state), block.sealed.header.state)
      same++
    } catch (error) {
      assert.ok(error instanceof RuleError, String(error))
    }
  }
  // States that are stated, and bytes of blobs that count for nothing: only what the steps lead to is looked at.
  assert.ok(same > 0 && same < 500, `${same} of 600`)
})

/** What a liar can make of a right block. Of each: what is said of it. */
const LIES: Readonly<Record<string, { readonly of: (past: PastBlock) => PastBlock; readonly code: string }>> = {
  'a deposit from nowhere behind the others': {
    of: (past) => withSteps(past, (steps) => [...steps, deposit(9_000n)]),
    code: 'wrong-past',
  },
  'a larger deposit': {
    of: (past) =>
      withSteps(past, (steps) => steps.map((step) => (decodeStep(step)?.kind === 'deposit' ? deposit(6_000n) : step))),
    code: 'wrong-past',
  },
  'a step less': { of: (past) => withSteps(past, (steps) => steps.slice(0, -1)), code: 'wrong-past' },
  'a step twice': {
    of: (past) => withSteps(past, (steps) => [...steps, ...steps.slice(-1)]),
    code: 'wrong-past',
  },
}

for (const [name, { of, code }] of Object.entries(LIES)) {
  test(`${name} is found`, () => {
    const { block, height } = inCalldata()
    assert.throws(() => retrace(rules, parentOf(height), of(scene.past(block))), { code })
  })
}

test('what a step calls void has to be there, and must be of no use', () => {
  const { blocks } = scene
  const withVoids = blocks.filter((block) => scene.past(block).voids.length > 0)
  assert.ok(withVoids.length > 0)
  for (const block of withVoids) {
    const past = { ...scene.past(block), voids: [] }
    assert.throws(() => retrace(rules, parentOf(Number(block.sealed.header.height)), past), { code: 'bad-past' })
  }
})

test('a row that calls void what the queue never had is found, though nobody can send that', () => {
  const made = { kind: 'void', fee: toGwei(11n), packedHash: toHash(keccak(Uint8Array.of(1))) } as const
  const lied = withSteps(scene.past(scene.at(4)), (steps) =>
    steps.map((step) => (decodeStep(step)?.kind === 'applied' ? encodeStep(made) : step)),
  )
  assert.throws(() => retrace(rules, parentOf(4), { ...lied, voids: [] }), { code: 'wrong-past' })
})

test('more steps than any header counts are found', () => {
  const deposits = Array.from({ length: 65_536 }, () => deposit(1n))
  const lied = withSteps(scene.past(scene.at(4)), () => deposits)
  assert.throws(() => retrace(rules, parentOf(4), lied), { code: 'wrong-past' })
})

test('a block on another parent is found', () => {
  assert.throws(() => retrace(rules, parentOf(5), scene.past(scene.at(4))), { code: 'wrong-past' })
  assert.throws(() => retrace(rules, parentOf(3), scene.past(scene.at(4))), { code: 'wrong-past' })
})

test('sizes that no block has are refused before anything is made of them', () => {
  const bytes = scene.bytes(scene.at(4))
  for (const [blobs, length] of [
    [7, 10],
    [255, 10],
    [1, 2 ** 32 - 1],
    [0, 2 ** 31],
    [0, 3],
  ] as const) {
    const changed = bytes.slice()
    changed[SEALED_BYTES] = blobs
    new DataView(changed.buffer).setUint32(SEALED_BYTES + 1, length)
    assert.throws(() => decodePastBlock(changed), { code: 'bad-past' })
  }
})

test('no more is read of what is called void than there are steps', () => {
  const past = scene.past(scene.at(4))
  const voids = Array.from({ length: past.sealed.header.stepCount + 1 }, () => new Uint8Array())
  assert.equal(decodePastBlock(encodePastBlock({ ...past, voids: voids.slice(1) })).voids.length, voids.length - 1)
  assert.throws(() => decodePastBlock(encodePastBlock({ ...past, voids })), { code: 'bad-past' })
})

function deposit(gross: bigint): Uint8Array {
  return encodeStep({
    kind: 'deposit',
    entry: { kind: 'deposit', gross: toBaseUnits(gross), to: accountOf('thief').address },
  })
}

function withSteps(past: PastBlock, change: (steps: Uint8Array[]) => Uint8Array[]): PastBlock {
  if ('blobs' in past.rows) throw new RangeError('of a block in calldata')
  return { ...past, rows: { ...past.rows, steps: concat(...change(splitSteps(past.rows.steps))) } }
}
