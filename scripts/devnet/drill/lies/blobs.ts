// Lies that only a block in blobs can tell: about where its rows are, and about what its head says of them.

import { BLOB_ELEMENTS, firstStepElement } from '../../../../node/protocol/blob.ts'
import { blobHeadOf } from '../../../../node/protocol/blob-block.ts'
import { concat, encodeUint } from '../../../../node/protocol/bytes.ts'
import { toBytes } from '../../../../node/protocol/ids.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { honestSteps } from '../honest.ts'
import type { Lie } from '../lie.ts'
import { type BlobDraft, withRows } from '../posting.ts'
import { FRIEND, lack, payment, request, type Scene, Story, stepOf, type Told } from '../scene.ts'

/** Of a request in a head: where it has its recipient, its amount and its end. */
const [RECIPIENT, AMOUNT, SIZE] = [3, 23, 39]

/** The queue, what waits, and this many requests of the liar's, each of half of what is left, with a payment before and behind them. */
function withRequests(scene: Scene, count: number): Story {
  const story = new Story(scene)
  story.say(stepOf(payment(story)))
  for (let i = 0; i < count; i++) story.say(stepOf(request(story)))
  return story.say(stepOf(payment(story)))
}

/** The number of the first step that is a request, and of those that are none the last. */
function placesIn({ rows }: BlobDraft): { readonly asking: number; readonly last: number } {
  const asking = rows.findIndex(({ requests }, i) => requests > (rows[i - 1]?.requests ?? 0))
  return { asking, last: rows.length - 1 }
}

/** A copy in which 2 bytes of the content of an element are others. */
function withNumber(blobs: readonly Uint8Array[], element: number, at: number, value: number): Uint8Array[] {
  return blobs.map((blob, i) => {
    const copy = blob.slice()
    if (i === Math.floor(element / BLOB_ELEMENTS))
      copy.set(encodeUint(value, 2), 32 * (element % BLOB_ELEMENTS) + 1 + at)
    return copy
  })
}

function endsOf({ rows }: BlobDraft): number[] {
  let end = firstStepElement(rows.length)
  return rows.map(({ step }) => {
    end += Math.ceil(step.length / 31)
    return end
  })
}

/** All content one element further, but for the entries. */
function shifted({ blobs, rows }: BlobDraft): Uint8Array[] {
  const begin = 32 * firstStepElement(rows.length)
  const bytes = concat(...blobs)
  const moved = concat(bytes.subarray(0, begin), new Uint8Array(32), bytes.subarray(begin, -32))
  return blobs.map((blob, i) => moved.slice(i * blob.length, (i + 1) * blob.length))
}

function headOf({ requests }: BlobDraft, change: (records: Uint8Array[]) => readonly Uint8Array[]): Uint8Array {
  const records = Array.from({ length: requests.length / SIZE }, (_, i) => requests.slice(SIZE * i, SIZE * (i + 1)))
  return concat(...change(records))
}

function altered(record: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const copy = record.slice()
  copy.set(bytes, at)
  return copy
}

/** The steps of the queue, as an honest miner would post them first. */
function queueOf({ rules, parent, queue }: Scene): readonly Told[] {
  return honestSteps(rules, parent, queue, [])
}

