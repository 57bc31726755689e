// Lies in the head: what a miner says in calldata, and the contract acts on.

import { splitHead } from '../../../../../node/protocol/blob-block.ts'
import { concat, encodeUint } from '../../../../../node/protocol/bytes.ts'
import { toBytes, toHash, ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { flipBit } from '../../step-cases.ts'
import type { World } from '../../world.ts'
import type { RightBlobs } from '../right-blocks.ts'
import { below, type Lies, withHead, withRequests, withRows } from './change.ts'

export const HEAD_LIES: Lies = {
  'more steps than there are': (right) =>
    withHead(right, ({ stepCount }, world) => ({ stepCount: world.pick([stepCount + 1, stepCount + 2, 3_500]) })),
  'fewer steps than there are': (right) =>
    withHead(right, ({ stepCount }, world) =>
      stepCount < 2 ? undefined : { stepCount: 1 + below(world, stepCount - 1) },
    ),
  'a step more, with an entry and a place': (right) => {
    const rows = withRows(right, (all) => [
      ...all,
      { step: new Uint8Array(), state: ZERO_HASH, requests: 0, growth: 0 },
    ])
    return rows && { ...rows, head: { ...rows.head, stepCount: rows.head.stepCount + 1 } }
  },
  'another growth': (right) =>
    withHead(right, ({ growth }, world) => ({ growth: growth + world.pick([1, -1, 2, 300, -300, -32_000]) })),
  'another state': (right) =>
    withHead(right, ({ state }, world) => ({ state: toHash(flipBit(world, toBytes(state))) })),
  'the state of the parent': (right) => withHead(right, () => ({ state: right.scene.parent.sealed.header.state })),
  'an entry of the queue less': (right) =>
    withHead(right, (head) => {
      const { entries } = splitHead(head)
      return entries.length === 0 ? undefined : { entries: concat(...entries.slice(0, -1)) }
    }),
  'an entry of the queue more': (right) =>
    withHead(right, (head) => {
      const { entries } = splitHead(head)
      const deposits = entries.filter((step) => step[0] === 1)
      const index = right.scene.parent.sealed.header.lanes.deposits.count + BigInt(deposits.length)
      const next = right.scene.book.reader({ lane: 'deposits', index })
      if (next?.kind !== 'deposit') return undefined
      const step = concat(Uint8Array.of(1), encodeUint(next.gross, 16), toBytes(next.to))
      return { entries: concat(...deposits, step, ...entries.slice(deposits.length)) }
    }),
  'an entry of the queue changed': (right) =>
    withHead(right, ({ entries }, world) => (entries.length === 0 ? undefined : { entries: flipBit(world, entries) })),
  'a request left out': (right) =>
    withRequests(right, (list, world) =>
      list.length === 0 ? undefined : list.toSpliced(below(world, list.length), 1),
    ),
  'a request invented': (right) =>
    withRequests(right, (list, world) => list.toSpliced(below(world, list.length + 1), 0, madeUp(world, right))),
  'a request twice': (right) =>
    withRequests(right, (list, world) => (list.length === 0 ? undefined : [...list, world.pick(list)])),
  'requests in another order': (right) =>
    withRequests(right, (list) => (list.length < 2 ? undefined : list.toReversed())),
  'another step of a request': (right) => changed(right, 0, 2),
  'another recipient of a request': (right) => changed(right, 3, 23),
  'another amount of a request': (right) => changed(right, 23, 39),
  'another kind of a request': (right) => changed(right, 2, 3),
  'another asset of a request': (right) => changed(right, 39, 59),
  'a request left out of head and rows': (right) => {
    const head = withRequests(right, (list) => (list.length === 0 ? undefined : list.slice(1)))
    const rows = withRows(right, (all) => all.map((row) => ({ ...row, requests: Math.max(0, row.requests - 1) })))
    return head && rows && { ...head, blobs: rows.blobs }
  },
  'a request invented in head and rows': (right) => {
    const head = withRequests(right, (list, world) => [madeUp(world, right), ...list])
    const rows = withRows(right, (all) => all.map((row) => ({ ...row, requests: row.requests + 1 })))
    return head && rows && { ...head, blobs: rows.blobs }
  },
}

function changed(right: RightBlobs, begin: number, end: number) {
  return withRequests(right, (list, world) => {
    const at = below(world, list.length)
    const request = list[at]
    return request && list.with(at, flipBit(world, request, begin, end))
  })
}

function madeUp(world: World, { post }: RightBlobs): Uint8Array {
  const to = toBytes(world.pick(world.accounts).address)
  return concat(
    encodeUint(below(world, post.head.stepCount), 2),
    Uint8Array.of(0),
    to,
    encodeUint(1_000 + below(world, 1_000), 16),
  )
}
