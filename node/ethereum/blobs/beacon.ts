// A beacon endpoint as a supplier of blobs: https://ethereum.github.io/beacon-APIs/ says what it is asked. Also anvil, which has a part of that API.

import { z } from 'zod'
import { OperationError } from '../../errors.ts'
import { BLOB_BYTES } from '../../protocol/blob.ts'
import { blobHash } from '../../protocol/blob-hash.ts'
import { type Hash, ZERO_HASH } from '../../protocol/ids.ts'
import { BeaconHttp, type BeaconQuestion } from './beacon-http.ts'
import { type BlobSupplier, MOST_BLOBS, type WantedBlobs } from './blob-source.ts'

export type BeaconOptions = {
  /** Unix milliseconds. */
  readonly now: () => number
  /** Without any part of an answer, milliseconds. Default 10,000; all answers for one delivery may take three times that. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 10_000
const WHOLE = 3
/** A sidecar has, beside a blob in hex, commitments, proofs and a header, together below 4 kB. */
const MOST_BYTES = MOST_BLOBS * (2 * BLOB_BYTES + 4_096)
const MOST_SMALL_BYTES = 2 ** 20
/** Beacon nodes keep blobs for 4,096 epochs of 32 slots of 12 seconds (EIP-4844), some 18 days. */
const KEPT_SECONDS = 4_096n * 32n * 12n

const decimal = z.string().regex(/^\d{1,18}$/)
const GENESIS = {
  path: '/eth/v1/beacon/genesis',
  mostBytes: MOST_SMALL_BYTES,
  schema: z.object({ data: z.object({ genesis_time: decimal, genesis_validators_root: z.string() }) }),
} as const satisfies BeaconQuestion<unknown>
const SPEC = {
  path: '/eth/v1/config/spec',
  mostBytes: MOST_SMALL_BYTES,
  // Newer nodes have the latter only (consensus-specs, pull request 4926).
  schema: z.object({ data: z.object({ SECONDS_PER_SLOT: decimal.optional(), SLOT_DURATION_MS: decimal.optional() }) }),
} as const satisfies BeaconQuestion<unknown>
const blobsSchema = z.object({ data: z.array(z.string()).max(MOST_BLOBS) })
const sidecarsSchema = z.object({
  data: z.array(z.object({ blob: z.string(), kzg_commitment: z.string() })).max(MOST_BLOBS),
})

/** How the endpoint names blocks: by slot, or as anvil does, by the numbers of Ethereum's blocks. */
type Naming =
  | { readonly by: 'slot'; readonly genesis: bigint; readonly slotMs: bigint; readonly seconds: string }
  | { readonly by: 'number' }

/** One endpoint. Its answers are only sorted here; what they are worth is the caller's to find out. */
export class BeaconEndpoint implements BlobSupplier {
  readonly name: string
  readonly #http: BeaconHttp
  readonly #now: () => number
  readonly #timeoutMs: number
  #naming: Naming | undefined

  /** `url` is http or https, with the key that it may need. Throws `OperationError('bad-endpoint')`. */
  constructor(url: string, { now, timeoutMs = TIMEOUT_MS }: BeaconOptions) {
    this.#http = new BeaconHttp(url, timeoutMs)
    this.name = this.#http.name
    this.#now = now
    this.#timeoutMs = timeoutMs
  }

  /**
   * At most 21. Throws `OperationError`: `beacon-silent`, `beacon-refused` (both `retry`), `beacon-wrong-chain`, and `blobs-absent`, which is `retry`
   * as long as beacon nodes keep blobs of this age. Throws the signal's reason.
   */
  async deliver(wanted: WantedBlobs, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    const deadline = AbortSignal.timeout(WHOLE * this.#timeoutMs)
    const ask = <Answer>(question: BeaconQuestion<Answer>) => this.#http.ask(question, signal, deadline)
    this.#naming ??= await this.#readNaming(ask)
    const id = this.#idOf(this.#naming, wanted.block)
    const hashes = new Set(wanted.hashes)
    let best: readonly Uint8Array[] = []
    for (const [i, way] of this.#ways(this.#naming, id, hashes).entries()) {
      try {
        const blobs = await way(ask)
        if (blobs.length > best.length) best = blobs
        if (best.length >= hashes.size) return best
      } catch (error) {
        signal.throwIfAborted()
        if (i === 0) throw error
        // The first way was answered, and those that follow need not exist.
        break
      }
    }
    if (best.length > 0) return best
    // Should that be because it told a wrong time once, it may tell it again.
    this.#naming = undefined
    throw this.#absent(wanted)
  }

  /** The blobs alone; all of the block, for nodes that do not understand which are wanted; the older route, for older nodes. anvil has the second only. */
  #ways(naming: Naming, id: string, hashes: ReadonlySet<Hash>): ((ask: Ask) => Promise<readonly Uint8Array[]>)[] {
    const path = `/eth/v1/beacon/blobs/${id}`
    const blobs = { path, mostBytes: MOST_BYTES, schema: blobsSchema }
    const query = [...hashes].map((hash) => ['versioned_hashes', hash] as const)
    const all = async (ask: Ask) => ((await ask(blobs))?.data ?? []).flatMap(decodeBlob)
    // Of a parameter that comes several times it knows the last.
    if (naming.by === 'number') return [all]
    return [
      async (ask) => ((await ask({ ...blobs, query }))?.data ?? []).flatMap(decodeBlob),
      all,
      async (ask) => {
        const sidecars = { path: `/eth/v1/beacon/blob_sidecars/${id}`, mostBytes: MOST_BYTES, schema: sidecarsSchema }
        // A blob that is not even said to be wanted is not worth finding out.
        const stated = ((await ask(sidecars))?.data ?? []).filter(({ kzg_commitment: commitment }) => {
          const bytes = decodeHex(commitment, 48)
          return bytes !== undefined && hashes.has(blobHash(bytes))
        })
        return stated.flatMap(({ blob }) => decodeBlob(blob))
      },
    ]
  }

  async #readNaming(ask: Ask): Promise<Naming> {
    const genesis = (await ask(GENESIS))?.data
    if (genesis === undefined) throw this.#http.refused(GENESIS.path, 'no such thing')
    // The root of a chain's first validators, which is zero on none: anvil has no validators, and no slots.
    if (genesis.genesis_validators_root === ZERO_HASH) return { by: 'number' }
    const spec = (await ask(SPEC))?.data
    const slotMs = BigInt(spec?.SLOT_DURATION_MS ?? `${spec?.SECONDS_PER_SLOT ?? 0}000`)
    if (slotMs === 0n) throw this.#http.refused(SPEC.path, 'no duration of a slot')
    return { by: 'slot', genesis: BigInt(genesis.genesis_time), slotMs, seconds: `${Number(slotMs) / 1_000}` }
  }

  #idOf(naming: Naming, block: WantedBlobs['block']): string {
    if (naming.by === 'number') return `${block.number}`
    const { genesis, slotMs, seconds } = naming
    const sinceMs = 1_000n * (block.time - genesis)
    if (sinceMs >= 0n && sinceMs % slotMs === 0n) return `${sinceMs / slotMs}`
    this.#naming = undefined
    throw new OperationError(
      'beacon-wrong-chain',
      `expected a slot of the beacon chain at ${this.name} at the time of block ${block.number} of Ethereum, ${block.time}, got slots of ${seconds} s from ${genesis} on; name a beacon endpoint of this network with --beacon`,
      { facts: { endpoint: this.name, time: `${block.time}`, genesis: `${genesis}`, seconds } },
    )
  }

  #absent({ block }: WantedBlobs): OperationError {
    const age = BigInt(Math.floor(this.#now() / 1_000)) - block.time
    const isKept = age < KEPT_SECONDS
    const why = isKept
      ? 'it is behind, or keeps too little'
      : `they are ${age / 86_400n} days old, and most nodes keep them for 18`
    return new OperationError(
      'blobs-absent',
      `expected blobs of block ${block.number} of Ethereum from ${this.name}, got none: ${why}`,
      { facts: { source: this.name, block: `${block.number}` }, retry: isKept },
    )
  }
}

type Ask = <Answer>(question: BeaconQuestion<Answer>) => Promise<Answer | undefined>

/** None where the text is something else. */
function decodeBlob(text: string): Uint8Array[] {
  const blob = decodeHex(text, BLOB_BYTES)
  return blob === undefined ? [] : [blob]
}

/** Undefined for anything but `0x` and this many bytes. A megabyte a millisecond, where `parseHex` takes a hundred. */
function decodeHex(text: string, bytes: number): Uint8Array | undefined {
  if (text.length !== 2 + 2 * bytes || !text.startsWith('0x')) return undefined
  // It ends before the first sign that is not a digit.
  const decoded = Buffer.from(text.slice(2), 'hex')
  return decoded.length === bytes ? new Uint8Array(decoded) : undefined
}
