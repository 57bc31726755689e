// Where the money of a transaction is, what it waits for and why, and when it is paid: `ttx status` of an infohash.

import { formatEther } from '../../../miner/profit.ts'
import { costOfExpense, expenseOf, NO_LOAD } from '../../../miner/rows.ts'
import { describeDoubt } from '../../../miner/watch/judge.ts'
import { formatAmount, nameAmount } from '../../../node/client/amount.ts'
import { isCalledFor, type NextBlock, nextBlockOf, waitsForBlock } from '../../../node/client/outlook.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Address, Hash, Infohash } from '../../../node/protocol/ids.ts'
import { QUEUE_GRACE } from '../../../node/protocol/rules.ts'
import { decodeTransaction } from '../../../node/protocol/transaction.ts'
import { addPrices } from '../../../node/protocol/units.ts'
import type { Result as RpcResult } from '../../../node/rpc/api.ts'
import { readEndpoints } from '../../endpoints.ts'
import { type MinerReport, readRunningMiner } from '../../miner-report.ts'
import { describeAncestors } from '../commands/hold/send.ts'
import { type CliContext, formatTable, type Result } from '../context.ts'
import { describeFinalTime } from '../final-words.ts'
import { lookUpShown } from '../ids/named.ts'
import { type NodeLink, openOptionalEthereum } from '../link.ts'
import { takeData, takeRows } from '../offers/swap-words.ts'
import { clockRows, formatMoment } from '../time.ts'
import { type Reasons, reasonRows } from '../waiting/reasons.ts'
import { relayRows } from './relay-words.ts'

const FETCH_MS = 5_000

/** What each status means for somebody who waits for the money. Only one of them says that nothing can happen any more. */
export const STATUS_WORDS: Readonly<Record<RpcResult<'tx_where'>['status'], string>> = {
  unknown: 'this node does not have it, and none of the peers that it asked does',
  waiting: 'it cannot be judged yet: something that it spends is missing here or in no block yet',
  accepted: 'valid and first seen here; a rival that gets into a bridging block would reverse it',
  conflicting: 'a rival spends the same money and stands; it counts only if that rival dies',
  invalid: 'it breaks a rule and never counts',
  ordered: 'in a bridging block that is not final: it stands as long as that block does',
  final: 'final: nothing can reverse it any more',
}

const JUST_FINAL_WORDS =
  'in a block that became final so few blocks of Ethereum ago that these could still be reorganised'
const MOVED_WORDS = 'Ethereum was reorganised, and the queue does not hold this deposit at its place any more'
const DEPOSIT_WORDS = 'wTTX was burned for it; it can be spent once a bridging block contains it'
const ENTERED_WORDS = 'a contract on Ethereum entered it; it can be spent once a bridging block contains it'

