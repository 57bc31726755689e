// The torrent of a bridging block: its files and its infohash follow from the block alone (docs/protocol.md section 7.3).

import { ASSET_BYTES, type Asset, decodeAsset, encodeAsset } from './asset.ts'
import { BLOB_BYTES, MAX_BLOBS } from './blob.ts'
import { concat, decodeUint, encodeText, encodeUint, equalBytes, formatHex } from './bytes.ts'
import { sha1 } from './hash.ts'
import { type SealedHeader, VERSION } from './header.ts'
import { type Address, type Infohash, toAddress, toBytes, toInfohash } from './ids.ts'
import { ofLanes } from './queue.ts'
import { RuleError } from './rule-error.ts'
import { type Balance, balancesOf, type Output, ofAsset, outputsOf, type State } from './state.ts'
import type { Posted } from './trace.ts'

export const BLOCK_FOLDER = 'block'
export const BLOCK_PIECE_BYTES = 65_536
const BLOBS_FILE = 'blobs.bin'
const OUTPUT_BYTES = 56
const BALANCE_BYTES = 36
/** kind(1) ‖ asset(20) ‖ count(8). */
const GROUP_BYTES = ASSET_BYTES + 8

export type BlockFile = { readonly name: string; readonly bytes: Uint8Array }

/** A request in a block, as `requests.json` lists it. */
export type BlockRequest = {
  readonly step: number
  /** TTX if there is none. */
  readonly asset?: Asset
  readonly infohash: Infohash
  readonly from: Address
  /** The recipient on Ethereum. */
  readonly to: Address
  /** Base units of the asset, before the fee. */
  readonly tokens: bigint
}

/** The rows of a block: steps and states in calldata, or the blobs of its transaction as they are, with whatever is in them. */
export type BlockRows = Posted | { readonly blobs: readonly Uint8Array[] }

export type BlockContent = BlockRows & {
  readonly sealed: SealedHeader
  readonly requests: readonly BlockRequest[]
  /** After the last step. */
  readonly state: State
}

/** The files in the order of the torrent; empty ones are left out. */
export function blockFiles(content: BlockContent): BlockFile[] {
  const isInBlobs = 'blobs' in content
  const files = [
    { name: 'balances.bin', bytes: encodeBalances(balancesOf(content.state)) },
    ...(isInBlobs ? [{ name: BLOBS_FILE, bytes: concat(...content.blobs) }] : []),
    { name: 'block.json', bytes: encodeText(formatHeader(content.sealed)) },
    { name: 'outputs.bin', bytes: encodeOutputs(outputsOf(content.state)) },
    { name: 'requests.json', bytes: encodeText(formatRequests(content.requests)) },
    ...(isInBlobs
      ? []
      : [
          { name: 'states.bin', bytes: content.states },
          { name: 'steps.bin', bytes: content.steps },
        ]),
  ]
  return files.filter(({ bytes }) => bytes.length > 0)
}

/**
 * The rows in the files of a torrent, which may be anybody's. Throws `RuleError('bad-steps')` if `blobs.bin` is not as long as 1 to 6 blobs;
 * whether that is what they are is not looked at.
 */
export function rowsIn(files: readonly BlockFile[]): BlockRows {
  const bytesOf = (name: string) => files.find((file) => file.name === name)?.bytes
  const bytes = bytesOf(BLOBS_FILE)
  if (bytes === undefined)
    return { steps: bytesOf('steps.bin') ?? new Uint8Array(), states: bytesOf('states.bin') ?? new Uint8Array() }
  const count = bytes.length / BLOB_BYTES
  if (!Number.isInteger(count) || count < 1 || count > MAX_BLOBS) {
    const message = `expected ${BLOBS_FILE} to hold 1 to ${MAX_BLOBS} blobs of ${BLOB_BYTES} bytes`
    throw new RuleError('bad-steps', message, { bytes: bytes.length })
  }
  return { blobs: Array.from({ length: count }, (_, i) => bytes.subarray(BLOB_BYTES * i, BLOB_BYTES * (i + 1))) }
}

/** Files, bencoded info dictionary (BEP 3) and infohash. */
export function blockTorrent(content: BlockContent): { files: BlockFile[]; info: Uint8Array; infohash: Infohash } {
  const files = blockFiles(content)
  const info = encodeFolderInfo(BLOCK_FOLDER, files, BLOCK_PIECE_BYTES)
  return { files, info, infohash: toInfohash(sha1(info)) }
}

/** The info dictionary of a folder of files. */
function encodeFolderInfo(folder: string, files: readonly BlockFile[], pieceBytes: number): Uint8Array {
  const list = files.map(({ name, bytes }) => `d6:lengthi${bytes.length}e4:pathl${name.length}:${name}ee`).join('')
  const all = concat(...files.map(({ bytes }) => bytes))
  const pieces = new Uint8Array(20 * Math.ceil(all.length / pieceBytes))
  for (let offset = 0; offset < all.length; offset += pieceBytes) {
    pieces.set(sha1(all.subarray(offset, offset + pieceBytes)), 20 * (offset / pieceBytes))
  }
  const head = `d5:filesl${list}e4:name${folder.length}:${folder}12:piece lengthi${pieceBytes}e6:pieces${pieces.length}:`
  return concat(encodeText(head), pieces, encodeText('e'))
}

