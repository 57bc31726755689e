// The calls that are sent to the bridge: their bytes, their gas, and what goes with them. Long, since it is one list of calls.

import { decodeFunctionData, encodeFunctionData, type Hex, hexToBytes } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { type BlobHead, splitHead } from '../protocol/blob-block.ts'
import type { PublishedBlock } from '../protocol/block.ts'
import { formatHex } from '../protocol/bytes.ts'
import type { SealedHeader } from '../protocol/header.ts'
import { type Address, type BlockKey, type Hash, type Infohash, keyOf, ZERO_KEY } from '../protocol/ids.ts'
import type { Lane } from '../protocol/queue.ts'
import { ceilToGwei, costOfGas, type GasPrice, maxPrice, type Time, toGasPrice, type Wei } from '../protocol/units.ts'
import type { Sidecar } from './blobs/kzg-pool.ts'

export type BridgeCall = {
  /** For people. */
  readonly name: string
  /** Another contract than the bridge. */
  readonly to?: Address
  readonly data: Hex
  /** Limit, units. */
  readonly gas: bigint
  /** The call sends what this much gas costs at its greatest price, or at the floor if that is higher; zero: nothing. */
  readonly bondGas: bigint
  /** The floor counts this many times. Default 1. */
  readonly floors?: number
  /** In this many parts, each rounded up to a gwei. Default 1. */
  readonly bonds?: number
  /** It puts this many entries into a lane of the queue, and sends their surcharge along. */
  readonly queues?: { readonly lane: Lane; readonly entries: number }
  /** What a user wants by it: its success is remembered by that until the user was told, whatever its bytes (a permit is never signed twice alike). */
  readonly intent?: string
  /** Of 1 to 6 blobs, which go along in a blob transaction (EIP-4844). They are not kept on disk: whoever goes on with the call brings them again. */
  readonly sidecar?: Sidecar
}

/** What the contract compares to know its price of gas. */
export type CountedPrices = { readonly baseFee: GasPrice; readonly floorPrice: GasPrice }

/** A call that is tried out and not sent: of its blobs the contract sees the hashes, and nobody the rest. */
export type Trial = Omit<BridgeCall, 'sidecar'> & { readonly sidecar?: Pick<Sidecar, 'hashes'> }

/** A request in a final block, with what proves it: its number, its step, recipient and gross amount (base units), and the siblings of its leaf. */
export type ClaimProof = {
  readonly number: bigint
  readonly step: number
  readonly recipient: Address
  readonly gross: bigint
  readonly siblings: readonly Hash[]
}

/** An allowance that goes along (EIP-2612). */
export type Permit = { readonly deadline: Time; readonly v: number; readonly r: Hex; readonly s: Hex }

