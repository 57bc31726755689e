// ttx history: what happened to an account, with dates, fees and names; for people, for spreadsheets, for programs.

import { type Command, InvalidArgumentError } from 'commander'
import { formatAmount } from '../../../../node/client/amount.ts'
import type { AssetView } from '../../../../node/client/assets/view.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Asset, isEntered } from '../../../../node/protocol/asset.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { listWallets } from '../../../../node/wallet/wallet-folder.ts'
import { ASSET_HELP, parseAsset } from '../../assets/asset-option.ts'
import { assetViews } from '../../assets/views.ts'
import { formatOf } from '../../assets/words.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { widthOf } from '../../columns.ts'
import { readContacts } from '../../contacts/book.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { formatCsv } from '../../history/csv.ts'
import { type HistoryEntry, historyEntry } from '../../history/entry.ts'
import { type NodeLink, openNode, openOptionalEthereum } from '../../link.ts'
import { parseLimit } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { markedStatus, markRows } from '../../status/relay-words.ts'
import { clockRows, formatUtc } from '../../time.ts'
import { addressOf, WHOSE } from '../../whose.ts'
import { walletAddress } from './balance.ts'

const FETCH_MS = 5_000
const SIGNS = { in: '+', out: '-', self: '' } as const
const COLUMNS = [
  ...[
    'time',
    'time_of',
    'status',
    'kind',
    'direction',
    'amount',
    'fee',
    'unit',
    'asset',
    'counterparty',
    'name',
    'memo',
  ],
  ...['infohash', 'block'],
]

type Flags = { readonly limit: number; readonly before?: string; readonly asset?: Asset; readonly csv?: true }
/** With what only this data folder knows. */
type Named = HistoryEntry & { readonly name?: string }

export function registerHistory(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('history')
        .helpGroup(AUDIENCE.bridge)
        .summary('what happened to an account: dates, amounts, fees, names')
        .description(
          'Show what happened to an account, newest first: when (the time of the block on Ethereum, or "seen" and when the node saw what no block has yet), how much came or went, with whom, by the name of a contact or a wallet, and what became of it. Of TTX, or with --asset of another asset. It needs no passphrase.',
        )
        .argument('[address]', `whose: ${WHOSE}; without it that of --wallet`)
        .option('--limit <count>', 'at most this many, 1 to 500', parseLimit, 50)
        .option('--before <cursor>', 'go on where the page before ended, with the cursor that it gave', parseCursor)
        .option('--asset <id>', ASSET_HELP, parseAsset)
        .option('--csv', 'comma-separated values (RFC 4180) for a spreadsheet, nothing in them a formula')
        .action(act(history)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx history --wallet alice --limit 20',
    'ttx history bob --before 1234',
    'ttx history --wallet alice --limit 500 --csv > alice.csv',
  )
}

async function history(context: CliContext, whose: string | undefined, flags: Flags): Promise<Result | undefined> {
  const { limit, before, asset, csv } = flags
  if (csv && context.json) {
    throw new OperationError('bad-arguments', 'expected one form of the answer, got --csv and --json; leave one out')
  }
  const owner = whose === undefined ? await walletAddress(context) : await addressOf(context, whose)
  const node = await openNode(context)
  const paging = before === undefined ? {} : { cursor: before }
  const page = await node.call('account_history', ofAsset({ owner, limit, ...paging }, asset), context.signal)
  const names = await namesIn(context)
  const entries = page.transactions.map((each): Named => {
    const entry = historyEntry(each, owner, asset)
    const name = entry.counterparty && names.get(entry.counterparty)
    return { ...entry, ...(name === undefined ? {} : { name }) }
  })
  const view = asset === undefined ? undefined : await viewOf(context, node, asset)
  const { cursor } = page
  if (csv) return await printCsv(context, entries, view, cursor)
  return {
    data: { owner, asset, symbol: view?.symbol, decimals: view?.decimals, entries, cursor },
    text: describe(entries, view, { owner, asset, cursor, isFirst: before === undefined, node }),
  }
}

