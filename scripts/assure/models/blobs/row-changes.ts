// One thing changed in what a block says of a row.

import { encodeAsset } from '../../../../node/protocol/asset.ts'
import { toBytes, toHash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../../node/protocol/queue.ts'
import type { Asked } from '../../../../node/protocol/requests.ts'
import { toBaseUnits, toGwei } from '../../../../node/protocol/units.ts'
import { flipBit } from '../step-cases.ts'
import type { World } from '../world.ts'
import type { RowDraft } from './row-draft.ts'

const OTHER_ASSET: QueueEntry = { kind: 'entered', fee: toGwei(1n), amount: 9n, to: ZERO_ADDRESS, asset: ZERO_ADDRESS }

type Change = (draft: RowDraft, world: World) => Partial<RowDraft>

/** What the first row's `before` says, nobody reads; nor of the last row's `own` the end, or the requests. */
export const ROW_CHANGES: Readonly<Record<string, Change>> = {
  'another state': ({ own }, world) => ({ own: { ...own, state: toHash(flipBit(world, toBytes(own.state))) } }),
  'no state': ({ own }) => ({ own: { ...own, state: ZERO_HASH } }),
  'the state before': ({ own, before }) => ({ own: { ...own, state: before.state } }),
  'another end': ({ own }, world) => ({ own: { ...own, end: own.end + world.pick([1, -1, 2, 256, -own.end]) } }),
  'more requests': ({ own }, world) => ({ own: { ...own, requests: own.requests + world.pick([1, 2, 256, 32_768]) } }),
  'fewer requests': ({ own }) => ({ own: { ...own, requests: own.requests - 1 } }),
  'another growth': ({ own }, world) => ({
    own: { ...own, growth: own.growth + world.pick([1, -1, 2, 256, -32_768]) },
  }),
  'more requests before': ({ before }, world) => ({
    before: { ...before, requests: before.requests + world.pick([1, 3, 500, 65_535]) },
  }),
  'another growth before': ({ before }, world) => ({
    before: { ...before, growth: before.growth + world.pick([1, -1, 32_767]) },
  }),
  'as much more growth before and behind': ({ before, own, index }, world) => {
    const more = index === 0 ? 0 : world.pick([1, 256, 20_000, -20_000])
    return { before: { ...before, growth: before.growth + more }, own: { ...own, growth: own.growth + more } }
  },
  'another beginning': ({ before }, world) => ({
    before: { ...before, end: before.end + world.pick([1, -1, 4, 100]) },
  }),
  'a beginning anywhere': ({ before, own }, world) => {
    const begin = world.pick([0, 1, 4_090, 24_560, 24_575, 24_576, 65_535, Math.floor(world.random() * 65_536)])
    return { before: { ...before, end: begin }, own: { ...own, end: own.end - before.end + begin } }
  },
  'more steps': ({ stepCount }, world) => ({ stepCount: stepCount + world.pick([1, 2, 40]) }),
  'one entry less': ({ entries }) => ({ entries: entries.slice(0, -1) }),
  'one entry more': ({ entries }) => ({
    entries: [...entries, { kind: 'forced', fee: toGwei(3n), packed: new Uint8Array(127) }],
  }),
  'another entry': ({ entries, index }, world) => {
    const entry = entries[index]
    return entry ? { entries: entries.with(index, otherThan(entry, world)) } : {}
  },
  'entries of another lane': ({ entries, index }) => ({
    entries: entries.map((entry, i): QueueEntry => {
      return i < index ? entry : { kind: 'forced', fee: toGwei(1n), packed: new Uint8Array(127) }
    }),
  }),
  'an asset entered instead': ({ entries, index }) => ({
    entries: entries.map((entry, i): QueueEntry => (i < index || entry.kind === 'forced' ? entry : OTHER_ASSET)),
  }),
  'no entries': () => ({ entries: [] }),
  'a request left out': ({ requests }, world) => ({
    requests: requests.toSpliced(Math.floor(world.random() * requests.length), 1),
  }),
  'no requests': () => ({ requests: [] }),
  'a request more': ({ requests, stepCount }) => ({
    requests:
      requests.length < stepCount ? [...requests, { step: 0, to: ZERO_ADDRESS, tokens: toBaseUnits(1n) }] : requests,
  }),
  'another step of the request': (draft) => withRequest(draft, (asked) => ({ ...asked, step: asked.step + 1 })),
  'another amount of the request': (draft) =>
    withRequest(draft, (asked) => ({ ...asked, tokens: toBaseUnits(asked.tokens ^ 1n) })),
  'another recipient of the request': (draft, world) =>
    withRequest(draft, (asked) => ({ ...asked, to: world.rules.token })),
  'another asset of the request': (draft, world) =>
    withRequest(draft, ({ asset, ...asked }) => {
      const other = encodeAsset(world.pick([world.contract(), world.genesis]))
      return asset === undefined || world.random() < 0.5 ? { ...asked, asset: other } : asked
    }),
  'requests in another order': ({ requests }) => ({ requests: requests.toReversed() }),
  'a bit of the step': ({ step }, world) => (step.length === 0 ? {} : { step: flipBit(world, step) }),
  'a bit of what says how long the step is': ({ step }, world) =>
    step.length === 0 ? {} : { step: flipBit(world, step, 0, 11) },
  'a step of no kind': ({ step }) => (step.length === 0 ? {} : { step: step.with(0, 7) }),
}

function otherThan(entry: QueueEntry, world: World): QueueEntry {
  if (entry.kind === 'deposit') {
    return world.random() < 0.5 ? { ...entry, gross: entry.gross ^ 1n } : { ...entry, to: world.rules.token }
  }
  if (entry.kind === 'entered') {
    const others = [
      { fee: toGwei(entry.fee ^ 1n) },
      { amount: entry.amount ^ 1n },
      { to: entry.asset },
      { asset: entry.to },
    ]
    return { ...entry, ...world.pick(others) }
  }
  return world.random() < 0.5
    ? { ...entry, fee: toGwei(entry.fee ^ 1n) }
    : { ...entry, packed: flipBit(world, entry.packed) }
}

/** Changes the request at the number that the row has. */
function withRequest({ requests, before }: RowDraft, change: (asked: Asked) => Asked): Partial<RowDraft> {
  const asked = requests[before.requests]
  return asked ? { requests: requests.with(before.requests, change(asked)) } : {}
}
