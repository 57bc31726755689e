// Waiting until a transaction, a request or a deposit has got to a stage, as its node reports it. It runs in a browser too.

import { OperationError } from '../errors.ts'
import type { Hash, Infohash } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { decodeTransaction } from '../protocol/transaction.ts'
import type { Result } from '../rpc/api.ts'
import { ruleErrorOf } from './errors.ts'
import { type NextBlock, nextBlockOf, waitsForBlock } from './outlook.ts'
import type { NodeClient } from './rpc.ts'
import { UnknownTime } from './unknown-time.ts'

/** In this order. `paid` is for requests only. A deposit is `accepted` once the node has read its entry in the bridge's queue. */
export const STAGES = ['accepted', 'ordered', 'final', 'paid'] as const
export type Stage = (typeof STAGES)[number]

export type Where = Result<'tx_where'>

export type Progress = Pick<Where, 'status' | 'relayBits'> & {
  /** In plain words. */
  readonly waitingFor: string
  /** When its block is final, or the request payable, as far as the node can say; unix seconds on Ethereum's clock, later than now. */
  readonly earliest?: number
  readonly latest?: number
  /** Why the node could not be asked just now. */
  readonly away?: string
}

/** Progress with what changes at every look. */
export type Look = Progress & {
  /** That of the newest block of Ethereum that the node has read; unix seconds. */
  readonly ethereumTime?: number
  /** While no block has it. */
  readonly next?: NextBlock
}

export type WaitOptions = {
  readonly until: Stage
  readonly signal?: AbortSignal
  /** Called at the beginning, and whenever something is different. */
  readonly onProgress?: (progress: Look) => void
  /** Called after each look, which `pollMs` separates. */
  readonly onLook?: (look: Look) => void
  /** Between two questions. Default 2,000. */
  readonly pollMs?: number
  /** How long the transaction may stay unknown to a node that has read all of Ethereum: it may be on its way there. Default 30,000. */
  readonly unknownMs?: number
  /** How long each question may have the node ask its peers for a file that it lacks. Default 5,000. */
  readonly fetchMs?: number
  /** How long the node may be away at a time. Default 600,000. */
  readonly awayMs?: number
  /** How long all of it may take. Default: forever. */
  readonly limitMs?: number
  /** Milliseconds of a clock that never goes back. Default: that of this process. */
  readonly now?: () => number
}

const DEFAULTS = { pollMs: 2_000, unknownMs: 30_000, fetchMs: 5_000, awayMs: 600_000, now: () => performance.now() }
const UNASKED: Progress = { status: 'unknown', waitingFor: 'the node to answer' }
/** Rivals that are asked about, of a transaction that lost. */
const RIVALS = 8

/**
 * Resolves with what the node says once the stage is reached. Throws the signal's reason, `OperationError`s: `unknown-transaction` (retry),
 * `transaction-conflicting` (retry unless a rival is final: then it can never come), `deposit-moved` (retry unless its place
 * is taken), `no-request` (`paid` of what asks for nothing, or not for TTX), `waited-in-vain` (retry), and
 * what the node throws, that it is away too where that lasts; and the `RuleError` of what is invalid.
 */
export async function wait(node: NodeClient, infohash: Infohash, options: WaitOptions): Promise<Where> {
  const { until, signal, onProgress, onLook, pollMs, unknownMs, awayMs, limitMs, fetchMs, now } = {
    ...DEFAULTS,
    ...options,
  }
  const startedMs = now()
  const unknownTime = new UnknownTime(unknownMs, startedMs)
  let heardMs = startedMs
  let look: Look = UNASKED
  let told = ''
  for (;;) {
    signal?.throwIfAborted()
    try {
      const where = await ask(node, infohash, fetchMs, signal)
      heardMs = now()
      await checkPossible(node, where, until, signal)
      if (hasReached(where, until)) return where
      if (where.status === 'unknown' || where.reorganised !== undefined) {
        const { bridge } = await node.call('node_info', {}, signal)
        const waitingFor = unknownTime.unknown(heardMs, bridge, waitingForOf(where))
        if (waitingFor === undefined) throw where.reorganised ? moved(where) : unknown(infohash, unknownMs)
        look = { status: where.status, waitingFor, ...clockOf(bridge.ethereumTime) }
      } else {
        unknownTime.known(heardMs)
        look = await lookAt(node, where, until, signal)
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!isAway(error) || now() - heardMs > awayMs) throw error
      look = { ...look, away: error.message }
      unknownTime.away(now())
    }
    onLook?.(look)
    const { ethereumTime: _time, next: _next, ...progress } = look
    const text = JSON.stringify(progress)
    if (text !== told) onProgress?.(look)
    told = text
    if (limitMs !== undefined && now() - startedMs > limitMs) throw inVain(infohash, until, limitMs, progress)
    await pause(pollMs, signal)
  }
}

