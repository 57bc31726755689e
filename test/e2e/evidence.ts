// Checks the evidence of a demo with other code than that which made it: create-torrent, canonicalize, viem, rust-eth-kzg and a plain tree. Long, since it
// goes through one folder from its first file to its last.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
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
  sliceHex,
} from 'viem'
import { checkBlobs } from './blob-evidence.ts'
import { checkOffer, checkTransaction } from './signed-forms.ts'

const GENESIS = 10n ** 27n
/** 1,000 GOLD of three decimals. */
const ISSUED = 1_000_000n
const ZERO: Hex = `0x${'00'.repeat(32)}`
const ABI = parseAbi([
  'event Claimed(bytes32 indexed block, uint256 indexed number, address indexed to, uint256 amount)',
  'event Deposited(uint256 indexed index, address indexed from, address indexed to, uint256 amount, uint40 time)',
])

type Output = { readonly asset: Hex; readonly infohash: string; readonly owner: Hex; readonly value: bigint }
/** An asset is named with 0x if it came from Ethereum. */
type Asked = { readonly step: number; readonly asset?: string; readonly to: Hex; readonly tokens: string }
type Leaf = { readonly key: Hex; readonly value: bigint }
/** What `result.json` says, as far as it is used here; amounts are decimal strings. */
export type DemoResult = {
  readonly network: { readonly chain: string; readonly bridge: Hex; readonly token: Hex }
  readonly addresses: { readonly genesis: Hex; readonly alice: Hex; readonly bob: Hex; readonly carol: Hex }
  readonly transactions: readonly { readonly name: string; readonly infohash: string; readonly tokens: string }[]
  readonly blocks: readonly { readonly id: Hex; readonly height: string; readonly torrent: string }[]
  readonly request: { readonly infohash: string; readonly gross: string; readonly net: string; readonly recipient: Hex }
  readonly deposit: { readonly infohash: string; readonly gross: string; readonly credit: string; readonly to: Hex }
  readonly assets: {
    readonly token: Hex
    readonly gateway: Hex
    readonly issued: string
    readonly deposit: { readonly credit: string; readonly to: Hex }
    readonly offer: { readonly id: string; readonly file: string }
    readonly request: { readonly gross: string; readonly net: string; readonly recipient: Hex }
  }
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
    readonly token: {
      readonly held: string
      readonly outputs: string
      readonly unconsumed: string
      readonly unpaid: string
      readonly owed: string
    }
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
  await checkTaken(folder, result)
  const outputsOfBlock = new Map<string, Sums>()
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
  checkAssets(result, outputsOfBlock)
}

/** The index lists each file but itself, and nothing else. */
function checkIndex(folder: string, entries: readonly { file: string; about: string }[]): void {
  const there = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  assert.deepEqual(there.filter((file) => file !== 'index.json').toSorted(), entries.map(({ file }) => file).toSorted())
  for (const { about } of entries) assert.ok(about.length > 10)
}

async function checkTorrent(
  torrent: Buffer,
  folder: string,
  name: string,
  pieceLength: number,
  infohash: string,
): Promise<void> {
  assert.equal((await parseTorrent(torrent)).infoHash, infohash)
  const made = await torrentOf(folder, name, pieceLength)
  assert.equal((await parseTorrent(made)).infoHash, infohash, `create-torrent makes another torrent of ${folder}`)
}

async function torrentOf(folder: string, name: string, pieceLength: number): Promise<Buffer> {
  const made = await new Promise<Uint8Array>((resolve, reject) => {
    createTorrent(folder, { name, pieceLength, announceList: [], createdBy: '', comment: '' }, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    )
  })
  return Buffer.from(made)
}

/** Header, work, trace and snapshot; answers the sum of all outputs of each asset. */
function checkBlock(id: Hex, read: (file: string) => Buffer): Sums {
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

  const asked: readonly Asked[] = JSON.parse(read('block/requests.json').toString())
  assert.equal(hexToBigInt(field(209, 4)), BigInt(asked.length))
  assert.equal(traceRoot(asked.map(requestLeaf)), field(213, 32), 'the requests are not what the header commits to')

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
  return new Map(
    [...Map.groupBy(outputs, ({ asset }) => asset)].map(([asset, own]) => [asset, sum(own.map(({ value }) => value))]),
  )
}

