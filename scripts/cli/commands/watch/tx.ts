// ttx tx: transactions as they are: show, list, hand in.

import type { Command } from 'commander'
import { nameAmount } from '../../../../node/client/amount.ts'
import type { AnyId } from '../../../../node/client/any-id.ts'
import { ruleErrorOf } from '../../../../node/client/errors.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { isRuleError, RuleError } from '../../../../node/protocol/rule-error.ts'
import { MAX_FILE_BYTES } from '../../../../node/protocol/rules.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import {
  decodeTransaction,
  isPackable,
  type TakeTransaction,
  type Transaction,
} from '../../../../node/protocol/transaction.ts'
import type { Result as RpcResult } from '../../../../node/rpc/api.ts'
import { ASSET_HELP, parseAsset } from '../../assets/asset-option.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readLimited, writeNew } from '../../files.ts'
import { parseTransaction, TRANSACTION_HELP } from '../../ids/id-argument.ts'
import { lookUpShown, transactionOf } from '../../ids/named.ts'
import { type NodeLink, openNode } from '../../link.ts'
import { showWhile } from '../../live-line.ts'
import { takeData, takeRows } from '../../offers/swap-words.ts'
import { parseLimit } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { markedStatus, markRows, relayRows } from '../../status/relay-words.ts'
import { missingWords, STATUS_WORDS, strengthRows } from '../../status/transaction.ts'
import { addressOf, WHOSE } from '../../whose.ts'
import { walletAddress } from '../hold/balance.ts'

const FETCH_MS = 10_000
/** What is handed in again although the node knows it, since only that says what is wrong with it. */
const REFUSED: ReadonlySet<string> = new Set(['unknown', 'invalid', 'conflicting'])

type Known = Omit<RpcResult<'tx_get'>, 'file'>