async function ask(node: NodeClient, infohash: Infohash, fetchMs: number, signal?: AbortSignal): Promise<Where> {
  const where = await node.call('tx_where', { infohash }, signal)
  if (where.status !== 'unknown' || fetchMs === 0) return where
  try {
    await node.call('tx_get', { infohash, fetchMs }, signal)
  } catch (error) {
    // Peers that have nothing, or something else, do not end the search; a broken rule does.
    if (isAway(error) || (error instanceof RuleError && error.code === 'invalid-transaction')) throw error
    if (!(error instanceof OperationError || error instanceof RuleError)) throw error
  }
  return await node.call('tx_where', { infohash }, signal)
}

/** What was paid is not `final` yet if its block became so only a few blocks of Ethereum ago: these could still be reorganised. */
function hasReached(where: Where, until: Stage): boolean {
  if (until === 'paid') return where.bridging?.paid === true
  const status =
    where.status === 'waiting' && isDeposit(where) && where.reorganised === undefined ? 'accepted' : where.status
  const names: readonly string[] = STAGES
  return names.indexOf(status) >= names.indexOf(until)
}

function isRequestOfTtx({ bridging }: Where): boolean {
  return bridging !== undefined && bridging.asset === undefined
}

function isDeposit({ file }: Where): boolean {
  return file !== undefined && decodeTransaction(file).kind === 'deposit'
}

/** Throws where the stage cannot be reached as things are. */
async function checkPossible(node: NodeClient, where: Where, until: Stage, signal?: AbortSignal): Promise<void> {
  const { infohash, status, file, rivals, problem } = where
  if (status === 'invalid') {
    const {
      code = 'invalid-transaction',
      reason = 'not told',
      message: why = 'a rule that the node does not name',
    } = problem ?? {}
    const message = `expected a transaction that the rules allow, got ${infohash}, which never counts: ${why}; sign another one`
    throw ruleErrorOf({ code, message, facts: { infohash, reason } })
  }
  if (where.reorganised?.isReplaced) throw moved(where)
  if (status === 'conflicting') {
    const named = rivals.slice(0, RIVALS)
    const standings = await Promise.all(named.map((rival) => node.call('tx_get', { infohash: rival }, signal)))
    const isLost = standings.some((rival) => rival.status === 'final')
    const what = isLost
      ? 'which lost for good: a transaction that spends the same money is final'
      : 'which is behind another one that spends the same money, and counts only if that one dies; wait again then'
    throw new OperationError(
      'transaction-conflicting',
      `expected a transaction that can be ${until}, got ${infohash}, ${what}`,
      {
        facts: { infohash, rivals },
        retry: !isLost,
      },
    )
  }
  if (until === 'paid' && where.bridging?.asset !== undefined) {
    const message = `expected a request of TTX, which the bridge pays, got ${infohash}, which asks for ${where.bridging.asset}: what is paid is known to that contract only; wait until it is final`
    throw new OperationError('no-request', message, { facts: { infohash } })
  }
  if (until === 'paid' && file !== undefined && where.bridging === undefined) {
    const message = `expected a bridge request, which can be paid on Ethereum, got ${infohash}, which asks for nothing there; wait until it is final`
    throw new OperationError('no-request', message, { facts: { infohash } })
  }
}

async function lookAt(node: NodeClient, where: Where, until: Stage, signal?: AbortSignal): Promise<Look> {
  const { status, bridging, block, relayBits } = where
  if (isInNoBlock(where)) {
    const next = await nextBlockOf(node, signal)
    const waitingFor = isDeposit(where) ? waitingForOf(where) : waitsForBlock(next, isRequestOfTtx(where))
    const lack = relayBits && { relayBits }
    return { status, waitingFor, ...lack, ...(next && { next, ...clockOf(next.status.ethereumTime) }) }
  }
  const { ethereumTime } = (await node.call('node_info', {}, signal)).bridge
  const said = { status, waitingFor: bridging?.waitingFor ?? waitingForOf(where), ...clockOf(ethereumTime) }
  if (status !== 'ordered' || block === undefined) return said
  const { payableAt: earliest, payableAtLatest: latest } = bridging ?? {}
  if (earliest !== undefined) return { ...said, ...timesOf(said, { earliest, ...(latest && { latest }) }) }
  const { finalTime, final } = (await blockOf(node, block, signal)) ?? {}
  if (final) return until === 'paid' ? said : { ...said, waitingFor: DEPTH }
  return finalTime === undefined ? said : { ...said, ...timesOf(said, finalTime) }
}

