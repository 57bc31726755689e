// What the executable spec says to the shared vectors, compared field by field, with nothing of Node: a browser is asked the same.

import { digestOf, meetsTarget } from '../../../../miner/work/nonce.ts'
import { applyStep } from '../../../../node/protocol/apply.ts'
import { BLOB_BYTES, BLOB_ELEMENTS } from '../../../../node/protocol/blob.ts'
import { blobTraceRoot } from '../../../../node/protocol/blob-hash.ts'
import { assembleRowProof, readRow } from '../../../../node/protocol/blob-row.ts'
import { concat, encodeText, formatHex, parseHex } from '../../../../node/protocol/bytes.ts'
import { feeOf, netOf } from '../../../../node/protocol/fee.ts'
import { keccak, sha1 } from '../../../../node/protocol/hash.ts'
import { parseAddress, parseHash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { encodeOffer, packOffer } from '../../../../node/protocol/offer.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import type { Rules } from '../../../../node/protocol/rules.ts'
import { type State, stateRoot } from '../../../../node/protocol/state.ts'
import { decodeStep, stepEntryHash, stepSizeAt } from '../../../../node/protocol/step.ts'
import { decodeTransaction } from '../../../../node/protocol/transaction.ts'
import { encodeOpening, find, insert, remove } from '../../../../node/protocol/tree.ts'
import { offerDigest, signingDigest, takeDigest } from '../../../../node/protocol/typed-data.ts'
import { verifyPacked } from '../../../../node/protocol/verify.ts'
import type applyJson from '../../../vectors/apply.json'
import type blobJson from '../../../vectors/blob.json'
import type feeJson from '../../../vectors/fee.json'
import type infohashJson from '../../../vectors/infohash.json'
import type sha1Json from '../../../vectors/sha1.json'
import type stepJson from '../../../vectors/step.json'
import type takeJson from '../../../vectors/take.json'
import type treeJson from '../../../vectors/tree.json'
import type typedDataJson from '../../../vectors/typed-data.json'
import type workJson from '../../../vectors/work.json'

/** The files in test/vectors by their names without `.json`. */
export type VectorFiles = {
  readonly sha1: typeof sha1Json
  readonly fee: typeof feeJson
  readonly infohash: typeof infohashJson
  readonly 'typed-data': typeof typedDataJson
  readonly take: typeof takeJson
  readonly step: typeof stepJson
  readonly tree: typeof treeJson
  readonly apply: typeof applyJson
  readonly work: typeof workJson
  readonly blob: typeof blobJson
}

/** One field of one vector: what the spec says, and what the file expects. */
export type Comparison = {
  readonly file: string
  readonly vector: string
  readonly field: string
  readonly said: unknown
  readonly expected: unknown
}

/** What the spec says to some fields of a vector, in the form of the file. */
type Said<Vector> = { readonly [Field in keyof Vector]?: string | number | boolean | null }

/** Every field of which a file says what is expected. A vector at which the spec throws is one comparison, with the error. */
export function compareVectors(files: Partial<VectorFiles>): Comparison[] {
  const { infohash, 'typed-data': typedData, take, step, tree, apply, work, blob } = files
  return [
    ...compare('sha1', files.sha1?.map((vector) => ({ name: vector.data, ...vector })) ?? [], saySha1),
    ...compare('fee', files.fee?.map((vector) => ({ name: vector.amount, ...vector })) ?? [], sayFee),
    ...compare('infohash', infohash ?? [], sayInfohash),
    ...compare('typed-data', withRules(typedData?.rules, typedData?.vectors), sayTypedData),
    ...compare('take', take ?? [], sayTake),
    ...compare('step', step ?? [], sayStep),
    ...compare('tree', tree ?? [], sayTree),
    ...compare('apply', withRules(apply?.rules, apply?.cases), sayApply),
    ...compare('work', work?.digests ?? [], sayWork),
    ...compare('blob', blob ?? [], sayBlob),
  ]
}

/** A comparison that came out wrong. */
export function isWrong({ said, expected }: Comparison): boolean {
  return said !== expected
}

function compare<Vector extends { readonly name: string }>(
  file: string,
  vectors: readonly Vector[],
  say: (vector: Vector) => Said<Vector>,
): Comparison[] {
  return vectors.flatMap((vector) => {
    const expected = new Map<string, unknown>(Object.entries(vector))
    try {
      return Object.entries(say(vector)).map(([field, said]) => {
        return { file, vector: vector.name, field, said, expected: expected.get(field) }
      })
    } catch (error) {
      return [{ file, vector: vector.name, field: 'all', said: String(error), expected: 'no error' }]
    }
  })
}

function saySha1({ data }: VectorFiles['sha1'][number]) {
  return { digest: hex(sha1(parseHex(data))) }
}

function sayFee({ amount }: VectorFiles['fee'][number]) {
  return { fee: `${feeOf(BigInt(amount))}`, net: `${netOf(BigInt(amount))}` }
}

function sayInfohash({ file }: VectorFiles['infohash'][number]) {
  return { infohash: infohashOf(encodeText(file)) }
}

function sayTypedData({ rules, packed, file }: WithRules<VectorFiles['typed-data']['vectors'][number]>) {
  const tx = decodeTransaction(encodeText(file))
  if (tx.kind !== 'signed') throw new TypeError(`expected a signed transaction, got a ${tx.kind}`)
  const verified = verifyPacked(rules, parseHex(packed))
  if (typeof verified === 'string') throw new TypeError(`expected a valid transaction, got ${verified}`)
  return {
    packed: hex(packTransaction(tx)),
    digest: hex(signingDigest(tx)),
    from: verified.tx.from,
    file: new TextDecoder().decode(verified.file),
  }
}

function sayTake({ file, packed }: VectorFiles['take'][number]) {
  const tx = decodeTransaction(encodeText(file))
  // No rule of a network matters to a take.
  const verified = verifyPacked(TAKE_RULES, parseHex(packed))
  if (tx.kind !== 'take' || typeof verified === 'string' || verified.tx.kind !== 'take')
    throw new TypeError(`expected a valid take, got ${tx.kind}, ${verified}`)
  const { offer } = tx
  const offerFile = encodeOffer(offer)
  return {
    offerFile: new TextDecoder().decode(offerFile),
    offerInfohash: infohashOf(offerFile),
    packedOffer: hex(packOffer(offer)),
    offerDigest: hex(offerDigest(offer)),
    maker: verified.tx.offer.from,
    packed: hex(packTransaction(tx)),
    digest: hex(takeDigest(tx)),
    taker: verified.tx.from,
    file: new TextDecoder().decode(verified.file),
    infohash: verified.infohash,
  }
}

const TAKE_RULES: Rules = { chain: 1n, bridge: ZERO_ADDRESS, token: ZERO_ADDRESS, minRequest: 1n }

function sayStep({ step }: VectorFiles['step'][number]) {
  const bytes = parseHex(step)
  const decoded = decodeStep(bytes)
  return {
    size: stepSizeAt(bytes, 0),
    hash: hex(keccak(bytes)),
    entryHash: (decoded && stepEntryHash(decoded)) ?? null,
  }
}

function sayTree({ entries, key, value }: VectorFiles['tree'][number]) {
  const tree = stateOf(entries)
  const bytes = parseHex(key)
  const leaf = { key: bytes, value: BigInt(value), name: { owner: ZERO_ADDRESS } }
  return {
    root: stateRoot(tree),
    found: `${find(tree, bytes)?.value ?? 0n}`,
    witness: hex(encodeOpening(tree, bytes, leaf.value === 0n)),
    next: stateRoot(leaf.value === 0n ? remove(tree, bytes) : insert(tree, leaf)),
  }
}

function sayApply({ rules, state, queueIndex, step }: WithRules<VectorFiles['apply']['cases'][number]>) {
  const before = stateOf(state)
  const openings: Uint8Array[] = []
  const applied = applyStep(rules, before, BigInt(queueIndex), parseHex(step), openings)
  return {
    pre: stateRoot(before),
    reason: applied.reason,
    post: stateRoot(applied.state),
    growth: applied.growth,
    witness: hex(concat(...openings)),
  }
}

function sayWork({ challenge, miner, nonce, target }: VectorFiles['work']['digests'][number]) {
  const work = { challenge: parseHash(challenge), miner: parseAddress(miner), target: BigInt(target) }
  const digest = digestOf(work, parseHash(nonce))
  return { digest, meets: meetsTarget(digest, work.target) }
}

function sayBlob({ blobs: count, elements, hashes, stepCount, index }: VectorFiles['blob'][number]) {
  const blobs = Array.from({ length: count }, () => new Uint8Array(BLOB_BYTES))
  for (const [element, value] of Object.entries(elements)) {
    blobs[Math.floor(Number(element) / BLOB_ELEMENTS)]?.set(parseHex(value), 32 * (Number(element) % BLOB_ELEMENTS))
  }
  const { before, own, begin, step, end } = readRow(blobs, stepCount, index)
  // Proofs are another test's: they take more than the spec.
  const nothing = { element: new Uint8Array(), commitment: new Uint8Array(), proof: new Uint8Array() }
  return {
    traceRoot: blobTraceRoot(hashes.map(parseHash)),
    begin,
    stateBefore: before?.state ?? ZERO_HASH,
    requestsBefore: before?.requests ?? 0,
    growthBefore: before?.growth ?? 0,
    state: own?.state ?? ZERO_HASH,
    requests: own?.requests ?? 0,
    growth: own?.growth ?? 0,
    end: own?.end ?? end,
    size: step?.length ?? 0,
    content: hex(assembleRowProof(blobs, stepCount, index, () => nothing).content),
  }
}

type WithRules<Vector> = Vector & { readonly rules: Rules }

function withRules<Vector>(
  rules: VectorFiles['apply']['rules'] | undefined,
  vectors: readonly Vector[] | undefined,
): WithRules<Vector>[] {
  if (rules === undefined || vectors === undefined) return []
  const parsed: Rules = {
    chain: BigInt(rules.chain),
    bridge: parseAddress(rules.bridge),
    token: parseAddress(rules.token),
    minRequest: BigInt(rules.minRequest),
  }
  return vectors.map((vector) => ({ ...vector, rules: parsed }))
}

/** What the keys were made of is not in the vectors, and not in the root. */
function stateOf(entries: readonly { readonly key: string; readonly value: string }[]): State {
  let state: State
  for (const { key, value } of entries) {
    state = insert(state, { key: parseHex(key), value: BigInt(value), name: { owner: ZERO_ADDRESS } })
  }
  return state
}

function hex(bytes: Uint8Array): string {
  return `0x${formatHex(bytes)}`
}
