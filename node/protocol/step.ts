// Packed steps: what a bridging block does, one after another (docs/protocol.md section 4).

import { concat, decodeUint, encodeUint } from './bytes.ts'
import { type Hash, toAddress, toBytes, toHash } from './ids.ts'
import { packedSizeAt } from './packed.ts'
import {
  type DepositEntry,
  type EnteredEntry,
  entryHash,
  forcedHash,
  LANES,
  type Lane,
  type LanePoints,
  nextQueueHash,
  type QueuePlace,
} from './queue.ts'
import { RuleError } from './rule-error.ts'
import { type Gwei, toGwei } from './units.ts'

/**
 * What a step of each kind says. When a kind is added, the compiler names each place that has to know it: the table below, and every
 * switch over kinds, since none of them has a default.
 */
type Contents = {
  /** wTTX was burned on Ethereum. */
  readonly deposit: { readonly entry: DepositEntry }
  /** A forced transaction that takes effect. */
  readonly applied: { readonly fee: Gwei; readonly packed: Uint8Array }
  /** A forced transaction without effect, since it is invalid here. */
  readonly void: { readonly fee: Gwei; readonly packedHash: Hash }
  /** A transaction that the miner chose. */
  readonly transaction: { readonly packed: Uint8Array }
  /** A contract on Ethereum entered some of its own asset. */
  readonly entered: { readonly entry: EnteredEntry }
}

export type StepKind = keyof Contents
export type Step<Kind extends StepKind = StepKind> = { [K in Kind]: { readonly kind: K } & Contents[K] }[Kind]

type KindRules<Kind extends StepKind> = {
  /** The first byte of the step. */
  readonly code: number
  /** Bytes of the step at `offset`, its first one included, or 0 if what is there has no shape. It may end behind `steps`. */
  readonly sizeAt: (steps: Uint8Array, offset: number) => number
  /** The first byte included, and of bytes that have a shape. */
  readonly decode: (bytes: Uint8Array) => Step<Kind>
  /** What follows the first byte. */
  readonly encode: (step: Step<Kind>) => Uint8Array
  /** The lane of the queue of which the step consumes an entry, if it does. */
  readonly lane: Lane | undefined
  /** The hash of that entry. */
  readonly entryHash: (step: Step<Kind>) => Hash | undefined
  /** What came with that entry. */
  readonly queueFee: (step: Step<Kind>) => Gwei
  /** The packed transaction that takes effect by the step, if one does. */
  readonly transaction: (step: Step<Kind>) => Uint8Array | undefined
}

const KINDS: { readonly [Kind in StepKind]: KindRules<Kind> } = {
  deposit: {
    code: 1,
    lane: 'deposits',
    sizeAt: () => 37,
    decode: (bytes) => {
      const [gross, to] = [decodeUint(bytes.subarray(1, 17)), toAddress(bytes.subarray(17))]
      return { kind: 'deposit', entry: { kind: 'deposit', gross, to } }
    },
    encode: ({ entry }) => concat(encodeUint(entry.gross, 16), toBytes(entry.to)),
    entryHash: ({ entry }) => entryHash(entry),
    queueFee: () => toGwei(0n),
    transaction: () => undefined,
  },
  applied: {
    code: 2,
    lane: 'forced',
    sizeAt: (steps, offset) => sizeWith(9, packedSizeAt(steps, offset + 9)),
    decode: (bytes) => ({ kind: 'applied', fee: feeIn(bytes), packed: bytes.slice(9) }),
    encode: ({ fee, packed }) => concat(encodeUint(fee, 8), packed),
    entryHash: ({ fee, packed }) => entryHash({ kind: 'forced', fee, packed }),
    queueFee: ({ fee }) => fee,
    transaction: ({ packed }) => packed,
  },
  void: {
    code: 3,
    lane: 'forced',
    sizeAt: () => 41,
    decode: (bytes) => ({ kind: 'void', fee: feeIn(bytes), packedHash: toHash(bytes.subarray(9)) }),
    encode: ({ fee, packedHash }) => concat(encodeUint(fee, 8), toBytes(packedHash)),
    entryHash: ({ fee, packedHash }) => forcedHash(fee, toBytes(packedHash)),
    queueFee: ({ fee }) => fee,
    transaction: () => undefined,
  },
  transaction: {
    code: 4,
    lane: undefined,
    sizeAt: (steps, offset) => sizeWith(1, packedSizeAt(steps, offset + 1)),
    decode: (bytes) => ({ kind: 'transaction', packed: bytes.slice(1) }),
    encode: ({ packed }) => packed,
    entryHash: () => undefined,
    queueFee: () => toGwei(0n),
    transaction: ({ packed }) => packed,
  },
  entered: {
    code: 5,
    lane: 'assets',
    sizeAt: () => 65,
    decode: (bytes) => {
      const [amount, to] = [decodeUint(bytes.subarray(9, 25)), toAddress(bytes.subarray(25, 45))]
      const asset = toAddress(bytes.subarray(45))
      return { kind: 'entered', entry: { kind: 'entered', fee: feeIn(bytes), amount, to, asset } }
    },
    encode: ({ entry: { fee, amount, to, asset } }) =>
      concat(encodeUint(fee, 8), encodeUint(amount, 16), toBytes(to), toBytes(asset)),
    entryHash: ({ entry }) => entryHash(entry),
    queueFee: ({ entry }) => entry.fee,
    transaction: () => undefined,
  },
}
const BY_CODE = new Map(Object.values(KINDS).map((rules) => [rules.code, rules]))

