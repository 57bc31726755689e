// What the custom errors of the bridge and of gateways mean for the caller.

import {
  type Abi,
  BaseError,
  decodeErrorResult,
  encodeErrorResult,
  type Hex,
  InvalidParamsRpcError,
  isHex,
  parseAbi,
} from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { gatewayAbi } from '../../deployments/gateway-abi.ts'
import { gatewayFactoryAbi } from '../../deployments/gateway-factory-abi.ts'
import { isOperationError, OperationError } from '../errors.ts'
import { REFUSED_BLOCKS } from '../protocol/problems.ts'

type BridgeErrorName = Extract<(typeof bridgeAbi)[number], { type: 'error' }>['name']

type Meaning = { readonly retry?: true; readonly text: string }
type Meanings = Readonly<Partial<Record<string, Meaning>>>

/** What the contract says of a transaction without blobs. */
const NO_BLOBS = encodeErrorResult({ abi: parseAbi(['error BadBlobs(uint256)']), args: [0n] })

/** `retry`: it may pass later as it is. */
const MEANINGS: Partial<Record<BridgeErrorName, Meaning>> = {
  UnknownBlock: {
    retry: true,
    text: 'the parent was never published, or Ethereum has dropped it again: look at the tip again',
  },
  AlreadyPublished: { text: 'this very block is on Ethereum already' },
  BlockIsRefuted: { text: 'the block, or the one it builds on, was refuted: build on another one' },
  StaleParent: { text: 'another block became final beside the parent: build on the new final block' },
  OldParent: { text: 'the parent is older than 14 days and not final: finalize it, or build on the final block' },
  BadBlobs: { text: 'the transaction has other blobs than a block needs, which are 1 to 6' },
  NoOpener: {
    text: 'nothing can be proved about blobs on the chain of the endpoint (EIP-4844, precompile 0x0a): post the rows in calldata, --rows calldata',
  },
  BadStepCount: { text: 'a block in blobs has 1 to 3,500 steps, and not fewer than it consumes of the queue' },
  BadRequests: { text: 'a block in blobs has at most 500 requests, and not more than steps' },
  TooMuchGrowth: { text: 'the block makes the state larger than is allowed: assemble it again with fewer new outputs' },
  OtherBlobs: { text: 'the proof has the hashes of other blobs than the block' },
  BadOpening: {
    text: 'an element of a blob is not what the proof says, too little gas was left to ask, or the chain of the endpoint lacks the precompile for it (EIP-4844, 0x0a)',
  },
  NotNeeded: { text: 'the proof has something that is not needed' },
  TooFarAhead: { retry: true, text: 'the parent is 128 blocks above the final one: finalize first' },
  RaceClosed: { text: 'the first child of the parent is 12 hours old: build on it' },
  SiblingExists: { text: 'somebody else published on this parent: build on their block' },
  NotMiner: { text: 'beside a live block only the account that it pays can publish one: publish from that' },
  SameSecond: { retry: true, text: 'the block beside it came in the same second: send it once more' },
  RivalWorkDiffers: { text: 'a rival needs exactly the work of the first child: state its target' },
  TargetOutOfRange: { retry: true, text: 'the stated target is not allowed at this moment; it eases with time' },
  InsufficientWork: { text: 'the nonce does not reach the stated target' },
  BondTooSmall: {
    retry: true,
    text: 'the base fee has outgrown the bond, or it is that of a rival: send it again with a greater one',
  },
  QueueMismatch: { text: 'the queue on Ethereum is another one than the block consumes: assemble it again' },
  QueueOverrun: { text: 'the block consumes more of the queue than there is: assemble it again' },
  QueueIgnored: { text: 'an entry of the queue has waited for an hour and is not in the block: assemble it again' },
  NotEligible: { text: 'the block cannot win this race' },
  NotHeavier: { text: 'the slot holds a block that is at least as heavy' },
  NotChildOfFinal: { text: 'it is not a child of the final block: most likely somebody has finalized it already' },
  TooEarly: { retry: true, text: 'its time has not come yet' },
  NominationNeeded: { retry: true, text: 'a block has to be nominated first' },
  NotOnNominatedBranch: { text: 'the nominated branch goes through another block' },
  NotFinal: { retry: true, text: 'the block is not final yet' },
  AlreadyClaimed: { text: 'the request was paid already' },
  BadProof: { text: 'the proof does not belong to this block' },
  AlreadyFinal: { text: 'the block is final: it is too late to refute it' },
  StepIsRight: { text: 'the step is right, so there is nothing to refute' },
  NotParent: { text: 'the header that was given is not that of the parent' },
  NotForced: { text: 'the transaction that was given is not the one of this void step' },
  NoSuchStep: { text: 'the block has fewer steps' },
  NoBond: { text: 'the bond was withdrawn already' },
  RaceOpen: { retry: true, text: 'the race of this block is not decided yet' },
  BondForfeited: { text: 'the block was a rival of one that nobody has proved wrong: its bond is burned' },
  NothingOwed: { text: 'there is nothing to withdraw' },
  BelowMinimum: {
    text: 'less is not moved, because its claim would cost more: send at least the second number of base units',
  },
  BadRecipient: { text: 'nobody could spend what is sent there: give an address that somebody has the key of' },
  MalformedTransaction: { text: 'what was to be forced is not a packed transaction' },
  FeeTooSmall: {
    retry: true,
    text: 'the base fee has outgrown the fee, or the lane has filled: send it again with a greater one',
  },
  TransferFailed: { text: 'the account does not accept coins' },
}

