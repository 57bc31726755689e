// A block in blobs with a row of each kind, as its miner makes it, and what a test needs to change a byte of it.

import { applyStep } from '../../../../node/protocol/apply.ts'
import { assert } from '../../../../node/protocol/assert.ts'
import { BLOB_ELEMENTS, elementAt, writeBlobs } from '../../../../node/protocol/blob.ts'
import {
  type AppliedStep,
  type BlobBlock,
  type BlobHead,
  blobHeadOf,
  blobRowsOf,
  deriveBlobHeader,
} from '../../../../node/protocol/blob-block.ts'
import { blobHash } from '../../../../node/protocol/blob-hash.ts'
import type { ParentBlock, QueueReader } from '../../../../node/protocol/block.ts'
import { encodeText, encodeUint } from '../../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, genesisBlock, type Header } from '../../../../node/protocol/header.ts'
import { toHash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { ofLanes, type QueueEntry } from '../../../../node/protocol/queue.ts'
import { type State, stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import type { TransactionBody } from '../../../../node/protocol/typed-data.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { entriesOf } from '../../../support/queue.ts'

export const TARGET = 2n ** 240n
const TIME = 1_767_225_600
const founder = accountOf('founder')
export const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const genesis = genesisOf(founder)
const coin = genesisInfohash(genesis)
const before = genesisState(genesis)
const sealedParent = genesisBlock({ ...RULES, easiestTarget: TARGET, state: stateRoot(before) })
/** Entries of each lane, and requests, that were consumed below: the numbers of this block's own do not begin at zero. */
const BELOW = 5n
const lanes = ofLanes((lane) => ({ count: BELOW, hash: toHash(keccak(encodeText(lane))) }))
export const parent: ParentBlock = {
  id: blockId(sealedParent),
  header: { ...sealedParent.header, lanes, firstRequest: BELOW },
  state: before,
}
/** The numbers of the steps by what they are. */
export const AT = { deposit: 0, applied: 1, request: 2, void: 3, payment: 4, memo: 5, ask: 6, last: 7 } as const

/** Steps of the queue, of which one asks and one has no effect; then payments, of which one asks. All of them apply. */
export function stepsOfScene(): { readonly steps: Uint8Array[]; readonly queue: QueueEntry[] } {
  const of = (body: Omit<TransactionBody, 'time'>, account = founder) => pay(account, { time: TIME, ...body })
  const asking = { to: RULES.bridge, bridge: { chain: RULES.chain, to: bob.address } }
  const paid = of({ to: alice.address, tokens: 1_000n, prev: [coin] })
  const asked = of({ ...asking, tokens: 200n, prev: [paid.infohash] })
  const spent = of({ to: bob.address, tokens: 7n, prev: [coin] })
  const next = of({ to: bob.address, tokens: 5_000n, prev: [asked.infohash] })
  // All that alice has: her account goes with it.
  const all = of({ to: bob.address, tokens: 1_000n, memo: 'all of it', prev: [paid.infohash] }, alice)
  const ask = of({ ...asking, tokens: 300n, prev: [next.infohash] })
  const joined = of({ to: bob.address, tokens: 6_000n, prev: [next.infohash, all.infohash].sort() }, bob)
  const entry = { kind: 'deposit', gross: 1_010n, to: bob.address } as const
  const forced = [paid, asked, spent].map(
    ({ packed }, i) => ({ kind: 'forced', fee: toGwei(9n + BigInt(i)), packed }) as const,
  )
  const [first, second, third] = forced
  assert(first && second && third, 'three are forced')
  const packedHash = toHash(keccak(spent.packed))
  const steps = [
    encodeStep({ kind: 'deposit', entry }),
    encodeStep({ ...first, kind: 'applied' }),
    encodeStep({ ...second, kind: 'applied' }),
    encodeStep({ kind: 'void', fee: third.fee, packedHash }),
    ...[next, all, ask, joined].map(({ packed }) => encodeStep({ kind: 'transaction', packed })),
  ]
  return { steps, queue: [entry, ...forced] }
}

/** With the states that they really lead to; one without effect leads to the same. */
export function applyAll(steps: readonly Uint8Array[], first: State = parent.state): AppliedStep[] {
  let state = first
  return steps.map((step, i) => {
    const { state: after, growth } = applyStep(RULES, state, BELOW + BigInt(i), step)
    state = after
    return { step, after, growth }
  })
}

/** What waits on this parent, by its place. */
export function readerOf(queue: readonly QueueEntry[]): QueueReader {
  return ({ lane, index }) => entriesOf(queue, lane)[Number(index - BELOW)]
}

/** The hashes of as many blobs, of commitments that nobody made: a replay does not ask for them. */
export function hashesOf(count: number) {
  return Array.from({ length: count }, (_, i) => blobHash(encodeUint(i, 48)))
}

export type Changes = Partial<Pick<Header, 'state' | 'growth'>> & {
  readonly head?: BlobHead
  /** Element and byte, and what is in it then. */
  readonly byte?: readonly [element: number, byte: number, value: number]
}

/** A published block of these steps, but for the changes. */
export function blockOf(applied: readonly AppliedStep[], changes: Changes = {}): BlobBlock {
  const rows = blobRowsOf(applied)
  const blobs = writeBlobs(rows)
  const last = rows.at(-1)
  assert(last, 'a block in blobs has a step')
  const head = changes.head ?? blobHeadOf(applied.map(({ step }) => step))
  const hashes = hashesOf(blobs.length)
  const told = { stepCount: rows.length, growth: changes.growth ?? last.growth, state: changes.state ?? last.state }
  const header = deriveBlobHeader(RULES, parent, TARGET, { ...head, ...told, hashes })
  const sealed = { header, seal: { miner: alice.address, nonce: ZERO_HASH } }
  return { ...head, sealed, hashes, blobs: changes.byte ? withByte(blobs, ...changes.byte) : blobs }
}

function withByte(blobs: readonly Uint8Array[], element: number, byte: number, value: number): Uint8Array[] {
  const changed = elementAt(blobs, element)
  changed[byte] = value
  return blobs.map((blob, i) => {
    if (i !== Math.floor(element / BLOB_ELEMENTS)) return blob
    const copy = blob.slice()
    copy.set(changed, 32 * (element % BLOB_ELEMENTS))
    return copy
  })
}