/** EIP-7825: what one transaction may use. */
export const TRANSACTION_GAS = 2n ** 24n
/** What the contract asks for as a bond, in gas at its price: the base fee, or the floor if that is higher. */
export const BOND_GAS = 20_000_000n
/** Of a block beside a live one: where gas is cheap, the fees that it can destroy are not. */
const RIVAL_BOND = { bondGas: 5n * BOND_GAS, floors: 5 }
/** What it asks for each forced transaction and for each of its bytes, likewise. */
const FORCE_GAS = 5_000n
/** And for what a contract enters. */
export const ENTER_GAS = 10_000n
const FORCE_BYTE_GAS = 64n
/** Expected, units: upper ends of what was measured. */
export const FINALIZE_GAS = 190_000n
/** Of a bond. */
export const RELEASE_GAS = 70_000n
export const WITHDRAW_GAS = 45_000n
/** Of wTTX, with a permit. */
const DEPOSIT_GAS = 130_000n
/** Of whatever goes into the queue, and of each entry. */
const QUEUE_GAS = 45_000n
const ENTRY_GAS = 32_000n
/** EIP-7623: a byte of calldata that is not zero costs at least this much. */
const CALLDATA_GAS = 40n
/** The same after the next fork (EIP-7976), and some more. */
const LATER_CALLDATA_GAS = 70n
const BARE_GAS = 21_000n
/** What a new word of storage, and a new account, cost more after the next fork (EIP-8037), and some more. */
const LATER_WORD_GAS = 85_000n
const LATER_ACCOUNT_GAS = 200_000n
/** Words that a publication writes first: two of its own and one of its parent; beside another block two more. */
const BLOCK_WORDS = 3
const RIVAL_WORDS = 5
/** Words of a lane, of an account with its permit, and of the supply, which somebody is the first to write. */
const SHARED_WORDS = 4
/** Of a blob, in a gas of its own that has a price of its own (EIP-4844). */
const BLOB_GAS = 131_072n
/** What the contract does with a byte of steps and states: calldata, event, hash. */
const BYTE_GAS = 26n
const STEP_GAS = 2_500n
const PUBLISH_GAS = 170_000n
/** The same of a block whose rows are in blobs, and what each queue entry and each request adds to that. */
const PUBLISH_BLOBS_GAS = 230_000n
const RECORD_GAS = 2_900n
/** What the contract does with a proof, beside the price of its bytes: one transaction is read and checked, and its entries are opened. */
const REFUTE_GAS = 400_000n
/** The precompile of EIP-4844 for one element of a blob, and what the contract does around it. */
const OPENING_GAS = 54_000n
/** What one element takes of a proof, at least. */
const OPENING_BYTES = 97n
/** An estimate may be this many times our own figure. */
const REASON = 4n
/** An eligibility walk is 128 blocks long at most, with two cold reads each. */
const WALK_GAS = 600_000n

/** What publishing is expected to use, units; `bytes` counts packed steps and states. */
export function publishGas(steps: number, bytes: number): bigint {
  return PUBLISH_GAS + stepsGas(steps, bytes)
}

/** What publishing a block whose rows are in blobs is expected to use, units, beside the gas of its blobs; `records` are queue entries and requests. */
export function publishBlobsGas(records: number): bigint {
  return PUBLISH_BLOBS_GAS + BigInt(records) * RECORD_GAS
}

/** Units of blob gas, all of which are paid for, at the price of the block. */
export function blobGas(blobs: number): bigint {
  return BigInt(blobs) * BLOB_GAS
}

/** What steps add to a block. */
function stepsGas(steps: number, bytes: number): bigint {
  const floor = BigInt(bytes) * CALLDATA_GAS
  const work = BigInt(steps) * STEP_GAS + BigInt(bytes) * BYTE_GAS
  return work > floor ? work : floor
}

/** The bond that `publish` asks for, of a rival and of any other block. */
export function bondOf(prices: CountedPrices, isRival = false): Wei {
  return isRival
    ? costOfGas(RIVAL_BOND.bondGas, countedPrice(prices, RIVAL_BOND.floors))
    : costOfGas(BOND_GAS, countedPrice(prices))
}

/** What the contract counts a unit of gas at: the base fee, or its floor, this many times, if that is higher. */
export function countedPrice({ baseFee, floorPrice }: CountedPrices, floors = 1): GasPrice {
  return maxPrice(baseFee, toGasPrice(BigInt(floors) * floorPrice))
}

/** What `force` asks for one transaction of this many bytes, packed, beside the surcharge of its lane: whole gwei, rounded up. */
export function forceFee(bytes: number, price: GasPrice): Wei {
  return ceilToGwei(costOfGas(forceGas(bytes), price))
}

function forceGas(bytes: number): bigint {
  return FORCE_GAS + FORCE_BYTE_GAS * BigInt(bytes)
}

/** A torrent of this infohash is not looked for. */
const NOWHERE = '0'.repeat(40) as Infohash

/**
 * `parent` is the sealed header of the parent, `beside` its latest live child, if the block is to be beside that on purpose, which only its miner's
 * account can do; `torrent` a hint for the swarm.
 */
export function publishCall(
  parent: Uint8Array,
  block: PublishedBlock & { readonly torrent?: Infohash | undefined },
  beside: BlockKey = ZERO_KEY,
): BridgeCall {
  const args = [hex(parent), publicationOf(block, beside), hex(block.steps), hex(block.states)] as const
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'publish', args })
  const gas = publishGas(block.sealed.header.stepCount, block.steps.length + block.states.length)
  return { name: 'publish', data, gas: limit(gas, data, wordsBeside(beside)), ...bondBeside(beside) }
}