/** What gateways and their factory refuse themselves; what the bridge refuses of theirs means what it means of others. */
const GATEWAY_MEANINGS: Meanings = {
  AboveMaximum: { text: 'the gateway can have at most 2^128 - 1 units outside, and that would be more: deposit less' },
  AlreadyClaimed: { text: 'the gateway has paid this request already' },
  BadRecipient: {
    text: 'neither the gateway nor its token can own units: give an address that somebody has the key of',
  },
  BadToken: { text: 'what is at this address is not a token that a gateway can hold: check the address' },
  NothingOwed: { text: 'there is nothing to withdraw' },
  SupplyExceeded: {
    retry: true,
    text: 'the gateway has paid out all that was entered: a wrong block became final, or the bridge is not its own',
  },
  TooLittleGas: { retry: true, text: 'too little gas for the payments was left: claim fewer at once' },
  TransferFailed: {
    retry: true,
    text: 'the token moves nothing for this account: it may be paused, or refuse the account, or there is too little of it or too small an allowance',
  },
}
/** Characters that are told of a reason. */
const MOST_REASON = 200
const GATEWAY_ERRORS: Abi = [...gatewayAbi, ...gatewayFactoryAbi, ...bridgeAbi]

/**
 * The refusal behind a failed simulation of a call to the bridge, or with `isElsewhere` to a gateway or what belongs to it: an `OperationError` with the code `bridge-refused` and the name of the contract's
 * error as its fact `error`, or `call-reverted` where it gave no reason. `undefined` if the error is of another kind.
 */
export function readRefusal(call: string, error: unknown, isElsewhere = false): OperationError | undefined {
  const { cause } = error instanceof OperationError ? error : { cause: error }
  const data = revertData(cause)
  if (data === undefined) {
    if (!(cause instanceof BaseError) || !/revert|out of gas|gas required exceeds/i.test(cause.message))
      return undefined
    return new OperationError('call-reverted', `${call} would fail without a reason: ${cause.shortMessage}`, {
      facts: { call },
      cause,
    })
  }
  try {
    const { errorName, args = [] } = decodeErrorResult({ abi: isElsewhere ? GATEWAY_ERRORS : (bridgeAbi as Abi), data })
    const values = args.map(String)
    // Of whatever contract: the words of a stranger.
    if (isElsewhere && /^(Error|Panic)$/.test(errorName)) {
      const reason = JSON.stringify(values.join().slice(0, MOST_REASON))
      const text = `${call} would be refused by the contract that it goes to, which gives as its reason ${reason}; a token may be paused, or refuse the account`
      return new OperationError('call-reverted', text, { facts: { call }, cause })
    }
    const ofGateway = isElsewhere ? GATEWAY_MEANINGS[errorName] : undefined
    const ofBridge: Meanings = MEANINGS
    const meaning = ofGateway ?? ofBridge[errorName]
    const facts = { call, error: errorName, values }
    const text = `${call} would be refused by the ${ofGateway ? 'gateway' : 'bridge'} with ${errorName}(${values.join(', ')}): ${meaning?.text ?? describeRefused(errorName) ?? 'a bug of this program, please report it'}`
    return new OperationError('bridge-refused', text, { facts, retry: meaning?.retry ?? false, cause })
  } catch {
    const text = `${call} would fail with an error that this version does not know: ${data.slice(0, 74)}`
    return new OperationError('call-reverted', text, { facts: { call, data: data.slice(0, 74) }, cause })
  }
}