function describe(
  entries: readonly Named[],
  view: AssetView | undefined,
  {
    owner,
    asset,
    cursor,
    isFirst,
    node,
  }: {
    readonly owner: Address
    readonly asset: Asset | undefined
    readonly cursor: string | undefined
    readonly isFirst: boolean
    readonly node: NodeLink
  },
): string {
  if (entries.length === 0) {
    const what = isFirst ? 'no transactions' : 'no older transactions'
    return `${what} of ${owner}${asset === undefined ? '' : ` that move ${asset}`} are known to this node`
  }
  const parts = entries.map((entry) => [markedStatus(entry), amountWords(entry, view)] as const)
  const statusWidth = widthOf(parts.map(([status]) => status))
  const amountWidth = widthOf(parts.map(([, amount]) => amount))
  const rows = entries.map((entry, i): [string, string] => {
    const [status = '', amount = ''] = parts[i] ?? []
    return [
      timeWords(entry),
      `${status.padEnd(statusWidth)}  ${amount.padStart(amountWidth)}  ${whoWords(entry)}  ${entry.infohash}`,
    ]
  })
  return formatTable([
    ...rows,
    ...markRows(entries),
    ...(cursor === undefined ? [] : [['older', `--before ${cursor}`] as const]),
    ...clockRows(node.info.bridge.ethereumTime, Math.floor(Date.now() / 1_000)),
  ])
}

function timeWords({ time, timeOf }: HistoryEntry): string {
  if (time === undefined) return 'unknown'
  return timeOf === 'block' ? formatUtc(time) : `${formatUtc(time)} (seen)`
}

function amountWords(entry: HistoryEntry, view: AssetView | undefined): string {
  if (entry.amount === undefined || entry.direction === undefined) return ''
  return `${SIGNS[entry.direction]}${numberOf(entry.amount, entry, view)} ${unitOf(entry, view)}`.trim()
}

function whoWords({ kind, direction, counterparty, name, fee, memo }: Named): string {
  const what = {
    payment: direction === 'out' ? 'to' : 'from',
    ...{
      request: 'to Ethereum, for',
      swap: 'swapped with',
      issuance: 'issued by',
      deposit: 'from Ethereum',
      genesis: 'genesis',
    },
  }[kind ?? 'payment']
  if (direction === 'self' && kind === 'payment') return `to itself${memo === undefined ? '' : `  "${memo}"`}`
  const who = counterparty === undefined ? '' : ` ${counterparty}${name === undefined ? '' : ` (${name})`}`
  const paid = fee === 0n ? '' : `, fee ${formatAmount(fee)} TTX`
  return `${what}${who}${paid}${memo === undefined ? '' : `  "${memo}"`}`
}

/** Of an asset whose decimals nobody says, or another one than was asked for, in base units. */
function numberOf(amount: bigint, { asset }: HistoryEntry, view: AssetView | undefined): string {
  if (asset === undefined) return formatAmount(amount)
  return view?.asset === asset && view.decimals !== undefined ? formatAmount(amount, view.decimals) : `${amount}`
}

function unitOf({ asset }: HistoryEntry, view: AssetView | undefined): string {
  if (asset === undefined) return 'TTX'
  if (view?.asset !== asset) return `units of ${asset}`
  return formatOf(0n, view).slice(2)
}

/** As bytes, since line ends are part of it. */
async function printCsv(
  { shell }: CliContext,
  entries: readonly Named[],
  view: AssetView | undefined,
  cursor: string | undefined,
): Promise<undefined> {
  const rows = entries.map((entry) => {
    const { time, timeOf, status, kind, direction, amount, fee, asset, counterparty, name, memo } = entry
    const cells = [
      ...[time === undefined ? '' : new Date(1_000 * time).toISOString(), timeOf, status, kind, direction],
      ...[amount === undefined ? '' : numberOf(amount, entry, view), formatAmount(fee), unitOf(entry, view), asset],
      ...[counterparty, name, memo, entry.infohash, entry.block],
    ]
    return cells.map((cell) => cell ?? '')
  })
  const text = formatCsv([COLUMNS, ...rows])
  await new Promise<void>((resolve, reject) => {
    shell.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
  if (cursor !== undefined) shell.stderr.write(`there is more: --before ${cursor}\n`)
}

async function namesIn({ folder }: CliContext): Promise<ReadonlyMap<Address, string>> {
  const contacts = (await readContacts(folder.root)).map(({ name, address }) => [address, `contact ${name}`] as const)
  const wallets = (await listWallets(folder.wallets)).flatMap(({ name, address }) =>
    address === undefined ? [] : [[address, `wallet ${name}`] as const],
  )
  return new Map([...contacts, ...wallets])
}

async function viewOf(context: CliContext, node: NodeLink, asset: Asset): Promise<AssetView> {
  const ethereum = isEntered(asset) ? await openOptionalEthereum(context, node) : undefined
  return await assetViews(node, ethereum, FETCH_MS, context.signal).of(asset)
}

function parseCursor(text: string): string {
  if (/^[0-9]{1,15}$/.test(text)) return text
  throw new InvalidArgumentError(
    `Expected the cursor that the page before gave, as in 1234; got ${JSON.stringify(text.slice(0, 40))}.`,
  )
}
