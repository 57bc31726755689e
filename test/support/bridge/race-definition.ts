// The race as docs/protocol.md, section 7.5, defines it: each question is a walk through all that lives above a block, at any price.

import type { FinalTime } from '../../../node/bridge/final-time.ts'
import { type Eyes, isAhead, isLive, liveChildren } from '../../../node/bridge/race/eligible.ts'
import type { DueCall } from '../../../node/bridge/race.ts'
import { type BridgeBlock, type BridgeView, blockOf } from '../../../node/bridge/view.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import {
  ALONE_SECONDS,
  BRANCH_SECONDS,
  MAX_DEPTH,
  NOMINATION_SECONDS,
  RACE_SECONDS,
  SIBLING_SECONDS,
} from '../../../node/protocol/rules.ts'
import { type Time, toTime } from '../../../node/protocol/units.ts'

/** The child of `parent` that leads to the eligible block `id`. */
function branchTo(view: BridgeView, parent: Hash, id: Hash, eyes: Eyes): BridgeBlock | undefined {
  const [first] = liveChildren(view, parent, eyes)
  let block = view.blocks.get(id)
  if (first === undefined || block === undefined || block.publishedAt > first.publishedAt + BRANCH_SECONDS)
    return undefined
  for (let depth = 0; depth < MAX_DEPTH && block !== undefined && isLive(block, eyes); depth++) {
    if (block.sealed.header.parent === parent) return block
    block = view.blocks.get(block.sealed.header.parent)
  }
  return undefined
}

