// ttx status: where the money of a transaction is, what it waits for, and when it is paid.

import type { Command } from 'commander'
import { describeDoubt } from '../../../../miner/watch/judge.ts'
import { formatAmount, nameAmount } from '../../../../node/client/amount.ts'
import { lookUpKnown } from '../../../../node/client/look-up.ts'
import type { Address, Hash, Infohash } from '../../../../node/protocol/ids.ts'
import { QUEUE_GRACE } from '../../../../node/protocol/rules.ts'
import { decodeTransaction } from '../../../../node/protocol/transaction.ts'
import type { Result as RpcResult } from '../../../../node/rpc/api.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { describeFinalTime } from '../../final-words.ts'
import { type NodeLink, openNode } from '../../link.ts'
import { takeData, takeRows } from '../../offers/swap-words.ts'
import { parseInfohashArgument } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { formatMoment } from '../../time.ts'
import { describeAncestors } from './send.ts'

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

export function registerStatus(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('status')
        .helpGroup(AUDIENCE.bridge)
        .summary('where the money of a transaction is, and when it is paid')
        .description(
          'Say of a payment, a take, a bridge request or a deposit where its money is, what it waits for, and of a request when it is paid at the earliest and at the latest. Only "final" is final: all before that can still be reversed.',
        )
        .argument('<infohash>', 'id of the transaction, 40 hex digits', parseInfohashArgument)
        .action(act(status)),
      ['node', 'deployment'],
    ),
    'ttx status c12fe1c06bba254a9dc9f519b335aa7c1367a88a',
    'ttx status c12fe1c06bba254a9dc9f519b335aa7c1367a88a --json',
  )
}

async function status(context: CliContext, infohash: Infohash): Promise<Result> {
  const node = await openNode(context)
  await lookUpKnown(node, infohash, FETCH_MS, context.signal)
  const where = await node.call('tx_where', { infohash }, context.signal)
  const now = node.info.bridge.ethereumTime ?? Math.floor(Date.now() / 1_000)
  const { file, bridging, ...record } = where
  const deposit = file && (await depositOf(context, node, file, where.reorganised === undefined))
  const tx = file && decodeTransaction(file)
  const take = tx?.kind === 'take' ? tx : undefined
  const isDepositWaiting = deposit !== undefined && where.status === 'waiting'
  const finality =
    where.status === 'ordered' && where.block !== undefined ? await finalityOf(context, node, where.block) : {}
  const { state } = node.info.bridge
  const isJustFinal = where.status === 'ordered' && bridging?.paid === true
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
  if (where.missing.length > 0) rows.push(['missing', where.missing.join(', ')])
  if (where.rivals.length > 0) rows.push(['rivals', where.rivals.join(', ')])
  if (where.status === 'accepted') rows.push(['stands on', describeAncestors(where.unorderedAncestors)])
  rows.push(...where.elsewhere.map(describeOther))
  if (where.unread > 0) rows.push(['not read', `${where.unread} lighter blocks off the leading branch`])
  if (bridging !== undefined) rows.push(...describeBridging(bridging, now))
  else if (finality.finalTime !== undefined && where.block !== undefined) {
    rows.push(...describeFinalTime(finality.finalTime, 'final', where.block, now))
  }
  const doubt = where.block !== undefined && state !== 'live' ? describeDoubt(node.info.bridge) : undefined
  if (doubt !== undefined) rows.push(['careful', doubt])
  const data = {
    ...record,
    ...finality,
    bridging,
    deposit,
    take: take && takeData(take),
    ethereumTime: node.info.bridge.ethereumTime,
    doubt,
  }
  return { data, text: formatTable(rows) }
}

type Deposit = {
  readonly index: bigint
  readonly asset?: Address
  readonly credit: bigint
  readonly to: Address
  readonly mustBeTakenFrom?: number
}
type Finality = {
  readonly finalAt?: number
  readonly finalAtLatest?: number
  readonly finalTime?: NonNullable<RpcResult<'bridge_block'>['finalTime']>
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
  const { finalTime } = await node.call('bridge_block', { id }, signal)
  return finalTime === undefined ? {} : { finalAt: finalTime.earliest, finalAtLatest: finalTime.latest, finalTime }
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

function describeBridging(bridging: NonNullable<RpcResult<'tx_where'>['bridging']>, now: number): [string, string][] {
  const { asset, gross, net, recipient, paid, finalTime, waitingFor, block } = bridging
  const rows: [string, string][] = [
    [
      'asks',
      asset === undefined
        ? `${nameAmount(gross)} to Ethereum: ${formatAmount(net)} wTTX for ${recipient}`
        : `${nameAmount(gross, asset)} to Ethereum, for ${recipient}`,
    ],
    paid ? ['paid', 'on Ethereum'] : ['waits for', waitingFor],
  ]
  if (paid) return rows
  if (finalTime !== undefined && block !== undefined) {
    rows.push(...describeFinalTime(finalTime, 'payable', block, now))
  }
  return rows
}
