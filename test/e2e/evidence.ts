// Checks the evidence of a demo with other code than that which made it: create-torrent, canonicalize, viem, rust-eth-kzg and a plain tree. Long, since it
// goes through one folder from its first file to its last.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import canonicalize from 'canonicalize'
import createTorrent from 'create-torrent'
import parseTorrent from 'parse-torrent'
import {
  type Address,
  bytesToHex,
  concat,
  decodeEventLog,
  type Hex,
  hexToBigInt,
  keccak256,
  numberToHex,
  parseAbi,
  recoverTypedDataAddress,
  sliceHex,
} from 'viem'
import { checkBlobs } from './blob-evidence.ts'

const GENESIS = 10n ** 27n
const ZERO: Hex = `0x${'00'.repeat(32)}`
const ABI = parseAbi([
  'event Claimed(bytes32 indexed block, uint256 indexed number, address indexed to, uint256 amount)',
  'event Deposited(uint256 indexed index, address indexed from, address indexed to, uint256 amount, uint40 time)',
])

type Output = { readonly asset: Hex; readonly infohash: string; readonly owner: Hex; readonly value: bigint }
type Leaf = { readonly key: Hex; readonly value: bigint }
/** What `result.json` says, as far as it is used here; amounts are decimal strings. */
export type DemoResult = {
  readonly network: { readonly chain: string; readonly bridge: Hex; readonly token: Hex }
  readonly addresses: { readonly genesis: Hex; readonly alice: Hex; readonly bob: Hex }
  readonly transactions: readonly { readonly name: string; readonly infohash: string; readonly tokens: string }[]
  readonly blocks: readonly { readonly id: Hex; readonly height: string; readonly torrent: string }[]
  readonly request: { readonly infohash: string; readonly gross: string; readonly net: string; readonly recipient: Hex }
  readonly deposit: { readonly infohash: string; readonly gross: string; readonly credit: string; readonly to: Hex }
  readonly supply: readonly {
    readonly step: string
    readonly finalHeight: string
    readonly finalBlock: Hex
    readonly outputs: string
    readonly wttx: string
    readonly unconsumed: string
    readonly unminted: string
    readonly locked: string
    readonly total: string
  }[]
}

export async function checkEvidence(folder: string): Promise<void> {
  const read = (file: string) => readFileSync(join(folder, file))
  const json = (file: string) => JSON.parse(read(file).toString('utf8'))
  checkIndex(folder, json('index.json').files)
  const result: DemoResult = json('result.json')
  for (const { infohash, tokens } of result.transactions) {
    const file = read(`transactions/${infohash}/tx.json`)
    await checkTransaction(file, infohash, tokens)
    await checkTorrent(
      read(`transactions/${infohash}.torrent`),
      join(folder, 'transactions', infohash),
      'tx',
      16_384,
      infohash,
    )
  }
  const outputsOfBlock = new Map<string, bigint>()
  for (const { id, height, torrent } of result.blocks) {
    const at = `blocks/${height}`
    await checkTorrent(read(`${at}/block.torrent`), join(folder, at, 'block'), 'block', 65_536, torrent)
    outputsOfBlock.set(
      id,
      checkBlock(id, (file) => (statIfThere(join(folder, at, file)) ? read(`${at}/${file}`) : Buffer.alloc(0))),
    )
  }
  checkReceipts(folder, result)
  checkSupply(result, outputsOfBlock)
}

/** The index lists each file but itself, and nothing else. */
function checkIndex(folder: string, entries: readonly { file: string; about: string }[]): void {
  const there = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  assert.deepEqual(there.filter((file) => file !== 'index.json').toSorted(), entries.map(({ file }) => file).toSorted())
  for (const { about } of entries) assert.ok(about.length > 10)
}

async function checkTransaction(file: Buffer, infohash: string, tokens: string): Promise<void> {
  const text = file.toString('utf8')
  const tx = JSON.parse(text)
  assert.equal(canonicalize(tx), text, `${infohash} is not canonical`)
  assert.equal(tx.tokens, tokens)
  if (tx.deposit !== undefined) return
  const signer = await recoverTypedDataAddress({
    domain: { name: 'TorrentTX', version: '1' },
    types: {
      Transaction: [
        { name: 'to', type: 'address' },
        { name: 'tokens', type: 'uint256' },
        { name: 'memo', type: 'string' },
        { name: 'bridgeChain', type: 'uint256' },
        { name: 'bridgeTo', type: 'address' },
        { name: 'time', type: 'uint256' },
        { name: 'prev', type: 'bytes20[]' },
      ],
    },
    primaryType: 'Transaction',
    message: {
      to: tx.to,
      tokens: BigInt(tx.tokens),
      memo: tx.memo ?? '',
      bridgeChain: BigInt(tx.bridge?.chain ?? 0),
      bridgeTo: tx.bridge?.to ?? `0x${'00'.repeat(20)}`,
      time: BigInt(tx.time),
      prev: (tx.prev ?? []).map((one: string) => `0x${one}`),
    },
    signature: tx.signature,
  })
  assert.equal(signer.toLowerCase(), tx.from ?? tx.to)
}

