// What the driver's blocks are made of: right steps on any state, every kind of wrong ones, and steps on what nobody can open.

import { applyStep } from '../../../node/protocol/apply.ts'
import { BLOB_BYTES, MAX_BLOBS } from '../../../node/protocol/blob.ts'
import type { ParentBlock } from '../../../node/protocol/block.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import type { SealedHeader } from '../../../node/protocol/header.ts'
import { type Infohash, toHash, toInfohash } from '../../../node/protocol/ids.ts'
import { LANES, laneOf, type QueueEntry } from '../../../node/protocol/queue.ts'
import { LANE_SHARE, QUEUE_GRACE, type Rules } from '../../../node/protocol/rules.ts'
import { signDigest } from '../../../node/protocol/signature.ts'
import { outputsOf, type State, stateRoot } from '../../../node/protocol/state.ts'
import { decodeStep, encodeStep } from '../../../node/protocol/step.ts'
import { splitPosted } from '../../../node/protocol/trace.ts'
import type { World } from '../../../scripts/assure/models/world.ts'
import { honestSteps } from '../../../scripts/devnet/drill/honest.ts'
import { expectationOf, LIE_KINDS, LIES, tellLie } from '../../../scripts/devnet/drill/lies.ts'
import type { BlobDraft, DataMode } from '../../../scripts/devnet/drill/posting.ts'
import { needOf, type Scene, type Told } from '../../../scripts/devnet/drill/scene.ts'
import { someHash } from '../../support/contract/blocks.ts'
import { MUTATIONS } from '../../support/contract/mutations.ts'
import type { Chance } from './chance.ts'
import type { Entry } from './model.ts'
import type { Posted } from './sealing.ts'

/** A parent whose state is known, and what there is to put on it. */
export type Plot = {
  readonly rules: Rules
  readonly parent: ParentBlock
  readonly below: SealedHeader
  /** Where it is to be posted. */
  readonly data: DataMode
  /** All entries after the parent, lane by lane. */
  readonly queue: readonly Entry[]
  /** Unix seconds: of the block of Ethereum that may take it. */
  readonly time: bigint
  /** Accounts whose keys the driver has. */
  readonly world: World
  /** Packed transactions that wait at a node. */
  readonly waiting: readonly Uint8Array[]
  /** Of the liar, and spent somewhere. */
  readonly spent: readonly Infohash[]
}

const MANY_PAYMENTS = 40

/** Always of at least what the queue asks for. */
export function rightContent(plot: Plot, chance: Chance): Posted {
  const { rules, parent } = plot
  const isFull = chance.isLucky(0.6)
  const some = byLane(plot.queue).flatMap((lane) => {
    const most = Math.min(LANE_SHARE, lane.length)
    return lane.slice(0, isFull ? most : chance.whole(overdueIn(lane, plot.time), most))
  })
  const taken = honestSteps(rules, parent, bare(some), [])
  const told: Told[] = [...taken]
  const kind = chance.number()
  if (kind < 0.4) told.push(...payments(plot, told.at(-1)?.after ?? parent.state, chance.size(1, MANY_PAYMENTS)))
  else if (kind < 0.6) told.push(...applicable(plot, told.at(-1)?.after ?? parent.state, plot.waiting))
  const posted = postOf(told, parent.state)
  return chance.isLucky(0.15) ? { ...posted, alter: withBlob } : posted
}

/** No more than the queue asks for. */
export function emptyContent(plot: Plot): Posted {
  const { rules, parent } = plot
  return postOf(honestSteps(rules, parent, bare(overdue(plot)), []), parent.state)
}

/** `undefined` if there is nothing of the kind to lie about. What comes out need not be wrong: one may be right by accident. */
export function wrongContent(plot: Plot, chance: Chance): Posted | undefined {
  const kind = chance.number()
  if (kind < 0.6) return lie(plot, chance)
  return kind < 0.8 && plot.data === 'blobs' ? garbled(plot, chance) : mutation(plot, chance)
}

/** On a parent whose state nobody can open, as its author may not have one: the steps have a shape, the states are made up. */
export function blindContent({ below, queue, time }: Pick<Plot, 'below' | 'queue' | 'time'>, chance: Chance): Posted {
  const steps = overdue({ queue, time }).map(({ entry }) => {
    if (entry.kind === 'deposit') return encodeStep({ kind: 'deposit', entry })
    if (entry.kind === 'entered') return encodeStep({ kind: 'entered', entry })
    return encodeStep({ kind: 'void', fee: entry.fee, packedHash: toHash(keccak(entry.packed)) })
  })
  const isMadeUp = chance.isLucky(0.5)
  return { steps, states: steps.map((_, i) => (isMadeUp ? someHash(i) : below.header.state)) }
}

/** Entries that a block of this time may not pass over. */
function overdue({ queue, time }: Pick<Plot, 'queue' | 'time'>): readonly Entry[] {
  return byLane(queue).flatMap((lane) => lane.slice(0, overdueIn(lane, time)))
}

function overdueIn(lane: readonly Entry[], time: bigint): number {
  const young = lane.findIndex((entry) => entry.time + QUEUE_GRACE > time)
  return Math.min(young === -1 ? lane.length : young, LANE_SHARE)
}

function byLane(queue: readonly Entry[]): readonly (readonly Entry[])[] {
  return LANES.map((lane) => queue.filter(({ entry }) => laneOf(entry.kind) === lane))
}

