// Kills a block: tries the proof out on every endpoint, and sends it through all of them if one says that it kills. The contract is the judge, not they.

import { OperationError } from '../../node/errors.ts'
import { type BridgeCall, refuteCall } from '../../node/ethereum/calls.ts'
import type { Receipt } from '../../node/ethereum/reader.ts'
import { isAnyRefusal, isRefusal, refusalName } from '../../node/ethereum/refusals.ts'
import { encodeRefutation, type Refutation } from '../../node/ethereum/refute-call.ts'
import { answerWithin, apart, type Endpoint } from '../../node/ethereum/sending/endpoint.ts'
import type { Errand } from '../../node/ethereum/sending/everywhere/errand.ts'
import type { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import { GWEI, toWei, type Wei } from '../../node/protocol/units.ts'

/** What would kill the block, as at least one endpoint says. */
export type Prepared = {
  readonly call: BridgeCall
  /** Units, the most that one of those expects; our own figure if none of them says. */
  readonly gas: bigint
  /** Half of the bond: the least that one of those says. */
  readonly reward: Wei
  /** Names of endpoints: which accept it, and what the others say. */
  readonly accepts: readonly string[]
  readonly doubts: readonly Doubt[]
}

/** `code` is `BlockIsRefuted` for one that calls the block dead, or why it refuses, or does not answer. */
type Doubt = { readonly endpoint: string; readonly code: string }

/** Who sent the transaction that counted. */
export type Kill = { readonly by: 'us'; readonly receipt: Receipt } | { readonly by: 'others' }

export type RefutationOptions = Pick<Errand, 'deadline' | 'onNonce'> & {
  readonly signal: AbortSignal
  /** Default: those of the sender. */
  readonly endpoints?: readonly Endpoint[]
}

type Word = { readonly endpoint: Endpoint } & (
  | { readonly says: 'yes'; readonly estimate: bigint | undefined; readonly bond: Wei | undefined }
  | { readonly says: 'dead' }
  | { readonly says: 'no'; readonly error: unknown }
)

const ANSWER_MS = 10_000
const PATIENCE_MS = 1_000

/**
 * Runs the refutation on every endpoint without sending it. One that accepts it is enough; undefined if none does, and all that answer call the block
 * dead. Throws what one of them has against it, and `ethereum-silent` (retry) where none answers.
 */
export async function tryRefutation(
  endpoints: readonly Endpoint[],
  id: Hash,
  refutation: Refutation,
  answerMs = ANSWER_MS,
): Promise<Prepared | undefined> {
  const data = encodeRefutation(refutation)
  const words = await askAll(apart(endpoints), id, data, answerMs)
  const yes = words.flatMap((word) => (word.says === 'yes' ? [word] : []))
  if (yes.length > 0) return prepare(data, yes, words)
  const errors = words.flatMap((word) => (word.says === 'no' ? [word.error] : []))
  // What one of them has against it tells more than that another is silent.
  const refusal = errors.find(isAnyRefusal)
  if (refusal !== undefined) throw refusal
  if (words.some(({ says }) => says === 'dead')) return undefined
  throw errors[0] ?? new RangeError('a refutation is tried on one endpoint at least')
}

/**
 * Sends it through every endpoint and stays with it until the block is dead, whoever kills it; it pays what it takes to be in time for the `deadline` (unix
 * seconds). It was killed by us where an endpoint that calls it dead has the receipt, and none that answers contradicts. Throws the reason of `signal`,
 * `unfunded-account`, `write-failed`, `OperationError('refutation-failed')` (retry) where a transaction of ours had no effect, and
 * `OperationError('ethereum-disagreement')` (retry) where some call the block dead and others alive: the caller looks again.
 */
export async function sendRefutation(
  sender: TransactionSender,
  id: Hash,
  call: BridgeCall,
  { endpoints = [sender.ethereum], ...options }: RefutationOptions,
): Promise<Kill> {
  const isOver = async (endpoint: Endpoint) => (await endpoint.record(id)).isRefuted
  const end = await sender.sendEverywhere({ call, endpoints, isOver, ...options })
  if (end.status === 'over') return end.receipt === undefined ? { by: 'others' } : { by: 'us', receipt: end.receipt }
  if (end.status === 'failed') throw failed(id, end.receipt)
  throw disputed(id, apart(endpoints))
}

/** Once one accepts it, what the others say is for people only, and is hardly waited for. */
async function askAll(endpoints: readonly Endpoint[], id: Hash, data: BridgeCall['data'], answerMs: number) {
  const enough = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const ask = async (endpoint: Endpoint): Promise<Word> => {
    try {
      const word = await answerWithin(endpoint, answerMs, tryOn(endpoint, id, data), enough.signal)
      timer ??= setTimeout(() => enough.abort(slow()), PATIENCE_MS)
      return word
    } catch (error) {
      return isRefusal(error, 'BlockIsRefuted') ? { endpoint, says: 'dead' } : { endpoint, says: 'no', error }
    }
  }
  try {
    return await Promise.all(endpoints.map(ask))
  } finally {
    clearTimeout(timer)
  }
}

/** Only the call itself decides; the rest is for people, and may be missing. */
async function tryOn(endpoint: Endpoint, id: Hash, data: BridgeCall['data']): Promise<Word> {
  const estimating = endpoint.estimate('refute', data).catch(() => undefined)
  const recording = endpoint.record(id).catch(() => undefined)
  const { next } = await endpoint.head()
  await endpoint.simulate(refuteCall(data), toWei(0n), next)
  const [estimate, record] = await Promise.all([estimating, recording])
  return { endpoint, says: 'yes', estimate, bond: record?.bond }
}

function prepare(
  data: BridgeCall['data'],
  yes: readonly Extract<Word, { says: 'yes' }>[],
  words: readonly Word[],
): Prepared {
  const estimates = yes.flatMap(({ estimate }) => estimate ?? []).toSorted((a, b) => (a > b ? -1 : 1))
  const bonds = yes.flatMap(({ bond }) => bond ?? []).toSorted((a, b) => (a < b ? -1 : 1))
  const call = refuteCall(data, estimates[0])
  return {
    call,
    // What is above the limit cannot be used.
    gas: estimates.find((estimate) => estimate <= call.gas) ?? call.gas,
    reward: toWei(((bonds[0] ?? 0n) / (2n * GWEI)) * GWEI), // the contract counts bonds in gwei
    accepts: yes.map(({ endpoint }) => endpoint.name),
    doubts: words.flatMap((word) =>
      word.says === 'yes' ? [] : [{ endpoint: word.endpoint.name, code: codeOf(word) }],
    ),
  }
}

function codeOf(word: Exclude<Word, { says: 'yes' }>): string {
  if (word.says === 'dead') return 'BlockIsRefuted'
  return word.error instanceof OperationError ? refusalName(word.error) : String(word.error)
}

function slow(): OperationError {
  const text = 'expected an answer as soon as from another endpoint, got none'
  return new OperationError('ethereum-silent', text, { retry: true })
}

function failed(block: Hash, { hash }: Receipt): OperationError {
  return new OperationError(
    'refutation-failed',
    `expected the refutation of block ${block} to count, but its transaction ${hash} had no effect; it is tried again`,
    { facts: { block, transaction: hash }, retry: true },
  )
}

function disputed(block: Hash, endpoints: readonly Endpoint[]): OperationError {
  const names = endpoints.map(({ name }) => name)
  return new OperationError(
    'ethereum-disagreement',
    `expected ${names.join(', ')} to agree whether block ${block} is dead after its refutation was sent, but they do not: one of them lies or lags; look again`,
    { facts: { block, endpoints: names }, retry: true },
  )
}