export const BLOB_LIES = {
  'end-moved': {
    about: 'a step in blobs that is said to end one element behind its end',
    expected: { problem: 'WrongEnd' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => {
      const { asking } = placesIn(draft)
      const end = endsOf(draft)[asking] ?? 0
      return { ...draft, blobs: withNumber(draft.blobs, 2 * asking + 1, 1, end + 1) }
    },
  },
  'rows-shifted': {
    about: 'blobs whose steps begin one element behind the place where the first one should',
    expected: { problem: 'Malformed' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => ({ ...draft, blobs: shifted(draft) }),
  },
  'rows-missing': {
    about: 'a head, and blobs in which there is nothing',
    expected: { problem: 'Malformed' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => ({ ...draft, blobs: draft.blobs.map(({ length }) => new Uint8Array(length)) }),
  },
  'rows-garbage': {
    about: 'a head, and blobs full of bytes that mean nothing',
    expected: { problem: 'Malformed' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => ({ ...draft, blobs: draft.blobs.map(({ length }) => new Uint8Array(length).fill(0x55)) }),
  },
  'a-step-more': {
    about: 'a head with one step more than there are rows',
    expected: { problem: 'Malformed' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => {
      const missing = { step: new Uint8Array(), state: draft.state, requests: 0, growth: 0 }
      return { ...withRows(draft, [...draft.rows, missing]), stepCount: draft.stepCount + 1 }
    },
  },
  'a-step-less': {
    about: 'a head with one step less than there are rows',
    expected: { problem: 'Malformed' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => ({ ...draft, stepCount: draft.stepCount - 1 }),
  },
  'request-omitted': {
    about: 'a request that the head leaves out',
    expected: { problem: 'WrongRequests' },
    tell: (scene) => withRequests(scene, 2),
    alter: (draft) => ({ ...draft, requests: headOf(draft, (records) => records.slice(0, -1)) }),
  },
  'request-invented': {
    about: 'a request in the head for which there is no step, and which the rows do not count',
    expected: { problem: 'WrongRequests' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => {
      const step = encodeUint(placesIn(draft).last, 2)
      const more = (all: readonly Uint8Array[]) => all.slice(-1).map((one) => altered(one, 0, step))
      return { ...draft, requests: headOf(draft, (all) => [...all, ...more(all)]) }
    },
  },
  'request-counted': {
    about: 'a request in the head for which there is no step, but which the rows count',
    expected: { problem: 'WrongRequests' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => {
      const { last } = placesIn(draft)
      const step = encodeUint(last - 1, 2)
      const requests = headOf(draft, (all) => [...all, ...all.slice(0, 1).map((one) => altered(one, 0, step))])
      const rows = draft.rows.map((row, i) => (i >= last - 1 ? { ...row, requests: row.requests + 1 } : row))
      return { ...withRows(draft, rows), requests }
    },
  },
  'request-doubled': {
    about: 'a request that is in the head twice',
    expected: { problem: 'WrongRequests' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => ({ ...draft, requests: headOf(draft, (records) => [...records, ...records.slice(-1)]) }),
  },
  'requests-swapped': {
    about: 'two requests that are in the head the other way round',
    expected: { problem: 'OtherRequest' },
    tell: (scene) => withRequests(scene, 2),
    alter: (draft) => ({ ...draft, requests: headOf(draft, (records) => records.toReversed()) }),
  },
  'request-raised': {
    about: 'a request of which the head has one base unit more',
    expected: { problem: 'OtherRequest' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => {
      const raise = (one: Uint8Array) => altered(one, SIZE - 1, Uint8Array.of((one[SIZE - 1] ?? 0) + 1))
      return { ...draft, requests: headOf(draft, (records) => records.map(raise)) }
    },
  },
  'request-redirected': {
    about: 'a request of which the head has another recipient',
    expected: { problem: 'OtherRequest' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => {
      const redirect = (one: Uint8Array) => altered(one, RECIPIENT, toBytes(FRIEND).subarray(0, AMOUNT - RECIPIENT))
      return { ...draft, requests: headOf(draft, (records) => records.map(redirect)) }
    },
  },
  'growth-hidden': {
    about: 'a row that says that the state has fewer entries than it has',
    expected: { problem: 'WrongGrowth' },
    tell: (scene) => withRequests(scene, 1),
    alter: (draft) => {
      const { asking } = placesIn(draft)
      return withRows(
        draft,
        draft.rows.map((row, i) => (i === asking ? { ...row, growth: row.growth - 1 } : row)),
      )
    },
  },
  'entry-unsaid': {
    about: 'a deposit that nobody made, in the row behind those of the queue, of which the head says nothing',
    expected: { problem: 'WrongEntry' },
    tell: (scene) => {
      const gross = 1_000n * scene.rules.minRequest
      const entry = { kind: 'deposit', gross, to: scene.liar.address } as const
      return new Story(scene, queueOf(scene)).say(encodeStep({ kind: 'deposit', entry }))
    },
    alter: (draft, scene) => ({ ...draft, entries: blobHeadOf(queueOf(scene).map(({ step }) => step)).entries }),
  },
  'entry-unkept': {
    about: 'an entry of the queue that the head names, and a payment in its row',
    expected: { problem: 'WrongEntry' },
    tell: (scene) => {
      const [first, ...others] = queueOf(scene)
      if (first === undefined) throw lack('deposit')
      const story = new Story(scene, [])
      story.say(stepOf(payment(story)))
      for (const { step, after } of others) story.say(step, after)
      return story
    },
    alter: (draft, scene) => ({ ...draft, entries: blobHeadOf(queueOf(scene).map(({ step }) => step)).entries }),
  },
} as const satisfies Readonly<Record<string, Lie>>