/** All of `outputsIn`. */
export function decodeOutputs(bytes: Uint8Array): Output[] {
  return Array.from(outputsIn(bytes))
}

/**
 * Reads `outputs.bin`. Throws `RuleError('bad-snapshot')` where it does not consist of whole groups of outputs above zero; whether order and
 * content are right shows in the state's root.
 */
export function* outputsIn(bytes: Uint8Array): Generator<Output> {
  for (let offset = 0; offset < bytes.length; ) {
    const head = bytes.subarray(offset, offset + GROUP_BYTES)
    const kindAndAsset = head.subarray(0, ASSET_BYTES)
    const asset = decodeAsset(kindAndAsset)
    const isKnown = asset !== undefined || equalBytes(kindAndAsset, encodeAsset(undefined))
    const count = Number(decodeUint(head.subarray(ASSET_BYTES)))
    const begin = offset + GROUP_BYTES
    offset = begin + OUTPUT_BYTES * count
    if (!isKnown || count === 0 || offset > bytes.length)
      throw new RuleError('bad-snapshot', 'outputs.bin must be whole groups of outputs', { bytes: bytes.length })
    for (let at = begin; at < offset; at += OUTPUT_BYTES) {
      const record = bytes.subarray(at, at + OUTPUT_BYTES)
      const value = decodeUint(record.subarray(40))
      if (value === 0n) throw new RuleError('bad-snapshot', 'outputs.bin must hold outputs above zero')
      const [infohash, owner] = [toInfohash(record.subarray(0, 20)), toAddress(record.subarray(20, 40))]
      yield ofAsset({ infohash, owner, value }, asset)
    }
  }
}

/** `outputs.bin`: the outputs in their order, that of `outputsOf`. */
export function encodeOutputs(outputs: readonly Output[]): Uint8Array {
  return encodeGroups(outputs, OUTPUT_BYTES, (record, { infohash, owner, value }) => {
    record.set(toBytes(infohash))
    record.set(toBytes(owner), 20)
    record.set(encodeUint(value, 16), 40)
  })
}

function encodeBalances(balances: readonly Balance[]): Uint8Array {
  return encodeGroups(balances, BALANCE_BYTES, (record, { owner, value }) => {
    record.set(toBytes(owner))
    record.set(encodeUint(value, 16), 20)
  })
}

/** Of each asset its records, in their order, which is one by assets. There may be millions: no list of parts, no spread. */
function encodeGroups<T extends { readonly asset?: Asset }>(
  records: readonly T[],
  recordBytes: number,
  write: (bytes: Uint8Array, record: T) => void,
): Uint8Array {
  const counts = new Map<Asset | undefined, number>()
  for (const { asset } of records) counts.set(asset, (counts.get(asset) ?? 0) + 1)
  const bytes = new Uint8Array(GROUP_BYTES * counts.size + recordBytes * records.length)
  let [offset, index] = [0, 0]
  for (const [asset, count] of counts) {
    bytes.set(encodeAsset(asset), offset)
    bytes.set(encodeUint(count, GROUP_BYTES - ASSET_BYTES), offset + ASSET_BYTES)
    offset += GROUP_BYTES
    for (const record of records.slice(index, index + count)) {
      write(bytes.subarray(offset, offset + recordBytes), record)
      offset += recordBytes
    }
    index += count
  }
  return bytes
}

/** The whole sealed header: who has the torrent has the block. */
function formatHeader({ header, seal }: SealedHeader): string {
  return JSON.stringify({
    bridge: header.bridge,
    chain: `${header.chain}`,
    fee: `${header.fee}`,
    firstRequest: `${header.firstRequest}`,
    growth: `${header.growth}`,
    height: `${header.height}`,
    lanes: ofLanes((lane) => ({ count: `${header.lanes[lane].count}`, hash: header.lanes[lane].hash })),
    miner: seal.miner,
    nonce: seal.nonce,
    parent: header.parent,
    queueFees: `${header.queueFees}`,
    requestCount: `${header.requestCount}`,
    requestsRoot: header.requestsRoot,
    state: header.state,
    stepCount: `${header.stepCount}`,
    supply: `${header.supply}`,
    target: `0x${formatHex(encodeUint(header.target, 32))}`,
    traceRoot: header.traceRoot,
    version: `${VERSION}`,
  })
}

function formatRequests(requests: readonly BlockRequest[]): string {
  return JSON.stringify(
    requests.map(({ asset, from, infohash, step, to, tokens }) => ({
      ...(asset === undefined ? {} : { asset }),
      from,
      infohash,
      step,
      to,
      tokens: `${tokens}`,
    })),
  )
}
