// ttx maker: keeps a ladder of offers along x·y = k until Ctrl-C.

import { setTimeout as delay } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { WrittenAmount } from '../../../../node/client/amount.ts'
import { Maker, type MakerDeps, type Round, type Shown } from '../../../../node/client/maker/maker.ts'
import type { Market } from '../../../../node/client/maker/market.ts'
import type { Signer } from '../../../../node/client/pay.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Figure } from '../../../../node/metrics/figures.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import { Troubles, troubleFacts } from '../../../../node/trouble.ts'
import { lockAccount, lockPayments } from '../../account-lock.ts'
import { parseWritten } from '../../amount.ts'
import { ASSET_HELP, checkMeant, parseAsset } from '../../assets/asset-option.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatJson, formatTable, type Result } from '../../context.ts'
import { openNode, openOwnNode } from '../../link.ts'
import { openMetrics, problemOf } from '../../metrics.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { describeWhom } from '../../moving/whom.ts'
import { checkAlone, makerBook, readOnly } from '../../offers/maker-book.ts'
import { type Pair, pairOf } from '../../offers/maker-pair.ts'
import { indexOf, ladderRows, reportRows } from '../../offers/maker-words.ts'
import { parsePercent } from '../../offers/percent.ts'
import { checkShowcase, showOffers } from '../../offers/showcase.ts'
import { unlockWallet } from '../../passphrase.ts'
import { printable } from '../../printable.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf } from '../../whose.ts'

type Flags = YesFlag & {
  readonly base?: Asset
  readonly quote?: Asset
  readonly shop: string
  readonly out?: string
  readonly rungs: number
  readonly size: bigint
  readonly fee: bigint
  readonly keepBase?: WrittenAmount
  readonly keepQuote?: WrittenAmount
  readonly minPrice?: WrittenAmount
  readonly maxPrice?: WrittenAmount
  readonly units?: boolean
  readonly unfinal?: boolean
  readonly dryRun?: boolean
  readonly withdraw?: boolean
}

const MAKER_FIGURES: readonly Figure<Round['report'] | undefined>[] = [
  {
    name: 'ttx_maker_offers',
    help: 'Offers of the ladder that stand, number of them',
    labels: ['side'],
    of: (report) => report && Object.entries(report.open).map(([side, count]) => [{ side }, count]),
  },
]

/** A node leaves 256 outputs alone at once, and twice as many rungs as are wanted may stand on a side. */
const MOST_RUNGS = 60
const LEFT_WORDS =
  'a take that no block has ordered has them; if it loses they stand again, so run this again after the next block'

export function registerMaker(program: Command, act: Act): void {
  addExamples(
    addSettings(
      addYes(program.command('maker'))
        .helpGroup(AUDIENCE.bridge)
        .summary('make a market: a ladder of offers along x·y = k')
        .description(
          'Run a market maker until Ctrl-C: what two wallets hold of two assets is its inventory, and it offers some of each for the other one, in rungs that become dearer along x·y = k, with a fee. Rungs that were taken are made again on the other side when a block has ordered the take, not before. The wallet of --wallet is the stock; that of --shop has an exact output for each rung, and signs the offers: make it with "ttx wallet create", with the same passphrase, for this alone. Offers are files in --out, with an index, for any web server to serve. When it ends the offers stand: --withdraw ends them. It keeps nothing but the book of offers, so it goes on after a crash where it was.',
        )
        .option('--base <id>', `what is traded, ${ASSET_HELP}; without it TTX`, parseAsset)
        .option('--quote <id>', 'what prices are in, the same; without it TTX', parseAsset)
        .option('--shop <name>', 'the wallet that signs the offers', 'shop')
        .option('--out <folder>', 'where the offers are put, for those who take them')
        .option('--rungs <count>', `of each side, 1 to ${MOST_RUNGS}`, parseRungs, 8)
        .addOption(percent('--size <percent>', 'what a rung gives, of what its side has left there', '2'))
        .addOption(percent('--fee <percent>', 'of what comes in', '1.5'))
        .option('--keep-base <amount>', 'what is never given away of the base asset', parseWritten)
        .option('--keep-quote <amount>', 'the same of the quote asset', parseWritten)
        .option('--min-price <price>', 'it neither sells nor buys below: units of quote for one of base', parseWritten)
        .option('--max-price <price>', 'nor above', parseWritten)
        .option('--units', 'amounts and prices of other assets than TTX are in base units, whatever decimals they say')
        .option('--unfinal', 'also assets whose issuance is not final: if that loses, all of it is gone')
        .option('--dry-run', 'say which ladder it would have, and do nothing; it needs no passphrase')
        .option('--withdraw', 'withdraw all offers of this market, and end')
        .action(act(run)),
      ['node', 'deployment', 'ethereum', 'pollMs', 'metrics'],
    ),
    `ttx maker --base ${'c12fe1c06b'.repeat(4)} --dry-run --wallet stock`,
    `ttx maker --base ${'c12fe1c06b'.repeat(4)} --out /var/www/offers --wallet stock --shop shop`,
    `ttx maker --base ${'c12fe1c06b'.repeat(4)} --withdraw --wallet stock`,
  )
}