/** What the bridge has against the content of a block, in words; `undefined` for any other error of it. */
export function describeRefused(errorName: string): string | undefined {
  const words: Readonly<Partial<Record<string, string>>> = REFUSED_BLOCKS
  return words[errorName]
}

/** Whether a refusal is this error of the contract. */
export function isRefusal(error: unknown, ...names: readonly BridgeErrorName[]): boolean {
  return isOperationError(error, 'bridge-refused') && names.some((name) => error.facts.error === name)
}

/** Whether it is any refusal of the contract, as opposed to trouble on the way to it. */
export function isAnyRefusal(error: unknown): error is OperationError {
  return error instanceof OperationError && (error.code === 'bridge-refused' || error.code === 'call-reverted')
}

/** The name of the contract's error, or the code of any other failure: what tells one from another in a log. */
export function refusalName(error: OperationError): string {
  return isOperationError(error, 'bridge-refused') ? error.facts.error : error.code
}

/** An endpoint refused a transaction because it has it. */
export function isKnownAlready(error: OperationError): boolean {
  return /already ?(known|imported|exists|in (the )?(pool|mempool))|known ?transaction|existing tx with same hash|transaction_?already|duplicate transaction/i.test(
    wordsOf(error),
  )
}

/** An endpoint refused a transaction because its nonce belongs to another one. */
export function isNonceTaken(error: OperationError): boolean {
  return /nonce(_| is)? ?too_? ?low|OldNonce|NONCE_EXPIRED|nonce has already been used|replacement[ _]?transaction[ _]?underpriced|transaction_replacement_underpriced|replacement fee too low|ReplacementNotAllowed|could not replace existing tx/i.test(
    wordsOf(error),
  )
}

/** An endpoint refused a blob transaction because it holds others of the account, or one of these because it holds blob transactions. */
export function isOtherKindPending(error: OperationError): boolean {
  return /address already reserved|type \S+ conflicts with existing transaction|transaction type conflict|PendingTxsOfConflictingType/i.test(
    wordsOf(error),
  )
}

/** An endpoint refused to try out a call with blobs, or did so without showing them to the contract: that says nothing about the call. */
export function isBlindToBlobs(error: OperationError): boolean {
  const { cause } = error
  const data = revertData(cause)
  if (data !== undefined) return data.toLowerCase() === NO_BLOBS
  return cause instanceof BaseError && cause.walk((inner) => inner instanceof InvalidParamsRpcError) !== null
}

/**
 * An endpoint refused a transaction for what it is, in words that leave no doubt. Whatever else it says (of nonces, money and prices, an error of
 * its own, a proxy's page, words that we do not know) may come with a transaction that it, or another machine behind it, has accepted.
 */
export function isRefusedForGood(error: OperationError): boolean {
  return /intrinsic ?gas|gas ?limit ?(exceeded|too high)|exceeds (block|the).{0,12}gas|(invalid|wrong|incorrect) ?(chain|sender|signature|transaction type)|oversized|method not found|(tx|transaction) type not supported|unsupported transaction type|(4844|blob).{0,60}not supported|sidecar version/i.test(
    wordsOf(error),
  )
}

/** Without what was sent, which viem quotes: blobs are a million digits. */
function wordsOf({ cause, message }: OperationError): string {
  return `${message} ${String(cause)}`.replace(/0x[0-9a-f]{100,}/gi, '0x')
}

/** viem wraps the data of a revert in different classes, as plain hex or in an object. */
function revertData(error: unknown): Hex | undefined {
  if (!(error instanceof BaseError)) return undefined
  let found: Hex | undefined
  error.walk((inner) => {
    const data = typeof inner === 'object' && inner !== null && 'data' in inner ? inner.data : undefined
    const plain = typeof data === 'object' && data !== null && 'data' in data ? data.data : data
    if (isHex(plain) && plain.length >= 10) found ??= plain
    return false
  })
  return found
}