async function checkTorrent(
  torrent: Buffer,
  folder: string,
  name: string,
  pieceLength: number,
  infohash: string,
): Promise<void> {
  assert.equal((await parseTorrent(torrent)).infoHash, infohash)
  const made = await new Promise<Uint8Array>((resolve, reject) => {
    createTorrent(folder, { name, pieceLength, announceList: [], createdBy: '', comment: '' }, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    )
  })
  assert.equal(
    (await parseTorrent(Buffer.from(made))).infoHash,
    infohash,
    `create-torrent makes another torrent of ${folder}`,
  )
}

/** Header, work, trace and snapshot; answers the sum of all outputs. */
function checkBlock(id: Hex, read: (file: string) => Buffer): bigint {
  const sealed = bytesToHex(read('sealed-header.bin'))
  const field = (offset: number, width: number) => sliceHex(sealed, offset, offset + width)
  const challenge = keccak256(field(0, 365))
  assert.equal(keccak256(concat([challenge, field(365, 52)])), id)
  assert.ok(hexToBigInt(id) <= hexToBigInt(field(69, 32)), 'too little work')
  // Who has the torrent has the whole sealed header.
  const told = JSON.parse(read('block/block.json').toString())
  assert.deepEqual([told.miner, told.nonce], [field(365, 20), field(385, 32)])
  for (const [i, lane] of ['deposits', 'assets', 'forced'].entries()) {
    const [count, hash] = [hexToBigInt(field(245 + 40 * i, 8)), field(253 + 40 * i, 32)]
    assert.deepEqual(told.lanes[lane], { count: `${count}`, hash })
  }
  const count = Number(hexToBigInt(field(101, 2)))
  const steps = Array.from({ length: count }, (_, i) => bytesToHex(read(`steps/${i}.bin`)))
  const blobs = read('block/blobs.bin')
  if (field(105, 32) === ZERO) assert.equal(count, 0)
  else if (blobs.length > 0) checkBlobs(blobs, steps, { root: field(105, 32), told, field })
  else {
    const states = chunks(read('block/states.bin'), 32)
    // Rows in calldata say nothing of growth.
    assert.deepEqual([field(103, 2), told.growth], ['0x0000', '0'])
    assert.equal(states.length, count)
    assert.equal(states.at(-1), field(137, 32))
    assert.equal(concat(steps), bytesToHex(read('block/steps.bin')))
    const leaves = steps.map((step, i) => keccak256(concat(['0x00', keccak256(step), states[i] ?? ZERO])))
    assert.equal(traceRoot(leaves), field(105, 32))
  }

  const outputs: Output[] = records(read('block/outputs.bin'), 56).map(({ asset, record }) => ({
    asset,
    infohash: sliceHex(record, 0, 20).slice(2),
    owner: sliceHex(record, 20, 40),
    value: hexToBigInt(sliceHex(record, 40, 56)),
  }))
  const balances = records(read('block/balances.bin'), 36).map(({ asset, record }) => ({
    asset,
    owner: sliceHex(record, 0, 20),
    value: hexToBigInt(sliceHex(record, 20, 36)),
  }))
  const named = (asset: Hex) => (asset === TTX ? [] : [asset])
  const entries: Leaf[] = [
    ...outputs.map(({ asset, infohash, owner, value }) => {
      return { key: key(0n, ['0x00', `0x${infohash}`, owner, ...named(asset)]), value }
    }),
    ...balances.map(({ asset, owner, value }) => ({ key: key(1n, ['0x01', owner, ...named(asset)]), value })),
  ]
  assert.equal(treeRoot(entries, 0), field(137, 32), 'the snapshot is not what the header commits to')
  for (const { asset, owner, value } of balances) {
    const own = outputs.filter((output) => output.owner === owner && output.asset === asset)
    assert.equal(value, sum(own.map((output) => output.value)))
  }
  const supply = sum(outputs.filter(({ asset }) => asset === TTX).map(({ value }) => value))
  assert.equal(sum(balances.filter(({ asset }) => asset === TTX).map(({ value }) => value)), supply)
  assert.equal(hexToBigInt(field(169, 12)), supply, 'the header tells another supply')
  return supply
}