async function run(context: CliContext, flags: Flags): Promise<Result | undefined> {
  const { folder, settings, signal } = context
  if (flags.base === flags.quote)
    throw badArguments('two different assets, one as --base and one as --quote', flags.base ?? 'TTX for both')
  if (flags.dryRun && flags.withdraw) throw badArguments('--dry-run or --withdraw', 'both')
  if (!flags.dryRun && !flags.withdraw && flags.out === undefined)
    throw badArguments('--out, a folder for the offers', 'none')
  const [stock, shop] = [await addressOf(context, settings.wallet), await addressOf(context, flags.shop)]
  if (stock === shop) throw badArguments('two wallets, as --wallet and --shop', stock)
  const node = await (flags.dryRun ? openNode : openOwnNode)(context)
  for (const asset of [flags.base, flags.quote]) if (asset !== undefined) await checkMeant(node, stock, asset, signal)
  const pair = await pairOf(context, node, flags)
  const market: Market = { stock, shop, ...pair.assets }
  const book = makerBook(folder.offers)
  const common = { node, now: Date.now, show: async () => undefined, alone: <T>(act: () => Promise<T>) => act() }
  if (flags.dryRun) {
    const nobody = (address: Market['stock']): Signer => ({ address, sign: signsNothing })
    const deps = { ...common, book: readOnly(book), stock: nobody(stock), shop: nobody(shop) }
    const { plan, report } = await new Maker(deps, market, pair.options).draft(signal)
    return {
      data: { ladder: ladderRows(plan, pair).map(({ data }) => data), ...report },
      text: formatTable([...ladderRows(plan, pair).map(({ row }) => row), ...reportRows(report, pair)]),
    }
  }
  const { out } = flags
  if (out !== undefined) await checkShowcase(out, folder.root, market)
  await using resources = new AsyncDisposableStack()
  const stockWallet = resources.use(await unlockWallet(context))
  const shopWallet = resources.use(await unlockWallet(context, flags.shop))
  // Of the stock as well: for another shop its rungs would be money that comes and goes, which moves the price.
  for (const wallet of [shop, stock]) resources.use(await lockAccount(folder.outbox, `maker-${wallet}`, wallet))
  const deps: MakerDeps = {
    ...{ node, now: Date.now, book, stock: stockWallet, shop: shopWallet },
    show: async (shown: readonly Shown[]) => {
      if (out !== undefined) await showOffers(out, folder.offers, shown, formatJson(indexOf(market, pair, shown)))
    },
    alone: async (act) => {
      await using _stock = await lockPayments(folder.outbox, stock, signal)
      await using _shop = await lockPayments(folder.outbox, shop, signal)
      return await act()
    },
  }
  const maker = new Maker(deps, market, pair.options)
  const rows = [
    ['market', `${pair.name('base')} for ${pair.name('quote')}`],
    ['stock', await describeWhom(context, stock)],
    ['shop', await describeWhom(context, shop)],
  ] as const
  if (!flags.withdraw) await checkAlone(node, folder.offers, market, signal)
  await agree(context, node, rows, flags, flags.withdraw ? 'Withdraw all of its offers?' : 'Make this market?')
  if (flags.withdraw) {
    const { data, text } = withdrawn(await maker.withdrawAll(signal), pair)
    const network = networkData(context, node)
    return { data: { ...data, network }, text: `${text}\n${formatTable([networkRow(context, node)])}` }
  }
  context.say(formatTable([...rows, ['offers', out ?? ''], ['node', node.url], networkRow(context, node)]))
  await keep(context, maker, pair)
  return undefined
}