/** `isOver`: nothing of it can change any more. Throws `OperationError('unknown-transaction')`, and what the node throws. */
export async function transactionStatus(
  context: CliContext,
  node: NodeLink,
  infohash: Infohash,
): Promise<Result & { readonly isOver: boolean }> {
  await lookUpShown(context, node, infohash, FETCH_MS)
  const where = await node.call('tx_where', { infohash }, context.signal)
  const { bridge } = await node.call('node_info', {}, context.signal)
  const localNow = Math.floor(Date.now() / 1_000)
  const now = bridge.ethereumTime ?? localNow
  const { file, bridging, ...record } = where
  const deposit = file && (await depositOf(context, node, file, where.reorganised === undefined))
  const tx = file && decodeTransaction(file)
  const take = tx?.kind === 'take' ? tx : undefined
  const isDepositWaiting = deposit !== undefined && where.status === 'waiting'
  const { isFinal: isBlockFinal, ...finality } =
    where.status === 'ordered' && where.block !== undefined ? await finalityOf(context, node, where.block) : NO_FINALITY
  const { state } = bridge
  const isJustFinal = where.status === 'ordered' && (bridging?.paid === true || isBlockFinal)
  const words = where.reorganised
    ? MOVED_WORDS
    : isDepositWaiting
      ? deposit.asset === undefined
        ? DEPOSIT_WORDS
        : ENTERED_WORDS
      : isJustFinal
        ? JUST_FINAL_WORDS
        : STATUS_WORDS[where.status]
  const rows: [string, string][] = [
    ['infohash', infohash],
    ['status', `${where.status}: ${words}`],
  ]
  if (take !== undefined) rows.push(...takeRows(take, where.status))
  if (where.problem !== undefined) rows.push(['because', where.problem.message])
  if (where.reorganised !== undefined) rows.push(describeMoved(where.reorganised))
  else if (deposit !== undefined) rows.push(...describeDeposit(deposit, isDepositWaiting, now))
  if (where.block !== undefined) rows.push(['block', `${where.block}, step ${where.step}`])
  if (where.missing.length > 0) rows.push(['missing', missingWords(where.missing)])
  if (where.rivals.length > 0) rows.push(['rivals', where.rivals.join(', ')])
  if (where.status === 'accepted') rows.push(['stands on', describeAncestors(where.unorderedAncestors)])
  rows.push(...relayRows(where), ...strengthRows(where))
  rows.push(...where.elsewhere.map(describeOther))
  if (where.unread > 0) rows.push(['not read', `${where.unread} lighter blocks off the leading branch`])
  const waiting = await waitingOf(context, node, where)
  if (bridging !== undefined) rows.push(...describeBridging(bridging, waiting?.waitingFor, now))
  else if (waiting !== undefined && !isDepositWaiting) rows.push(['waits for', waiting.waitingFor])
  if (waiting?.reasons !== undefined) rows.push(...reasonRows(waiting.reasons, now))
  if (bridging === undefined && finality.finalTime !== undefined && where.block !== undefined) {
    rows.push(...describeFinalTime(finality.finalTime, 'final', where.block, now))
  }
  const doubt = where.block !== undefined && state !== 'live' ? describeDoubt(bridge) : undefined
  if (doubt !== undefined) rows.push(['careful', doubt])
  rows.push(...clockRows(bridge.ethereumTime, localNow))
  const data = {
    ...record,
    ...finality,
    bridging,
    deposit,
    take: take && takeData(take),
    next: waiting?.reasons && nextData(waiting.reasons.next),
    miner: waiting?.reasons?.miner && minerData(waiting.reasons.miner),
    ethereumTime: bridge.ethereumTime,
    doubt,
  }
  const isPaid = bridging === undefined || bridging.paid || bridging.asset !== undefined
  const isOver = where.status === 'invalid' || (where.status === 'final' && isPaid)
  return { data, text: formatTable(rows), isOver }
}

/** What a payment lacks, and who can help. */
export function missingWords(missing: readonly Infohash[]): string {
  return `${missing.join(', ')}: none of the peers has delivered ${missing.length === 1 ? 'it' : `these ${missing.length}`}; ask the payer for a proof with its ancestors ("ttx proof export")`
}

/** How many have it, and how much hangs on it: of what a block orders nobody needs to know. */
export function strengthRows({ status, heldBy, descendants }: RpcResult<'tx_get'>): [string, string][] {
  if (status === 'final' || heldBy === undefined || descendants === undefined) return []
  const rows: [string, string][] = [['held by', heldBy === 1 ? '1 connected node' : `${heldBy} connected nodes`]]
  if (descendants > 0) rows.push(['built on by', descendants === 1 ? '1 payment' : `${descendants} payments`])
  return rows
}

type Deposit = {
  readonly index: bigint
  readonly asset?: Address
  readonly credit: bigint
  readonly to: Address
  readonly mustBeTakenFrom?: number
}
type Finality = {
  /** On Ethereum, however few blocks ago. */
  readonly isFinal: boolean
  readonly finalAt?: number
  readonly finalAtLatest?: number
  readonly finalTime?: NonNullable<RpcResult<'bridge_block'>['finalTime']>
}

/** What `status` of the bridge says is beside it. */
function nextData({ status: _status, ...next }: NextBlock) {
  return next
}

const NO_FINALITY: Finality = { isFinal: false }

/** What a miner says of its search, and nothing of its money. */
function minerData({ pid, state, height, hashesPerSecond, expectedSeconds, because }: MinerReport) {
  return { pid, state, height, hashesPerSecond, expectedSeconds, because }
}

/** Of what no block has: what it waits for, and what the node and a miner of this folder know of that. */
async function waitingOf(
  context: CliContext,
  node: NodeLink,
  { status, bridging, file, infohash, reorganised }: RpcResult<'tx_where'>,
): Promise<{ readonly waitingFor: string; readonly reasons?: Reasons } | undefined> {
  const { folder, signal } = context
  const isDeposit = file !== undefined && decodeTransaction(file).kind === 'deposit'
  if (status !== 'accepted' && !(status === 'waiting' && isDeposit && reorganised === undefined)) return undefined
  const next = await nextBlockOf(node, signal)
  const kind = isDeposit ? 'deposit' : bridging !== undefined && bridging.asset === undefined ? 'request' : 'payment'
  const waitingFor = waitsForBlock(next, kind !== 'payment')
  if (next === undefined) return { waitingFor }
  const miner = await readRunningMiner(folder.root, Date.now())
  const isDevnet = readEndpoints(folder.root) !== undefined
  const cost = isCalledFor(next) ? await leastCost(context, node) : undefined
  return { waitingFor, reasons: { next, miner, isDevnet, kind, infohash, ...(cost === undefined ? {} : { cost }) } }
}

