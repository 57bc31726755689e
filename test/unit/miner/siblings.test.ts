// Whether a block may come on a parent: what each kind of sibling means, and that nothing but the parent's children is asked for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Room, roomOn } from '../../../miner/siblings.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Standing } from '../../../node/ethereum/reader.ts'
import { type Hash, keyOf, parseHash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { NO_LENGTHS } from '../../../node/protocol/queue.ts'
import { toTime } from '../../../node/protocol/units.ts'

const parent = hash('11')
const first = hash('22')
const last = hash('33')
const PUBLISHED = 1_000n
const HOUR = 3_600n
const TARGET = 2n ** 240n

type Child = { readonly id: Hash; readonly verdict: string; readonly refuted?: boolean; readonly problem?: string }
type Case = {
  readonly standing?: Partial<Standing>
  /** Of the parent, as the node knows them; `undefined` if it does not know the parent. */
  readonly known?: readonly Child[] | undefined
  readonly next?: bigint
}

const wrong = { id: first, verdict: 'invalid' }
const alsoWrong = { id: last, verdict: 'displaced' }
const both = { children: { first: keyOf(first), last: keyOf(last) } }
const beside = { last, target: TARGET }

const CASES: readonly (readonly [what: string, given: Case, expected: Room | RegExp])[] = [
  ['nothing lives on it', {}, {}],
  ['the contract does not know it', { standing: { publishedAt: toTime(0n) } }, /does not have the parent yet/],
  ['it was refuted', { standing: { isRefuted: true } }, /was refuted/],
  [
    'a right block is on it',
    { standing: both, known: [wrong, { id: last, verdict: 'valid' }] },
    /33 is on the parent al/,
  ],
  ['wrong ones only', { standing: both, known: [wrong, alsoWrong] }, { beside }],
  [
    'one wrong block',
    { standing: { children: { first: keyOf(first), last: keyOf(first) } }, known: [wrong] },
    { beside: { ...beside, last: first } },
  ],
  [
    'a right one that was refuted is not there',
    { standing: both, known: [wrong, { id: hash('44'), verdict: 'valid', refuted: true }, alsoWrong] },
    { beside },
  ],
  ['the node lags', { standing: both, known: [wrong] }, /not seen block 0x33/],
  ['the node lags more', { standing: both, known: [] }, /not seen block 0x22/],
  ['the node does not know the parent', { standing: both }, /not seen block 0x22/],
  [
    'one that it cannot judge',
    { standing: both, known: [wrong, { id: last, verdict: 'unknown', problem: 'no entry 7' }] },
    /cannot judge block 0x33.* \(no entry 7\)/,
  ],
  [
    'wrong ones, in the last second for a rival',
    { standing: both, known: [wrong, alsoWrong], next: PUBLISHED + 12n * HOUR - 1n },
    { beside },
  ],
  [
    'wrong ones, a second too late',
    { standing: both, known: [wrong, alsoWrong], next: PUBLISHED + 12n * HOUR },
    /22 on the parent is wrong, but has to be refuted/,
  ],
]

for (const [what, { standing, known, next = PUBLISHED + 60n }, expected] of CASES) {
  test(what, async (t) => {
    const asked: unknown[] = []
    const room = await roomOn(nodeWith(known, asked), parent, { ...STANDING, ...standing }, toTime(next), t.signal)
    if (expected instanceof RegExp) assert.match(room.obstacle ?? '', expected)
    else assert.deepEqual(room, expected)
    assert.ok(asked.length === 0 || (asked.length === 1 && asked[0] === 'bridge_children'))
  })
}

test('a right block is found on whichever page of the answer it is', async (t) => {
  const crowd = Array.from({ length: 5 }, (_, i) => ({ id: hash(`5${i}`), verdict: 'invalid' }))
  const known = [wrong, ...crowd, { id: last, verdict: 'valid' }]
  const asked: unknown[] = []
  const room = await roomOn(
    nodeWith(known, asked, 2),
    parent,
    { ...STANDING, ...both },
    toTime(PUBLISHED + 60n),
    t.signal,
  )
  assert.match(room.obstacle ?? '', /33 is on the parent already/)
  assert.equal(asked.length, 4)
})

const STANDING: Standing = {
  finalBlock: ZERO_HASH,
  finalHeight: 0n,
  lanes: NO_LENGTHS,
  publishedAt: toTime(500n),
  isRefuted: false,
}

/** Tells of `size` children at a time. */
const unheardOf = new OperationError('unknown-block', 'never heard of it', { facts: { block: 'any' } })

function nodeWith(known: readonly Child[] | undefined, asked: unknown[], size = 1_000): NodeClient {
  const rest = { refuted: false, target: TARGET, publishedAt: Number(PUBLISHED) }
  return {
    url: 'none',
    call: async (method, params) => {
      asked.push(method)
      if (known === undefined) throw unheardOf
      const after = 'after' in params ? known.findIndex(({ id }) => id === params.after) + 1 : 0
      const page = known.slice(after, after + size).map((child) => ({ ...rest, ...child }))
      const next = after + size < known.length ? page.at(-1)?.id : undefined
      return { blocks: page, ...(next ? { next } : {}) } as never // the one method that is asked for
    },
  }
}

function hash(byte: string): Hash {
  return parseHash(`0x${byte.repeat(32)}`)
}