export function registerTx(program: Command, act: Act): void {
  const tx = program
    .command('tx')
    .helpGroup(AUDIENCE.watch)
    .summary('transactions: show, list, submit')
    .description(
      'Transactions as they are: each is a file tx.json of canonical JSON, named by the infohash of its torrent.',
    )
  addExamples(tx, 'ttx tx show c12fe1c06bba254a9dc9f519b335aa7c1367a88a', 'ttx tx list --wallet alice')
  addExamples(
    addSettings(
      tx
        .command('show')
        .summary('one transaction')
        .description('Show a transaction by its infohash; the node asks its peers for it where it has not got it.')
        .argument('<id>', TRANSACTION_HELP, parseTransaction)
        .option('--save <file>', 'also write the exact bytes of its tx.json to a new file')
        .action(act(show)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx tx show c12fe1c06bba254a9dc9f519b335aa7c1367a88a --json',
    'ttx tx show c12fe1c06bba254a9dc9f519b335aa7c1367a88a --save tx.json',
  )
  addExamples(
    addSettings(
      tx
        .command('list')
        .summary('transactions from or to an address')
        .description(
          'List the transactions of an address that move TTX, or with --asset those that move another asset, newest first. It needs no passphrase.',
        )
        .argument('[address]', `whose: ${WHOSE}; without it that of --wallet`)
        .option('--limit <count>', 'at most this many, 1 to 500', parseLimit, 50)
        .option('--asset <id>', ASSET_HELP, parseAsset)
        .action(act(list)),
      ['node', 'deployment'],
    ),
    'ttx tx list --wallet alice --limit 10',
    `ttx tx list --wallet alice --asset ${'c12fe1c06b'.repeat(4)}`,
  )
  addExamples(
    addSettings(
      tx
        .command('submit')
        .summary('hand in a transaction file')
        .description(
          'Hand in a signed transaction file, made elsewhere: by another wallet, or on a machine without network. What the rules do not allow is refused with the reason, and nothing changes.',
        )
        .argument('<file>', 'the tx.json')
        .action(act(submit)),
      ['node', 'deployment'],
    ),
    'ttx tx submit tx.json',
  )
}

async function show(context: CliContext, id: AnyId, { save }: { save?: string }): Promise<Result> {
  const node = await openNode(context)
  const infohash = await transactionOf(context, node, id)
  const { file, ...record } = await lookUpShown(context, node, infohash, FETCH_MS)
  const text = file === undefined ? undefined : new TextDecoder().decode(file)
  if (save !== undefined && file !== undefined) await writeNew(save, file)
  const tx = file && decodeTransaction(file)
  const rows = tx?.kind === 'take' ? takeRows(tx, record.status) : []
  return {
    data: { ...record, take: tx?.kind === 'take' ? takeData(tx) : undefined, file: text },
    text: formatTable([...describeRecord(record), ...rows, ...(text === undefined ? [] : [['file', text] as const])]),
  }
}

async function list(
  context: CliContext,
  whose: string | undefined,
  { limit, asset }: { readonly limit: number; readonly asset?: Asset },
): Promise<Result> {
  const owner = whose === undefined ? await walletAddress(context) : await addressOf(context, whose)
  const node = await openNode(context)
  const { items, rows } = await showWhile(
    context.shell,
    'the node looks through its history',
    listOf(node, owner, { limit, asset }, context.signal),
  )
  return {
    data: { owner, asset, transactions: items },
    text:
      rows.length === 0
        ? `no transactions of ${owner}${asset === undefined ? '' : ` that move ${asset}`} are known to this node`
        : formatTable([...rows, ...markRows(items)]),
  }
}

/** Newest first, a row for each. */
export async function listOf(
  node: NodeLink,
  owner: Address,
  { limit, asset }: { readonly limit: number; readonly asset?: Asset | undefined },
  signal: AbortSignal,
) {
  const { transactions } = await node.call('account_history', ofAsset({ owner, limit }, asset), signal)
  const items = transactions.map(({ file, ...record }) => {
    const tx = file && decodeTransaction(file)
    return { ...record, ...(tx === undefined ? {} : { what: describe(tx, record.asset, owner) }) }
  })
  const rows = items.map(({ infohash, status, relayBits, what }): [string, string] => [
    infohash,
    `${markedStatus({ status, relayBits }).padEnd(11)} ${what ?? ''}`,
  ])
  return { items, rows }
}

async function submit(context: CliContext, path: string): Promise<Result> {
  const file = await readLimited(path, MAX_FILE_BYTES, 'a transaction')
  const node = await openNode(context)
  const infohash = infohashOf(file)
  const before = await node.call('tx_get', { infohash, fetchMs: 0 }, context.signal)
  if (!REFUSED.has(before.status)) throw replayed(before)
  const { file: _file, ...record } = await node.call('tx_submit', { file }, context.signal).catch((error) => {
    throw error instanceof RuleError ? refused(path, file, error) : error
  })
  if (record.status === 'conflicting') throw conflicting(record)
  return { data: { ...record, infohash }, text: formatTable(describeRecord(record)) }
}

/** The rule that was broken, with what to do about it. */
function refused(path: string, file: Uint8Array, error: RuleError): RuleError {
  const isInvalid = isRuleError(error, 'invalid-transaction')
  const why = isInvalid ? error.facts.reason : error.code
  const advice = (why === 'BadSignature' && parityAdvice(file)) || (ADVICE[why] ?? 'make it again with a wallet')
  const message = `expected a transaction that the rules allow in ${path}, got this: ${error.message}; ${advice}`
  return ruleErrorOf({ code: error.code, message, facts: error.facts })
}

/** Some hardware wallets end a signature with the bare parity. The file with another byte is another transaction, so that only its maker may mend it. */
function parityAdvice(file: Uint8Array): string | undefined {
  const tx = decodeTransaction(file)
  const last = isPackable(tx) ? tx.signature[64] : undefined
  if (last !== 0 && last !== 1) return undefined
  return `the last byte of the signature is ${last}, as some hardware wallets write it: add 27 to it, so that it ends in ${(27 + last).toString(16)}, and hand that file in`
}

const ADVICE: Readonly<Record<string, string>> = {
  'bad-transaction-file': 'let a wallet write it: docs/protocol.md, section 2, has the one form that it may have',
  'not-signed': 'hand in payments only: nodes make deposits from what Ethereum says',
  Overspend: 'spend less, or sign it with more inputs',
  MissingInput: 'sign it with outputs that the sender still owns, as "ttx balance --json" lists them',
  BadSignature: 'sign it with the key of its sender, and change nothing afterwards',
  BelowMinimum: 'ask for at least the minimum that "ttx node" of this network says',
  BadPayee: 'pay an address that somebody owns, and go to Ethereum with "ttx bridge"',
}

function replayed({ infohash, status }: Known): OperationError {
  return new OperationError(
    'already-known',
    `expected a transaction that is new to the node, got ${infohash}, which it has (${status}): a transaction counts once, however often it is handed in; sign a new one to pay again`,
    { facts: { infohash, status } },
  )
}

function conflicting({ infohash, rivals }: Known): RuleError {
  return new RuleError(
    'conflicting',
    `expected inputs that nothing else spends, got ${infohash}, whose rivals came first: no balance changes unless a block orders it before them; sign a new one with other inputs`,
    { infohash, rivals },
  )
}

function describeRecord(record: Known): [string, string][] {
  const { infohash, status, block, step, rivals, missing, firstSeen, problem } = record
  const rows: [string, string][] = [
    ['infohash', infohash],
    ['status', `${status}: ${STATUS_WORDS[status]}`],
  ]
  if (problem !== undefined) rows.push(['because', problem.message])
  if (firstSeen !== undefined) rows.push(['first seen', new Date(firstSeen).toISOString()])
  if (block !== undefined) rows.push(['block', `${block}, step ${step}`])
  if (rivals.length > 0) rows.push(['rivals', rivals.join(', ')])
  if (missing.length > 0) rows.push(['missing', missingWords(missing)])
  return [...rows, ...relayRows(record), ...strengthRows(record)]
}

function describe(tx: Transaction, asset: Asset | undefined, owner: Address): string {
  if (tx.kind === 'take') return describeTake(tx, owner)
  const amount = nameAmount(tx.tokens, asset)
  if (tx.kind === 'genesis') return `${amount} created (genesis)`
  if (tx.kind === 'deposit') return `${amount} from Ethereum (deposit ${tx.deposit.index})`
  if (tx.bridge !== undefined) return `${amount} to Ethereum, for ${tx.bridge.to}`
  const memo = tx.memo === undefined ? '' : `  "${tx.memo}"`
  if (tx.issuance) return `${amount} issued to ${tx.to}${memo}`
  if (tx.to === tx.from) return `${amount} to itself${memo}`
  return tx.to === owner ? `${amount} from ${tx.from}${memo}` : `${amount} to ${tx.to}${memo}`
}

/** A swap, as `owner` sees it, who made the offer or took it. */
function describeTake({ offer, from, memo }: TakeTransaction, owner: Address): string {
  const { give, want } = offer
  const isMaker = owner === offer.from
  const [paid, got] = isMaker ? [give, want] : [want, give]
  const note = memo === undefined ? '' : `  "${memo}"`
  return `${nameAmount(paid.tokens, paid.asset)} for ${nameAmount(got.tokens, got.asset)} ${isMaker ? 'to' : 'from'} ${isMaker ? from : offer.from}${note}`
}
