// Random right blocks in blobs: deposits, entries of assets, forced transactions good and bad, requests among plain payments.

import { applyStep, applyTransaction } from '../../../../node/protocol/apply.ts'
import { writeBlobs } from '../../../../node/protocol/blob.ts'
import { type AppliedStep, blobHeadOf, blobRowsOf } from '../../../../node/protocol/blob-block.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { toGrowth } from '../../../../node/protocol/header.ts'
import { toHash } from '../../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../../node/protocol/queue.ts'
import { MAX_TOKENS } from '../../../../node/protocol/rules.ts'
import { outputsOf, stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../../../node/protocol/step.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { verifyPacked } from '../../../../node/protocol/verify.ts'
import { accountOf, pay, World } from '../world.ts'
import { type BlobPost, type Scene, sceneOf } from './scene.ts'

/** A right block, the steps that it is made of, and where it stands. */
export type RightBlobs = {
  readonly scene: Scene
  readonly steps: readonly AppliedStep[]
  /** The transaction of each step that comes from a forced one. */
  readonly forced: readonly (Uint8Array | undefined)[]
  readonly post: BlobPost
}

/** Blocks that follow one another in one world. */
export function* rightBlocks(seed: number): Generator<RightBlobs, never> {
  for (let round = 0; ; round++) {
    const world = new World(seed + round)
    world.queueIndex = 7n * BigInt(round)
    world.assetIndex = 5n * BigInt(round)
    // The world's states grow, and with them the work of each block.
    for (let i = 0; i < 20 && !isPoor(world); i++) yield rightBlock(world)
  }
}

/** A block on the world's state, which is afterwards the one behind it. */
export function rightBlock(world: World): RightBlobs {
  const below = (most: number) => Math.floor(world.random() * most)
  const counts = { deposits: world.queueIndex, assets: world.assetIndex, forced: BigInt(below(1_000)) }
  const scene = sceneOf(world, world.state, counts)
  const steps: AppliedStep[] = []
  const add = (step: Step) => {
    const bytes = encodeStep(step)
    const { state, reason, growth } = applyStep(world.rules, world.state, world.indexOf(step), bytes)
    if (reason !== 'None') throw new Error(`the model made an invalid step: ${reason}`)
    world.state = state
    if (step.kind === 'deposit') world.queueIndex += 1n
    if (step.kind === 'entered') world.assetIndex += 1n
    steps.push({ step: bytes, after: state, growth })
  }
  const entries = [
    ...Array.from({ length: below(4) }, (): QueueEntry => {
      const gross = world.random() < 0.1 ? 99n : 1_000n + BigInt(below(10_000))
      return { kind: 'deposit', gross, to: world.pick(world.accounts).address }
    }),
    ...Array.from({ length: below(3) }, () => enteredEntry(world)),
    // The second of two transactions may take what the first has spent.
    ...Array.from({ length: below(4) }, () => forcedEntry(world)),
  ]
  for (const entry of entries) {
    scene.book.append(entry)
    add(consume(world, entry))
  }
  const count = (entries.length === 0 ? 1 : 0) + below(world.random() < 0.1 ? 30 : 8)
  for (let i = 0; i < count && !isPoor(world); i++) add({ kind: 'transaction', packed: world.transaction().packed })
  // Nobody has to consume them.
  scene.book.append({ kind: 'deposit', gross: 5_000n, to: world.pick(world.accounts).address })
  scene.book.append(enteredEntry(world))
  scene.book.append(forcedEntry(world))
  const forced = entries.map((entry) => (entry.kind === 'forced' ? entry.packed : undefined))
  return { scene, steps, forced, post: postOf(steps) }
}

/** What an honest miner posts of a block of these steps, of which there is one at least. */
export function postOf(steps: readonly AppliedStep[]): BlobPost {
  const last = steps.at(-1)
  if (last === undefined) throw new RangeError('a block in blobs has a step')
  const growth = toGrowth(steps.reduce((sum, each) => sum + each.growth, 0))
  const head = blobHeadOf(steps.map(({ step }) => step))
  return {
    blobs: writeBlobs(blobRowsOf(steps)),
    head: { ...head, stepCount: steps.length, growth, state: stateRoot(last.after) },
  }
}

/** A step of the queue as an honest miner makes it of an entry, on the world's state. */
function consume({ rules, state }: World, entry: QueueEntry): Step {
  if (entry.kind === 'deposit') return { kind: 'deposit', entry }
  if (entry.kind === 'entered') return { kind: 'entered', entry }
  const { fee, packed } = entry
  const verified = verifyPacked(rules, packed)
  const isValid = typeof verified !== 'string' && applyTransaction(state, verified).reason === 'None'
  return isValid ? { kind: 'applied', fee, packed } : { kind: 'void', fee, packedHash: toHash(keccak(packed)) }
}

/** Of one of the world's contracts, some of which say what does not fit into an account. */
function enteredEntry(world: World): QueueEntry {
  const fee = toGwei(BigInt(Math.floor(world.random() * 2 ** 40)))
  const amount = world.random() < 0.2 ? MAX_TOKENS : 1n + BigInt(Math.floor(world.random() * 10_000))
  return { kind: 'entered', fee, amount, to: world.pick(world.accounts).address, asset: world.contract() }
}

/** One that is valid now, or that nobody can pay. */
function forcedEntry(world: World): QueueEntry {
  const fee = toGwei(BigInt(Math.floor(world.random() * 2 ** 40)))
  if (world.random() < 0.6 && !isPoor(world)) return { kind: 'forced', fee, packed: world.transaction().packed }
  const nobody = accountOf(`nobody ${world.random()}`)
  const body = { to: nobody.address, tokens: 1n, time: 1, prev: [world.genesis] }
  return { kind: 'forced', fee, packed: pay(nobody, body, world.rules).packed }
}

/** Whether it has given all its money away. */
function isPoor({ accounts, state }: World): boolean {
  const owners = new Set(accounts.map(({ address }) => address))
  return !outputsOf(state).some(({ owner }) => owners.has(owner))
}
