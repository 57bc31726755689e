// Single rows of blocks in blobs, right ones and ones with one thing changed, on states of all kinds.

import { applyStep } from '../../../../node/protocol/apply.ts'
import { elementsOf, firstStepElement } from '../../../../node/protocol/blob.ts'
import type { BlobBlock } from '../../../../node/protocol/blob-block.ts'
import { concat, encodeUint } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { toAddress } from '../../../../node/protocol/ids.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import { LANES, type Lane, laneOf, ofLanes, type QueueEntry } from '../../../../node/protocol/queue.ts'
import { type Asked, requestsIn } from '../../../../node/protocol/requests.ts'
import { type State, stateRoot } from '../../../../node/protocol/state.ts'
import { decodeStep, type Step } from '../../../../node/protocol/step.ts'
import { toBaseUnits, toGwei } from '../../../../node/protocol/units.ts'
import { madeUpCases } from '../made-up-states.ts'
import { type StepCase, stepCases } from '../step-cases.ts'
import { World } from '../world.ts'
import { ROW_CHANGES } from './row-changes.ts'
import { blockOf, type RowDraft } from './row-draft.ts'
import { type Scene, sceneOf } from './scene.ts'

/** A row of a published block, and the true state before it. */
export type RowCase = {
  /** What was tried, not what must come of it. */
  readonly name: string
  readonly scene: Scene
  readonly block: BlobBlock
  readonly index: number
  readonly before: State
}

/** The transaction of a void step, which the queue has. */
type Forced = { readonly forced?: Uint8Array }

const ROWS_PER_WORLD = 40
const FIRST_DEPOSIT = 5_000n
const FIRST_ASSET = 700n
const SOME_COUNT = 3n

const FILLERS: { readonly [Each in Lane]: QueueEntry } = {
  deposits: { kind: 'deposit', gross: 1_000n, to: strangerOf(7) },
  assets: { kind: 'entered', fee: toGwei(8n), amount: 1_000n, to: strangerOf(7), asset: strangerOf(8) },
  forced: { kind: 'forced', fee: toGwei(9n), packed: keccak(encodeUint(7, 4)) },
}

/** As many as are asked for, in worlds of growing states. */
export function* rowCases(seed: number, count: number): Generator<RowCase, void> {
  for (let done = 0; done < count; ) {
    const world = new World(seed + done)
    world.queueIndex = FIRST_DEPOSIT
    world.assetIndex = FIRST_ASSET
    let left = Math.min(ROWS_PER_WORLD, count - done)
    for (const next of casesOf(world)) {
      const row = rowOf(world, next)
      if (row === undefined) continue
      yield row
      done++
      left--
      if (left === 0) break
    }
  }
}

function* casesOf(world: World): Generator<StepCase & Forced, void> {
  for (const next of stepCases(world)) {
    if (next.name === 'valid') {
      yield* madeUpCases(world)
      // A right row by itself, and one for the changes.
      yield next
      yield { ...next, ...voidStep(world), name: 'void' }
    }
    if (next.name !== 'void') yield next
  }
}

/** Of a transaction that is valid, or is not. */
function voidStep(world: World) {
  const { tx, packed } = world.transaction()
  const forced = world.random() < 0.5 ? packed : packTransaction({ ...tx, tokens: tx.tokens + 1n })
  return { step: concat(Uint8Array.of(3), encodeUint(7, 8), keccak(forced)), forced }
}