/** The same of a block whose rows are in the blobs of `sidecar`, which may be their hashes alone where the call is only tried out. */
export function publishBlobsCall<Blobs extends Pick<Sidecar, 'hashes'>>(
  parent: Uint8Array,
  block: BlobHead & { readonly sealed: SealedHeader; readonly torrent?: Infohash | undefined },
  sidecar: Blobs,
  beside: BlockKey = ZERO_KEY,
): Omit<BridgeCall, 'sidecar'> & { readonly sidecar: Blobs } {
  const { header } = block.sealed
  const head = {
    stepCount: header.stepCount,
    growth: header.growth & 0xffff,
    state: header.state,
    entries: hex(block.entries),
    requests: hex(block.requests),
  }
  const args = [hex(parent), publicationOf(block, beside), head] as const
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'publishBlobs', args })
  const records = splitHead(block)
  const gas = publishBlobsGas(records.entries.length + records.requests.length)
  return { name: 'publishBlobs', data, gas: limit(gas, data, wordsBeside(beside)), ...bondBeside(beside), sidecar }
}

export function nominateCall(parent: Hash, block: Hash): BridgeCall {
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'nominate', args: [keyOf(parent), keyOf(block)] })
  return { name: 'nominate', data, gas: limit(100_000n + 2n * WALK_GAS), bondGas: 0n }
}

export function finalizeCall(sealed: Uint8Array): BridgeCall {
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'finalize', args: [hex(sealed)] })
  return { name: 'finalize', data, gas: limit(FINALIZE_GAS + WALK_GAS), bondGas: 0n }
}

/** What refuting uses at most, units, as far as the proof tells: no endpoint is needed to know it. */
export function refuteGas(data: Hex): bigint {
  return REFUTE_GAS + (BigInt(data.length - 2) / 2n) * CALLDATA_GAS + OPENING_GAS * openingsIn(data)
}

/** Elements of blobs that a refutation opens, or one or two more; none where the rows are in calldata. */
function openingsIn(data: Hex): bigint {
  const { functionName, args } = decodeFunctionData({ abi: bridgeAbi, data })
  if (functionName !== 'refute') throw new RangeError(`expected a call of refute, got ${functionName}`)
  const [, , { hashes, opening }] = args
  return hashes.length === 0 ? 0n : BigInt(opening.length - 2) / 2n / OPENING_BYTES
}

/**
 * `data` is the call, `estimate` the most that an endpoint expects it to use: it counts where it is above our own, since the price of gas in Ethereum
 * may change, but not beyond reason, since an account has to have coins for all of its limit.
 */
export function refuteCall(data: Hex, estimate = 0n): BridgeCall {
  const own = refuteGas(data)
  const most = REASON * own
  const gas = estimate < own ? own : estimate < most ? estimate : most
  return { name: 'refute', data, gas: limit(gas), bondGas: 0n }
}

/** All of one block, whose sealed header the claims carry. */
export function claimCall(sealed: Uint8Array, claims: readonly ClaimProof[]): BridgeCall {
  const requests = claims.map(({ number, step, recipient, gross, siblings }) => {
    return { number, step, to: recipient, amount: gross, siblings }
  })
  const args = [hex(sealed), requests] as const
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'claimMany', args })
  const gas = limit(claimGas(claims.length, data), data, claims.length + SHARED_WORDS)
  return { name: 'claimMany', data, gas, bondGas: 0n }
}

export function withdrawBondCall(sealed: Uint8Array): BridgeCall {
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'withdrawBond', args: [hex(sealed)] })
  return { name: 'withdrawBond', data, gas: limit(RELEASE_GAS, data, 1), bondGas: 0n }
}

/** Sends an account what it is owed; anybody's account may send the call. */
export function withdrawCall(account: Address): BridgeCall {
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'withdraw', args: [account] })
  return { name: 'withdraw', data, gas: limit(WITHDRAW_GAS) + LATER_ACCOUNT_GAS, bondGas: 0n }
}