/** Of the smallest block, ether; `undefined` without an endpoint, and with one that does not say it: nothing depends on it. */
async function leastCost(context: CliContext, node: NodeLink): Promise<string | undefined> {
  try {
    const ethereum = await openOptionalEthereum(context, node)
    if (ethereum === undefined) return undefined
    context.resources.defer(() => ethereum.close())
    const gasPrice = addPrices((await ethereum.head()).baseFee, await ethereum.tip())
    return formatEther(costOfExpense(expenseOf('calldata', NO_LOAD), { gasPrice }))
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

/** `mustBeTakenFrom`: a block that is published then or later has to contain it; unix seconds, while it waits. */
async function depositOf(
  { signal }: CliContext,
  node: NodeLink,
  file: Uint8Array,
  isQueued: boolean,
): Promise<Deposit | undefined> {
  const tx = decodeTransaction(file)
  if (tx.kind !== 'deposit') return undefined
  const { index, asset } = tx.deposit
  const deposit = { index, ...(asset === undefined ? {} : { asset }), credit: tx.tokens, to: tx.to }
  if (!isQueued) return deposit
  const { queue } = await node.call('bridge_template', {}, signal)
  const entry = queue.find((each) => each.kind === (asset ? 'entered' : 'deposit') && each.index === index)
  const due = entry === undefined ? {} : { mustBeTakenFrom: entry.time + Number(QUEUE_GRACE) }
  return { ...deposit, ...due }
}

/** When the block of a transaction can be final, unix seconds. */
async function finalityOf({ signal }: CliContext, node: NodeLink, id: Hash): Promise<Finality> {
  const { finalTime, final: isFinal } = await node.call('bridge_block', { id }, signal)
  return finalTime === undefined
    ? { isFinal }
    : { isFinal, finalAt: finalTime.earliest, finalAtLatest: finalTime.latest, finalTime }
}

/** A block that contains it and does not count now. */
function describeOther({ block, verdict, problem }: RpcResult<'tx_where'>['elsewhere'][number]): [string, string] {
  const why = problem ?? 'no reason given'
  switch (verdict) {
    case 'valid':
      return ['also in', `block ${block}, which is right, but another branch leads`]
    case 'invalid':
      return ['also in', `block ${block}, but this block is wrong (${why}) and will die`]
    case 'displaced':
      return ['also in', `block ${block}, which can never be final (${why})`]
    case 'unknown':
      return ['also in', `block ${block}, which this node cannot judge (${why})`]
  }
}

function describeMoved({ isReplaced, now }: NonNullable<RpcResult<'tx_where'>['reorganised']>): [string, string] {
  const ids = now.map(({ infohash }) => infohash).join(' or ')
  if (ids !== '') return [isReplaced ? 'now is' : 'may be', `${ids}, of the same amount for the same address`]
  return [
    'waits for',
    'Ethereum to include its transaction again; "ttx balance" says whether what was deposited is still yours',
  ]
}

function describeDeposit(
  { asset, credit, to, mustBeTakenFrom }: Deposit,
  isWaiting: boolean,
  now: number,
): [string, string][] {
  const rows: [string, string][] = [
    [
      'credits',
      `${nameAmount(credit, asset)} to ${to}, ${asset === undefined ? 'burned as wTTX' : 'entered by that contract'} on Ethereum`,
    ],
  ]
  if (!isWaiting) return rows
  rows.push(['waits for', 'a bridging block that contains it'])
  if (mustBeTakenFrom !== undefined) {
    rows.push(['latest', `the first block that is published after ${formatMoment(mustBeTakenFrom, now)}`])
  }
  return rows
}

function describeBridging(
  bridging: NonNullable<RpcResult<'tx_where'>['bridging']>,
  waitsFor: string | undefined,
  now: number,
): [string, string][] {
  const { asset, gross, net, recipient, paid, finalTime, block } = bridging
  const rows: [string, string][] = [
    [
      'asks',
      asset === undefined
        ? `${nameAmount(gross)} to Ethereum: ${formatAmount(net)} wTTX for ${recipient}`
        : `${nameAmount(gross, asset)} to Ethereum, for ${recipient}`,
    ],
    paid ? ['paid', 'on Ethereum'] : ['waits for', waitsFor ?? bridging.waitingFor],
  ]
  if (paid) return rows
  if (finalTime !== undefined && block !== undefined) {
    rows.push(...describeFinalTime(finalTime, 'payable', block, now))
  }
  return rows
}