/** As much as a block has to be ready for. */
function entriesOf({ queue }: Plot): readonly QueueEntry[] {
  return bare(byLane(queue).flatMap((lane) => lane.slice(0, LANE_SHARE)))
}

function bare(entries: readonly Entry[]): readonly QueueEntry[] {
  return entries.map(({ entry }) => entry)
}

/** As many random payments and requests as there is money for. */
function payments({ world }: Plot, from: State, count: number): Told[] {
  const told: Told[] = []
  world.state = from
  for (let i = 0; i < count && isRich(world); i++) {
    const step = { kind: 'transaction', packed: world.transaction().packed } as const
    world.apply(step)
    told.push({ step: encodeStep(step), after: world.state })
  }
  return told
}

function isRich(world: World): boolean {
  const owners = new Set(world.accounts.map(({ address }) => address))
  return outputsOf(world.state).some(({ owner }) => owners.has(owner))
}

/** Those that apply here, each after those before it. */
function applicable({ rules }: Plot, from: State, packed: readonly Uint8Array[]): Told[] {
  let state = from
  return packed.flatMap((each) => {
    const step = encodeStep({ kind: 'transaction', packed: each })
    const applied = applyStep(rules, state, 0n, step)
    if (applied.reason !== 'None') return []
    state = applied.state
    return [{ step, after: state }]
  })
}

function lie(plot: Plot, chance: Chance): Posted | undefined {
  const { data } = plot
  const kind = chance.pick(LIE_KINDS.filter((each) => expectationOf(each, data) !== undefined))
  if (kind === undefined) return undefined
  const scene = sceneOf(plot, chance)
  const { alter } = LIES[kind]
  try {
    const told = tellLie(kind, scene)
    if (data === 'blobs') return alter === undefined ? told : { ...told, alter: (draft) => alter(draft, scene) }
    // What has no shape the bridge refuses in calldata, and it cannot be sealed either.
    return told.steps.every((step) => decodeStep(step)) ? told : undefined
  } catch (error) {
    if (needOf(error) === undefined) throw error
    return undefined
  }
}

function sceneOf(plot: Plot, chance: Chance): Scene {
  const { rules, parent, world, time, spent } = plot
  const [liar] = world.accounts
  if (liar === undefined) throw new RangeError('the world has no accounts')
  const queue = entriesOf(plot)
  const honest: Told[] = [...honestSteps(rules, parent, queue, [])]
  if (chance.isLucky(0.3)) honest.push(...payments(plot, honest.at(-1)?.after ?? parent.state, chance.size(1, 8)))
  return {
    ...{ rules, parent, queue, honest, spent },
    overdue: overdue(plot).length > 0,
    liar: { address: liar.address, sign: (digest) => signDigest(digest, liar.key) },
    time: Number(time) + chance.whole(0, 1_000),
  }
}

function mutation(plot: Plot, chance: Chance): Posted | undefined {
  const { rules, parent, below, world } = plot
  const queue = entriesOf(plot)
  const told: Told[] = [...honestSteps(rules, parent, queue, [])]
  told.push(...payments(plot, told.at(-1)?.after ?? parent.state, chance.size(2, 12)))
  const mutate = chance.pick(Object.values(MUTATIONS))
  if (mutate === undefined || told.length < 2) return undefined
  const right = {
    steps: told.map(({ step }) => step),
    states: told.map(({ after }) => after),
    forced: queue.map((entry) => (entry.kind === 'forced' ? entry.packed : undefined)),
  }
  const block = { ...below, id: parent.id, torrent: toInfohash(new Uint8Array(20)), steps: [], states: [] }
  const posted = mutate(world, right, { block, state: parent.state })
  if (posted === undefined) return undefined
  try {
    // The liar's friends go on from what would be right.
    return { ...splitPosted(posted), ...(told.at(-1) ? { state: told.at(-1)?.after } : {}) }
  } catch {
    return undefined // without a shape, or with another number of states: the bridge refuses both
  }
}

/** A right block of which some bytes in the blobs are others: what counts for nothing, as often as a state, an end, or a step. */
function garbled(plot: Plot, chance: Chance): Posted {
  const right = rightContent(plot, chance)
  const changes = Array.from({ length: chance.size(1, 8) }, () => [chance.size(1, BLOB_BYTES), chance.whole(1, 255)])
  const alter = (draft: BlobDraft): BlobDraft => {
    const blobs = draft.blobs.map((blob) => blob.slice())
    for (const [place = 0, change = 0] of changes) {
      const blob = blobs[place % blobs.length]
      // The first byte of an element would lift it above the modulus.
      if (blob !== undefined && place % 32 !== 0) blob[place] = (blob[place] ?? 0) ^ change
    }
    return { ...draft, blobs }
  }
  return { ...right, alter }
}

/** One blob more, full of what counts for nothing. */
function withBlob(draft: BlobDraft): BlobDraft {
  if (draft.blobs.length === MAX_BLOBS) return draft
  return { ...draft, blobs: [...draft.blobs, new Uint8Array(BLOB_BYTES).fill(0x55)] }
}

function postOf(told: readonly Told[], before: State): Posted {
  return {
    steps: told.map(({ step }) => step),
    states: told.map(({ after }) => stateRoot(after)),
    state: told.at(-1)?.after ?? before,
  }
}