/** `amount` of wTTX, base units, is burned for `to`. */
export function depositCall(amount: bigint, to: Address, { deadline, v, r, s }: Permit): BridgeCall {
  const args = [amount, to, deadline, v, r, s] as const
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'depositWithPermit', args })
  const gas = limit(DEPOSIT_GAS, data, SHARED_WORDS + 1)
  return { name: 'deposit', data, gas, bondGas: 0n, queues: { lane: 'deposits', entries: 1 } }
}

/** `amount` units of the asset that is the caller are credited to `to`. */
export function enterCall(amount: bigint, to: Address): BridgeCall {
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'enter', args: [amount, to] })
  const queues = { lane: 'assets', entries: 1 } as const
  return { name: 'enter', data, gas: limit(QUEUE_GAS + ENTRY_GAS, data, 2), bondGas: ENTER_GAS, bonds: 1, queues }
}

/** Packed transactions, one at least; each pays the miner that has to include it. */
export function forceCall(packed: readonly Uint8Array[]): BridgeCall {
  if (packed.length === 0) throw new RangeError('expected a transaction to force, got none')
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args: [packed.map(hex)] })
  const gas = forceCallGas(packed.length, data)
  const bondGas = packed.reduce((sum, each) => sum + forceGas(each.length), 0n)
  const queues = { lane: 'forced', entries: packed.length } as const
  return { name: 'force', data, gas: limit(gas, data, packed.length + 1), bondGas, bonds: packed.length, queues }
}

/**
 * Units at whose price a surcharge is refused: what the call may use at today's prices of storage, whatever goes with it for those to come. 0 where
 * none is due.
 */
export function mostSurchargeGas({ data, queues }: Pick<BridgeCall, 'data' | 'queues'>): bigint {
  if (queues === undefined) return 0n
  return queues.lane === 'deposits' ? limit(DEPOSIT_GAS) : limit(forceCallGas(queues.entries, data), data)
}

function forceCallGas(entries: number, data: Hex): bigint {
  return QUEUE_GAS + BigInt(entries) * ENTRY_GAS + (BigInt(data.length - 2) / 2n) * CALLDATA_GAS
}

/** What a call of `forceCall` puts into the queue. */
export function forcedBy({ data }: Pick<BridgeCall, 'data'>): readonly Uint8Array[] {
  const { functionName, args } = decodeFunctionData({ abi: bridgeAbi, data })
  if (functionName !== 'force') throw new RangeError(`expected a call of force, got ${functionName}`)
  return args[0].map((packed) => hexToBytes(packed))
}

/** Expected, units: a new holder for each, and 16 for each byte of calldata. */
export function claimGas(claims: number, data: Hex): bigint {
  return 60_000n + 31_000n * BigInt(claims) + 8n * BigInt(data.length)
}

/**
 * Half as much again, and no less than what a call with this data costs at least once a byte of it is dearer, and what `words` new words of storage
 * will cost more: what is not used is not paid, and a call below the least is taken by no node.
 */
export function limit(gas: bigint, data?: Hex, words = 0): bigint {
  const bytes = data === undefined ? 0n : BigInt(data.length - 2) / 2n
  const wide = (gas * 3n) / 2n
  const dear = BARE_GAS + bytes * LATER_CALLDATA_GAS
  const most = (wide > dear ? wide : dear) + BigInt(words) * LATER_WORD_GAS
  return most < TRANSACTION_GAS ? most : TRANSACTION_GAS
}

function wordsBeside(beside: BlockKey): number {
  return beside === ZERO_KEY ? BLOCK_WORDS : RIVAL_WORDS
}

function publicationOf(
  { sealed, torrent = NOWHERE }: { readonly sealed: SealedHeader; readonly torrent?: Infohash | undefined },
  beside: BlockKey,
) {
  const { header, seal } = sealed
  return { target: header.target, torrent: `0x${torrent}`, miner: seal.miner, nonce: seal.nonce, beside } as const
}

function bondBeside(beside: BlockKey): Pick<BridgeCall, 'bondGas' | 'floors'> {
  return beside === ZERO_KEY ? { bondGas: BOND_GAS } : RIVAL_BOND
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