/** The eligible block above `parent` that is ahead of all others, and the child that leads to it. */
export function winnerOf(
  view: BridgeView,
  parent: Hash,
  eyes: Eyes,
): { readonly child: BridgeBlock; readonly block: BridgeBlock } | undefined {
  const children = liveChildren(view, parent, eyes)
  const end = (children[0]?.publishedAt ?? 0n) + BRANCH_SECONDS
  let best: { child: BridgeBlock; block: BridgeBlock } | undefined
  const waiting = children.map((child) => ({ child, block: child, depth: 1 }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { child, block, depth } = next
    if (block.publishedAt > end || depth > MAX_DEPTH) continue
    if (best === undefined || isAhead(block, best.block)) best = { child, block }
    for (const above of liveChildren(view, block.id, eyes)) waiting.push({ child, block: above, depth: depth + 1 })
  }
  return best
}

export function preferredBranch(view: BridgeView): BridgeBlock[] {
  const branch: BridgeBlock[] = []
  let next = winnerOf(view, view.final, 'honest')
  while (next !== undefined) {
    branch.push(next.child)
    next = winnerOf(view, next.child.id, 'honest')
  }
  return branch
}

export function dueCalls(view: BridgeView, now: Time): DueCall[] {
  if (view.death !== undefined) return []
  const branch = preferredBranch(view)
  const [child] = branch
  const from = child && contractFinalAt(view, child)
  const isDecided = child !== undefined && from !== undefined && now >= from
  const calls: DueCall[] = isDecided ? [{ call: 'finalize', block: child.id }] : []
  for (const { id: parent } of isDecided ? branch : [blockOf(view, view.final), ...branch]) {
    const block = dueNomination(view, parent, now)
    if (block !== undefined) calls.push({ call: 'nominate', parent, block: block.id })
  }
  return calls
}

/** Of views in which everything was judged. */
export function finalTimeOf(view: BridgeView, id: Hash, now: Time): FinalTime | undefined {
  const branch = preferredBranch(view)
  const length = branch.findIndex((block) => block.id === id) + 1
  if (length === 0 || view.death !== undefined) return undefined
  let time: FinalTime | undefined
  for (const block of branch.slice(0, length)) {
    const own = clockOf(view, block, now)
    const decides = time === undefined || own.latest >= time.latest ? { ...own, decisive: block.id } : time
    time = { ...decides, earliest: toTime(max(own.earliest, time?.earliest ?? now)) }
  }
  return time
}

function contractFinalAt(view: BridgeView, child: BridgeBlock): bigint | undefined {
  const parent = child.sealed.header.parent
  const [first, second] = liveChildren(view, parent, 'contract')
  if (first === child && second === undefined) return child.publishedAt + ALONE_SECONDS
  const slot = view.slots.get(parent)
  if (first === undefined || slot === undefined) return undefined
  if (branchTo(view, parent, slot.block, 'contract') !== child) return undefined
  return max(first.publishedAt + RACE_SECONDS, slot.place.time + NOMINATION_SECONDS)
}

function dueNomination(view: BridgeView, parent: Hash, now: Time): BridgeBlock | undefined {
  const [first] = liveChildren(view, parent, 'honest')
  const best = winnerOf(view, parent, 'honest')?.block
  if (liveChildren(view, parent, 'contract').length < 2 || first === undefined || best === undefined) return undefined
  if (now <= first.publishedAt + BRANCH_SECONDS || branchTo(view, parent, best.id, 'contract') === undefined)
    return undefined
  const slot = view.slots.get(parent)
  const incumbent = slot && view.blocks.get(slot.block)
  const stands = incumbent !== undefined && branchTo(view, parent, incumbent.id, 'contract') !== undefined
  return stands && !isAhead(best, incumbent) ? undefined : best
}

function clockOf(view: BridgeView, block: BridgeBlock, now: Time): Omit<FinalTime, 'decisive'> {
  const parent = block.sealed.header.parent
  const right = liveChildren(view, parent, 'honest')
  const first = right[0]?.publishedAt ?? block.publishedAt
  const wrongSiblings = liveChildren(view, parent, 'contract').filter((each) => !isLive(each, 'honest'))
  const rivals = right.flatMap(({ id }) => (id === block.id ? [] : [id]))
  const wrong = [...new Set([...wrongSiblings.map(({ id }) => id), ...wrongInSlot(view, parent)])]
  const seen = { first, rivals, wrong, unjudged: [] }
  if (rivals.length > 0) return { ...raceClock(view, parent, block, first, now), ...seen }
  const alone = max(now, block.publishedAt + ALONE_SECONDS)
  const rivalUntil = first + SIBLING_SECONDS
  if (now < rivalUntil) {
    return {
      earliest: toTime(alone),
      latest: toTime(first + RACE_SECONDS),
      reason: 'rival-possible',
      rivalUntil: toTime(rivalUntil),
      ...seen,
    }
  }
  const latest = wrongSiblings.map(({ publishedAt }) => publishedAt + ALONE_SECONDS).reduce(max, alone)
  return {
    earliest: toTime(alone),
    latest: toTime(latest),
    reason: wrongSiblings.length > 0 ? 'wrong-sibling' : 'alone',
    ...seen,
  }
}

function raceClock(
  view: BridgeView,
  parent: Hash,
  block: BridgeBlock,
  first: bigint,
  now: Time,
): Pick<FinalTime, 'earliest' | 'latest' | 'reason'> {
  const decided = max(now, first + RACE_SECONDS)
  const slot = view.slots.get(parent)
  const leadsHere = slot !== undefined && branchTo(view, parent, slot.block, 'contract') === block
  const earliest = max(decided, (leadsHere ? slot.place.time : now) + NOMINATION_SECONDS)
  const isSettled = leadsHere && winnerOf(view, parent, 'contract')?.block.id === slot.block
  if (isSettled && isLive(blockOf(view, slot.block), 'honest')) {
    return { earliest: toTime(earliest), latest: toTime(earliest), reason: earliest > decided ? 'nomination' : 'race' }
  }
  const latest = max(decided, max(now, first + BRANCH_SECONDS) + 2n * NOMINATION_SECONDS)
  return { earliest: toTime(earliest), latest: toTime(latest), reason: latest > decided ? 'nomination' : 'race' }
}

function wrongInSlot(view: BridgeView, parent: Hash): Hash[] {
  const slot = view.slots.get(parent)
  const block = slot && view.blocks.get(slot.block)
  if (block === undefined || isLive(block, 'honest')) return []
  return branchTo(view, parent, block.id, 'contract') === undefined ? [] : [block.id]
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