function checkReceipts(folder: string, { request, deposit, network }: DemoResult): void {
  const files = readdirSync(join(folder, 'receipts'))
  for (const prefix of [/^deployment/, /^Bl(ock|obs)Published-/, /^BlockFinalized-/, /^Claimed/, /^Deposited/]) {
    assert.ok(
      files.some((file) => prefix.test(file)),
      `no receipt of ${prefix}`,
    )
  }
  const found: string[] = []
  for (const file of files) {
    const { receipt } = JSON.parse(readFileSync(join(folder, 'receipts', file), 'utf8'))
    assert.equal(receipt.status, 'success', file)
    if (file !== 'Claimed.json' && file !== 'Deposited.json') continue
    for (const log of receipt.logs as { address: Hex; data: Hex; topics: [Hex, ...Hex[]] }[]) {
      if (log.address.toLowerCase() !== network.bridge) continue
      const { eventName, args } = decodeEventLog({ abi: ABI, data: log.data, topics: log.topics })
      const [to, amount] = eventName === 'Claimed' ? [request.recipient, request.net] : [deposit.to, deposit.gross]
      assert.deepEqual([(args.to satisfies Address).toLowerCase(), `${args.amount}`], [to, amount])
      found.push(eventName)
    }
  }
  assert.deepEqual(found.toSorted(), ['Claimed', 'Deposited'])
}

function checkSupply({ supply, request, deposit }: DemoResult, outputsOfBlock: ReadonlyMap<string, bigint>): void {
  assert.ok(supply.length >= 12, 'money is counted after each step')
  for (const { step, outputs, wttx, unconsumed, unminted, locked, total, finalBlock, finalHeight } of supply) {
    assert.equal(BigInt(outputs) + BigInt(wttx) + BigInt(unconsumed) + BigInt(unminted) + BigInt(locked), GENESIS, step)
    assert.equal(BigInt(total), GENESIS, step)
    assert.equal(BigInt(outputs), finalHeight === '0' ? GENESIS : outputsOfBlock.get(finalBlock), step)
  }
  const burned = supply.find(({ unconsumed }) => unconsumed === deposit.gross)
  assert.ok(burned, 'the burned money is nowhere between the two sides')
  const last = supply.at(-1)
  assert.ok(last)
  const gross = BigInt(request.gross)
  assert.equal(BigInt(request.net), gross - gross / 100n)
  assert.equal(BigInt(deposit.credit), BigInt(deposit.gross) - BigInt(deposit.gross) / 100n)
  assert.equal(BigInt(last.outputs), GENESIS - gross + BigInt(deposit.credit))
  assert.equal(BigInt(last.wttx), gross - BigInt(deposit.credit))
}

const TTX: Hex = `0x${'00'.repeat(21)}`

/** The records of groups by asset: kind and asset (21 bytes), how many they are (8), and the records. */
function records(bytes: Buffer, size: number): { readonly asset: Hex; readonly record: Hex }[] {
  const found: { asset: Hex; record: Hex }[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const asset = bytesToHex(bytes.subarray(offset, offset + 21))
    const count = Number(hexToBigInt(bytesToHex(bytes.subarray(offset + 21, offset + 29))))
    const end = offset + 29 + count * size
    found.push(...chunks(bytes.subarray(offset + 29, end), size).map((record) => ({ asset, record })))
    offset = end
  }
  return found
}

/** 256 bits, of which the first says which half of the tree the entry is in. */
function key(first: 0n | 1n, parts: readonly Hex[]): Hex {
  const bits = hexToBigInt(keccak256(concat(parts)))
  return numberToHex((bits & (2n ** 255n - 1n)) | (first << 255n), { size: 32 })
}

/** docs/protocol.md section 3, as it is written there. */
function treeRoot(entries: readonly Leaf[], depth: number): Hex {
  const [only] = entries
  if (only === undefined) return ZERO
  if (entries.length === 1) return keccak256(concat(['0x00', only.key, numberToHex(only.value, { size: 16 })]))
  const isRight = ({ key: path }: Leaf) => ((hexToBigInt(path) >> BigInt(255 - depth)) & 1n) === 1n
  const left = treeRoot(
    entries.filter((entry) => !isRight(entry)),
    depth + 1,
  )
  const right = treeRoot(entries.filter(isRight), depth + 1)
  return keccak256(concat(['0x01', left, right]))
}

/** docs/protocol.md section 5. */
function traceRoot(leaves: readonly Hex[]): Hex {
  if (leaves.length === 0) return ZERO
  let level = [...leaves]
  while ((level.length & (level.length - 1)) !== 0) level.push(ZERO)
  while (level.length > 1) {
    level = level.flatMap((left, i) => (i % 2 === 0 ? [keccak256(concat(['0x01', left, level[i + 1] ?? ZERO]))] : []))
  }
  return level[0] ?? ZERO
}

function chunks(bytes: Buffer, width: number): Hex[] {
  assert.equal(bytes.length % width, 0)
  return Array.from({ length: bytes.length / width }, (_, i) => bytesToHex(bytes.subarray(width * i, width * (i + 1))))
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n)
}

function statIfThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}