/** A time that is over says nothing: it would go on with the clock for as long as nobody acts. */
function timesOf(
  { waitingFor, ethereumTime = 0 }: Look,
  { earliest, latest }: { readonly earliest: number; readonly latest?: number },
): Pick<Look, 'waitingFor' | 'earliest' | 'latest'> {
  const isDue = earliest <= ethereumTime
  return {
    waitingFor: isDue ? FINALIZATION : waitingFor,
    ...(isDue ? {} : { earliest }),
    ...(latest !== undefined && latest > ethereumTime ? { latest } : {}),
  }
}

const DEPTH =
  'more blocks of Ethereum: its block is final there, but so few blocks ago that they could still be reorganised'
const FINALIZATION = 'somebody to finalize its block, which anyone may do now, as miners do'

/** Valid, and a matter of the next block. */
function isInNoBlock(where: Where): boolean {
  return where.status === 'accepted' || (where.status === 'waiting' && isDeposit(where))
}

/** `undefined` if the block has left the bridge since the node was asked. */
async function blockOf(node: NodeClient, id: Hash, signal?: AbortSignal) {
  try {
    return await node.call('bridge_block', { id }, signal)
  } catch (error) {
    if (error instanceof OperationError && error.code === 'unknown-block') return undefined
    throw error
  }
}

function clockOf(ethereumTime: number | undefined) {
  return ethereumTime === undefined ? {} : { ethereumTime }
}

function waitingForOf(where: Where): string {
  if (where.reorganised !== undefined)
    return 'Ethereum to include its transaction again: a reorganisation took the deposit out of the queue'
  switch (where.status) {
    case 'unknown':
      return 'its file: nobody has sent it to this node'
    case 'waiting':
      if (isDeposit(where)) return 'a bridging block that contains it'
      return where.missing.length > 0
        ? `its ancestors: ${where.missing.join(', ')}`
        : 'a deposit that no block contains'
    case 'ordered':
      return 'its block to become final: nobody may refute it, and no heavier branch may come'
    default:
      return waitsForBlock(undefined, false)
  }
}

/** It is stopped, starting, or cannot be reached: that may pass. */
function isAway(error: unknown): error is OperationError {
  return error instanceof OperationError && /^(node-unreachable|ledger-closed)$/.test(error.code)
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const end = () => resolve()
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted) resolve()
  await promise
  clearTimeout(timer)
  signal?.removeEventListener('abort', end)
}

function unknown(infohash: Infohash, ms: number): OperationError {
  return new OperationError(
    'unknown-transaction',
    `expected the node to hear of ${infohash} within ${ms / 1_000} s, but nobody has sent it there; check the id, or hand in its file (a deposit that Ethereum moved by a reorganisation has another id, which "ttx tx list" shows)`,
    { facts: { infohash }, retry: true },
  )
}

/** Of a deposit that is at its place in the queue no more. */
function moved({ infohash, reorganised }: Where): OperationError {
  const { isReplaced = false, now = [] } = reorganised ?? {}
  const ids = now.map((each) => each.infohash)
  const [id] = ids
  const got = `got ${infohash}, which a reorganisation of Ethereum took out of its place`
  const why =
    id === undefined
      ? 'no other deposit of its amount for its address is there: it is gone unless Ethereum includes its transaction again, under another id; deposit again only once that transaction was dropped and what was deposited is still yours ("ttx balance")'
      : ids.length === 1
        ? `it has the id ${id} now; go on with "ttx wait ${id}"`
        : `it is one of those of its amount for its address now, ${ids.join(', ')}; go on with "ttx wait ${ids.at(-1)}"`
  return new OperationError('deposit-moved', `expected a deposit in the queue of the bridge, ${got}: ${why}`, {
    facts: { infohash, now: ids },
    retry: !isReplaced,
  })
}

function inVain(infohash: Infohash, until: Stage, ms: number, { status, waitingFor, away }: Progress): OperationError {
  return new OperationError(
    'waited-in-vain',
    `expected ${infohash} to be ${until} within ${ms / 1_000} s, got ${status}: it waits for ${waitingFor}${away === undefined ? '' : ` (${away})`}; wait again`,
    { facts: { infohash, until, status }, retry: true },
  )
}