/** Trouble with the node or the disk only makes it wait. */
async function keep(context: CliContext, maker: Maker, pair: Pair): Promise<void> {
  const { settings, signal, json, shell } = context
  const log = context.log.child({ part: 'maker' })
  await using stack = new AsyncDisposableStack()
  const metrics = stack.use(await openMetrics(context, 'maker'))
  const turned = metrics?.rounds.open('ladder', settings.pollMs)
  const troubles = new Troubles<'ladder'>(log, signal)
  let told = ''
  let seen: Round['report'] | undefined
  metrics?.started(() => problemOf(troubles.first()?.message))
  metrics?.add(() => seen, MAKER_FIGURES)
  while (!signal.aborted) {
    await troubles.try('ladder', async () => {
      const round = await maker.round(signal)
      if (round === undefined) return
      const { report, done } = round
      seen = report
      for (const problem of done.problems) log.debug(troubleFacts(problem), 'a payment has to wait')
      const line = formatJson(report)
      if (line === told) return
      told = line
      if (json) shell.stdout.write(printable(line))
      else log.info(Object.fromEntries(reportRows(report, pair)), 'the book')
    })
    turned?.()
    await delay(settings.pollMs, undefined, { signal }).catch(() => undefined)
  }
}

function withdrawn({ done, report }: Round, pair: Pair): Result {
  const { withdrawn: count, problems } = done
  const { open, waiting } = report
  // What a take has cannot be withdrawn: if it loses, the offer stands again. Nor can what hangs on a take that a block ordered no longer.
  const left = open.sell + open.buy - count + waiting.sold.trades + waiting.bought.trades
  const rows = problems.map((problem): [string, string] => ['careful', problem.message])
  if (left > 0) rows.push(['careful', `${left} cannot be withdrawn now: ${LEFT_WORDS}`])
  return {
    data: { withdrawn: count, left, problems: problems.map(({ code }) => code), ...report },
    text: formatTable([
      ['withdrawn', `${count} offer${count === 1 ? '' : 's'}`],
      ...rows,
      ['safe', 'when a block orders it, not before: until then a take may still win; run it again to see'],
      ...reportRows(report, pair),
    ]),
  }
}

/** Commander cannot show a bigint. */
function percent(flags: string, about: string, preset: string): Option {
  return new Option(flags, about).argParser(parsePercent).default(parsePercent(preset), preset)
}

/** For commander. */
function parseRungs(text: string): number {
  if (/^[1-9][0-9]?$/.test(text) && Number(text) <= MOST_RUNGS) return Number(text)
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MOST_RUNGS}; got ${text.slice(0, 40)}.`)
}

function badArguments(expected: string, got: string): OperationError {
  return new OperationError('bad-arguments', `expected ${expected}, got ${got}; see "ttx maker --help"`)
}

function signsNothing(): never {
  throw new RangeError('a dry run signs nothing')
}
