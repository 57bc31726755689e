// Blocks for tests of the bridge, which does not judge whether their steps are true: only their shape has to be right.

import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { blockId, challengeOf, type Header, type SealedHeader } from '../../../node/protocol/header.ts'
import { type Address, type Hash, type Infohash, toBytes, toHash, toInfohash } from '../../../node/protocol/ids.ts'
import { requestLeaf, requestProofs, requestsIn } from '../../../node/protocol/requests.ts'
import { encodeStep } from '../../../node/protocol/step.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { toGwei, toSeconds } from '../../../node/protocol/units.ts'
import { headerOf } from '../../../scripts/devnet/drill/content.ts'

/** A block with everything that its publication needs. */
export type TestBlock = SealedHeader & {
  readonly id: Hash
  /** As its publication names it. */
  readonly torrent: Infohash
  readonly steps: readonly Uint8Array[]
  readonly states: readonly Hash[]
}

export type Draft = {
  readonly miner: Address
  readonly steps?: readonly Uint8Array[]
  /** After each step; made up by default. */
  readonly states?: readonly Hash[]
  /** The easiest at `now` by default. */
  readonly target?: bigint
  readonly torrent?: Infohash
  /** A fixed nonce instead of one that shows the work. */
  readonly nonce?: bigint
}

/** The hash of a number: different bytes for different numbers. */
export function someHash(seed: number | bigint): Hash {
  return toHash(keccak(encodeUint(BigInt(seed), 32)))
}

/** Drafts a child of `parent`, which was published `elapsed` seconds ago, and searches its nonce unless one is given. */
export function draftBlock(parent: TestBlock, elapsed: bigint, easiestTarget: bigint, draft: Draft): TestBlock {
  const { steps = [], torrent = toInfohash(toBytes(someHash(1)).subarray(12)), miner } = draft
  const states = draft.states ?? steps.map((_, i) => someHash(i))
  const target = draft.target ?? targetCeiling(parent.header.target, toSeconds(elapsed), easiestTarget)
  const header = headerOf(parent.header, parent, { steps, states }, target)
  const seal = draft.nonce === undefined ? mine(header, miner) : { miner, nonce: toHash(encodeUint(draft.nonce, 32)) }
  return { header, seal, id: blockId({ header, seal }), torrent, steps, states }
}

/** The arguments of `claim` for a step of a block. */
export function proofOf({ header, steps }: TestBlock, step: number) {
  const requests = requestsIn(steps)
  const index = requests.findIndex((request) => request.step === step)
  const request = requests[index]
  if (request === undefined) throw new RangeError(`step ${step} of the block is no request`)
  const siblings = requestProofs(requests)[index] ?? []
  return { number: header.firstRequest + BigInt(index), step, to: request.to, amount: request.tokens, siblings }
}

/** The arguments of `requestOf` for the same, whatever it asks for. */
export function leafProofOf(block: TestBlock, step: number) {
  const { number, siblings } = proofOf(block, step)
  const request = requestsIn(block.steps).find((each) => each.step === step)
  if (request === undefined) throw new RangeError(`step ${step} of the block is no request`)
  return { number, leaf: requestLeaf(request), siblings }
}

export function toHex(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(bytes).toString('hex')}`
}

type StepDraft = {
  readonly request?: boolean
  readonly issuance?: boolean
  /** kind(1) ‖ asset(20), be it any. */
  readonly asset?: Uint8Array
  readonly payee: Address
  readonly tokens?: bigint
  readonly inputs?: number
  readonly memo?: number
  /** Makes the other bytes, the signature among them. */
  readonly seed?: number
}

/** A packed transaction that has a shape, and a signature of nobody. */
export function packedBytes(draft: StepDraft): Uint8Array {
  const { request, issuance, asset, payee, tokens = 1n, inputs = 1, memo = 0, seed = 0 } = draft
  const forms = (request ? 0x10 : 0) | (asset ? 0x20 : 0) | (issuance ? 0x40 : 0)
  const noise = (i: number) => toBytes(someHash(1_000 * seed + i))
  return concat(
    Uint8Array.of((inputs - 1) | forms, memo),
    encodeUint(1_767_225_600, 5),
    noise(0),
    noise(1),
    toBytes(payee),
    encodeUint(tokens, 16),
    asset ?? new Uint8Array(),
    ...Array.from({ length: inputs }, (_, i) => noise(2 + i).subarray(12)),
    new Uint8Array(memo).fill(0x6d),
  )
}

/** A take with all that one can have, 535 bytes; of no meaning besides. */
export function largestTake(seed = 0): Uint8Array {
  const head = Uint8Array.of(0x83, 140, 0x2f)
  const noise = Array.from({ length: 17 }, (_, i) => toBytes(someHash(1_000 * seed + i)))
  return concat(head, concat(...noise).subarray(0, 535 - head.length))
}

export function transactionStep(draft: StepDraft): Uint8Array {
  return encodeStep({ kind: 'transaction', packed: packedBytes(draft) })
}

export function depositStep(gross: bigint, to: Address): Uint8Array {
  return encodeStep({ kind: 'deposit', entry: { kind: 'deposit', gross, to } })
}

export function enteredStep(fee: bigint, amount: bigint, to: Address, asset: Address): Uint8Array {
  return encodeStep({ kind: 'entered', entry: { kind: 'entered', fee: toGwei(fee), amount, to, asset } })
}

export function appliedStep(fee: bigint, packed: Uint8Array): Uint8Array {
  return encodeStep({ kind: 'applied', fee: toGwei(fee), packed })
}

export function voidStep(fee: bigint, packed: Uint8Array): Uint8Array {
  return encodeStep({ kind: 'void', fee: toGwei(fee), packedHash: toHash(keccak(packed)) })
}

function mine(header: Header, miner: Address) {
  const preimage = concat(toBytes(challengeOf(header)), toBytes(miner), new Uint8Array(32))
  const counter = new DataView(preimage.buffer, preimage.byteOffset + preimage.length - 4)
  for (let i = 0; ; i++) {
    counter.setUint32(0, i)
    const digest = toHash(keccak(preimage))
    if (BigInt(digest) <= header.target) return { miner, nonce: toHash(preimage.subarray(52)) }
  }
}