/** Undefined if the contract refuses the block, or the step consumes an entry that no queue has. */
function rowOf(world: World, { name, state, queueIndex, step, forced }: StepCase & Forced): RowCase | undefined {
  const decoded = decodeStep(step)
  const entry = decoded && entryOf(decoded, forced)
  if (decoded?.kind === 'void' && entry === undefined) return undefined
  const right = draftOf(world, state, queueIndex, step, entry)
  const isChanged = world.random() < 0.7
  const [change, apply] = isChanged ? world.pick(Object.entries(ROW_CHANGES)) : (['as it is', () => ({})] as const)
  const changed: RowDraft = { ...right, ...apply(right, world) }
  // Nobody reads what is before the first row.
  const begin = { ...right.before, end: firstStepElement(changed.stepCount) }
  const draft = changed.index === 0 ? { ...changed, before: begin } : changed
  // The entry has its number, whatever comes before it.
  const own = laneOf(entry?.kind ?? 'deposit')
  const inFront = right.entries.slice(0, right.index).filter(({ kind }) => laneOf(kind) === own).length
  const scene = sceneOf(world, state, {
    ...ofLanes(() => SOME_COUNT),
    ...(own === 'forced' ? {} : { [own]: queueIndex - BigInt(inFront) }),
  })
  for (const each of draft.entries) scene.book.append(each)
  const block = blockOf(scene, draft)
  return block && { name: `${name}, ${change}`, scene, block, index: draft.index, before: state }
}

/** A right row, as far as its step is one. */
function draftOf(
  world: World,
  state: State,
  queueIndex: bigint,
  step: Uint8Array,
  entry: QueueEntry | undefined,
): RowDraft {
  const below = (most: number) => Math.floor(world.random() * most)
  const index = below(entry ? 4 : 12)
  const consumed = entry ? index + 1 + below(3) : Math.min(index, below(4))
  const more = world.random() < 0.3 ? 0 : 1 + below(world.random() < 0.02 ? 3_000 : 30)
  const stepCount = Math.max(index + 1, consumed) + more
  const first = firstStepElement(stepCount)
  const begin = index === 0 ? first : first + below(world.random() < 0.05 ? 5_000 : 200)
  const { state: after, growth } = applyStep(world.rules, state, queueIndex, step)
  const lane = laneOf(entry?.kind ?? 'deposit')
  const [asked] = requestsIn([step])
  const numberBefore = index === 0 ? 0 : below(Math.min(index, 5) + 1)
  const requests = numberBefore + (asked ? 1 : 0)
  const growthBefore = index === 0 ? 0 : below(60) - 30
  const inAll = index === stepCount - 1 ? requests : Math.min(stepCount, requests + below(4))
  return {
    stepCount,
    index,
    step,
    before: { state: stateRoot(state), end: begin, requests: numberBefore, growth: growthBefore },
    own: {
      state: stateRoot(after),
      end: begin + Math.max(1, elementsOf(step.length)),
      requests,
      growth: growthBefore + growth,
    },
    entries: entry
      ? [...fillers(world, index, LANES[0], lane), entry, ...fillers(world, consumed - index - 1, lane, LANES[2])]
      : fillers(world, consumed, LANES[0], LANES[2]),
    requests: Array.from({ length: inAll }, (_, i): Asked => {
      const isOwn = asked !== undefined && i === numberBefore
      return isOwn ? { ...asked, step: index } : { step: i, to: strangerOf(i), tokens: toBaseUnits(500n) }
    }),
  }
}

/** What an entry's step consumes. Undefined for a plain step. */
function entryOf(step: Step, forced: Uint8Array | undefined): QueueEntry | undefined {
  if (step.kind === 'deposit' || step.kind === 'entered') return step.entry
  if (step.kind === 'applied') return { kind: 'forced', fee: step.fee, packed: step.packed }
  return step.kind === 'void' && forced ? { kind: 'forced', fee: step.fee, packed: forced } : undefined
}

/** Entries of these lanes and what is between them, lane by lane. */
function fillers(world: World, count: number, from: Lane, to: Lane): QueueEntry[] {
  const lanes = LANES.slice(LANES.indexOf(from), LANES.indexOf(to) + 1)
  const chosen = Array.from({ length: count }, () => world.pick(lanes))
  return lanes.flatMap((lane) => chosen.filter((each) => each === lane).map(() => FILLERS[lane]))
}

function strangerOf(seed: number) {
  return toAddress(keccak(encodeUint(seed, 4)).subarray(12))
}