/** The offer is a torrent of its own, by which it is named, and the take of it is among the transactions. */
async function checkTaken(folder: string, { assets: { offer }, addresses, transactions }: DemoResult): Promise<void> {
  const file = readFileSync(join(folder, 'offers', offer.id, 'tx.json'))
  assert.equal(file.toString('utf8'), offer.file)
  assert.equal((await checkOffer(file)).from, addresses.carol)
  const torrent = await torrentOf(join(folder, 'offers', offer.id), 'tx', 16_384)
  assert.equal((await parseTorrent(torrent)).infoHash, offer.id)
  const takes = transactions
    .map(({ infohash }) => JSON.parse(readFileSync(join(folder, 'transactions', infohash, 'tx.json'), 'utf8')))
    .filter((tx) => tx.offer !== undefined)
  assert.deepEqual(
    takes.map((tx) => [tx.from, tx.offer]),
    [[addresses.bob, JSON.parse(offer.file)]],
  )
}

function checkReceipts(folder: string, { request, deposit, network }: DemoResult): void {
  const files = readdirSync(join(folder, 'receipts'))
  for (const prefix of [
    /^deployment/,
    /^Bl(ock|obs)Published-/,
    /^BlockFinalized-/,
    /^Claimed/,
    /^Deposited/,
    /^Entered/,
    /^GatewayDeposited/,
    /^GatewayClaimed/,
  ]) {
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

function checkSupply({ supply, request, deposit }: DemoResult, outputsOfBlock: ReadonlyMap<string, Sums>): void {
  assert.ok(supply.length >= 12, 'money is counted after each step')
  for (const { step, outputs, wttx, unconsumed, unminted, locked, total, finalBlock, finalHeight } of supply) {
    assert.equal(BigInt(outputs) + BigInt(wttx) + BigInt(unconsumed) + BigInt(unminted) + BigInt(locked), GENESIS, step)
    assert.equal(BigInt(total), GENESIS, step)
    assert.equal(BigInt(outputs), finalHeight === '0' ? GENESIS : outputsOfBlock.get(finalBlock)?.get(TTX), step)
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

/** What the gateway holds is what is on the TTX side, waits, is not paid yet, or is owed to a miner; of what was issued there is always all. */
function checkAssets({ supply, assets }: DemoResult, outputsOfBlock: ReadonlyMap<string, Sums>): void {
  const [gateway, issued]: Hex[] = [concat(['0x02', assets.gateway]), `0x03${assets.issued}`]
  for (const { step, token, finalBlock } of supply) {
    const { held, outputs, unconsumed, unpaid, owed } = token
    assert.equal(BigInt(held), BigInt(outputs) + BigInt(unconsumed) + BigInt(unpaid) + BigInt(owed), step)
    assert.equal(BigInt(outputs), outputsOfBlock.get(finalBlock)?.get(gateway ?? '0x') ?? 0n, step)
  }
  const { deposit, request } = assets
  const [credit, gross, last] = [BigInt(deposit.credit), BigInt(request.gross), supply.at(-1)?.token]
  assert.ok(supply.some(({ token }) => BigInt(token.unconsumed) === credit))
  assert.ok(supply.some(({ token }) => BigInt(token.unpaid) === gross))
  assert.equal(BigInt(request.net), gross - gross / 100n)
  assert.deepEqual([last?.outputs, last?.owed], [`${credit - gross}`, `${gross / 100n}`])
  for (const sums of outputsOfBlock.values()) assert.equal(sums.get(issued ?? '0x'), ISSUED)
}

type Sums = ReadonlyMap<Hex, bigint>

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

/** docs/protocol.md section 5.1. */
function requestLeaf({ step, asset, to, tokens }: Asked): Hex {
  const named: Hex = asset === undefined ? TTX : asset.startsWith('0x') ? `0x02${asset.slice(2)}` : `0x03${asset}`
  const what = [numberToHex(step, { size: 4 }), named, to, numberToHex(BigInt(tokens), { size: 16 })]
  return keccak256(concat(['0x00', ...what]))
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