/** Bytes of the step that begins at `offset`, or 0 if what is there has no shape. */
export function stepSizeAt(steps: Uint8Array, offset: number): number {
  const size = BY_CODE.get(steps[offset] ?? 0)?.sizeAt(steps, offset) ?? 0
  return offset + size <= steps.length ? size : 0
}

export function encodeStep<Kind extends StepKind>(step: Step<Kind>): Uint8Array {
  const rules = rulesOf(step)
  return concat(Uint8Array.of(rules.code), rules.encode(step))
}

/** Total: `undefined` if `bytes` is not exactly one step with a shape. */
export function decodeStep(bytes: Uint8Array): Step | undefined {
  if (bytes.length === 0 || stepSizeAt(bytes, 0) !== bytes.length) return undefined
  return BY_CODE.get(bytes[0] ?? 0)?.decode(bytes)
}

/** Cuts the posted steps of a block apart. Throws `RuleError('bad-steps')` where one has no shape. */
export function splitSteps(steps: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let offset = 0; offset < steps.length; ) {
    const size = stepSizeAt(steps, offset)
    if (size === 0) throw new RuleError('bad-steps', `step ${parts.length} at byte ${offset} has no shape`, { offset })
    parts.push(steps.slice(offset, offset + size))
    offset += size
  }
  return parts
}

/**
 * Where the lanes are after a block of these steps, and which entry each of the first of them consumes: those that come from the queue
 * are the first, lane by lane. What comes later, or too late for its lane, consumes nothing.
 */
export function readLanes(
  before: LanePoints,
  steps: readonly Uint8Array[],
): { readonly lanes: LanePoints; readonly places: readonly QueuePlace[] } {
  const lanes = { ...before }
  const places: QueuePlace[] = []
  for (const bytes of steps) {
    const step = decodeStep(bytes)
    const [lane, entry] = [step && laneOfStep(step), step && stepEntryHash(step)]
    const last = places.at(-1)
    if (lane === undefined || entry === undefined) break
    if (last !== undefined && LANES.indexOf(lane) < LANES.indexOf(last.lane)) break
    const { count, hash } = lanes[lane]
    places.push({ lane, index: count })
    lanes[lane] = { count: count + 1n, hash: nextQueueHash(hash, entry) }
  }
  return { lanes, places }
}

/** What `applyStep` wants of each step of a block: the number of the entry that it consumes in its lane, 0 if it consumes none. */
export function queueIndexes(before: LanePoints, steps: readonly Uint8Array[]): bigint[] {
  const { places } = readLanes(before, steps)
  return steps.map((_, i) => places[i]?.index ?? 0n)
}

/** Entry hash of a step that comes from the queue; `undefined` for a plain transaction. */
export function stepEntryHash<Kind extends StepKind>(step: Step<Kind>): Hash | undefined {
  return rulesOf(step).entryHash(step)
}

/** The lane of the queue of which a step consumes an entry; `undefined` for a plain transaction. */
export function laneOfStep<Kind extends StepKind>(step: Step<Kind>): Lane | undefined {
  return rulesOf(step).lane
}

/** What came with the queue entry of a step. */
export function queueFeeOf<Kind extends StepKind>(step: Step<Kind>): Gwei {
  return rulesOf(step).queueFee(step)
}

/** The packed transaction that takes effect by a step; undefined for deposits, and for forced transactions without effect. */
export function transactionIn<Kind extends StepKind>(step: Step<Kind>): Uint8Array | undefined {
  return rulesOf(step).transaction(step)
}

/** Of a forced transaction, with or without effect, and of what was entered. */
function feeIn(bytes: Uint8Array): Gwei {
  return toGwei(decodeUint(bytes.subarray(1, 9)))
}

function rulesOf<Kind extends StepKind>(step: Step<Kind>): KindRules<Kind> {
  return KINDS[step.kind]
}

function sizeWith(before: number, packed: number): number {
  return packed === 0 ? 0 : before + packed
}
