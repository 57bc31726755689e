// ttx offer create: sign what is given for what, and bind it.

import type { Command } from 'commander'
import { DECIMALS, nameAmount, toUnits, type WrittenAmount } from '../../../../node/client/amount.ts'
import { makeOffer, type Terms } from '../../../../node/client/offers/make.ts'
import { sparing } from '../../../../node/client/offers/sparing.ts'
import { standingOf } from '../../../../node/client/offers/standing.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { EthereumReader } from '../../../../node/ethereum/reader.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import { encodeOffer, formatOffer, type Offer } from '../../../../node/protocol/offer.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { lockPayments } from '../../account-lock.ts'
import { parseWritten } from '../../amount.ts'
import { ASSET_HELP, type Chosen, checkMeant, chooseAsset, parseAsset } from '../../assets/asset-option.ts'
import { ownNames } from '../../assets/own-names.ts'
import { nameOf } from '../../assets/words.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { writeOnce } from '../../files.ts'
import { type NodeLink, openOptionalEthereum, openOwnNode } from '../../link.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { describeWhom } from '../../moving/whom.ts'
import { type BookEntry, boundOutputs, keepInBook, readBook } from '../../offers/book.ts'
import { SAFE_WORDS, warningsOfBoth } from '../../offers/words.ts'
import { addSettings } from '../../setting-flags.ts'
import { openSigning, SIGNING_SETTINGS } from '../../signing.ts'
import { addressOf, WHOSE } from '../../whose.ts'
import { describeAncestors } from '../hold/send.ts'

type Flags = YesFlag & {
  readonly give: WrittenAmount
  readonly giveAsset?: Asset
  readonly want: WrittenAmount
  readonly wantAsset?: Asset
  readonly taker?: string
  readonly units?: boolean
  readonly unfinal?: boolean
  readonly save?: string
}

export function registerCreate(offer: Command, act: Act): void {
  addExamples(
    addSettings(
      addYes(offer.command('create'))
        .summary('offer one asset for another')
        .description(
          'Sign an offer: what the wallet gives, and what it wants for that. Nothing is sent; give the file to whoever shall take it. An offer binds whole outputs of the wallet: as long as it is open nothing else of this folder spends them, and what they hold beyond what is given comes back only when it is taken or withdrawn. So pay exact amounts into a wallet of its own, and offer from there.',
        )
        .requiredOption('--give <amount>', 'what is given, as in 1.5', parseWritten)
        .option('--give-asset <id>', `of ${ASSET_HELP}; without it TTX`, parseAsset)
        .requiredOption('--want <amount>', 'what is wanted for it', parseWritten)
        .option('--want-asset <id>', 'the same of what is wanted', parseAsset)
        .option('--taker <who>', `who alone may take it: ${WHOSE}; without it anybody`)
        .option('--units', 'amounts of other assets than TTX are in base units, whatever decimals they say')
        .option('--unfinal', 'also assets whose issuance is not final: if that loses, so does the trade')
        .option('--save <file>', 'write the offer to a new file')
        .action(act(create)),
      ['node', 'deployment', 'ethereum', ...SIGNING_SETTINGS],
    ),
    `ttx offer create --give 2 --want 5 --want-asset ${'c12fe1c06b'.repeat(4)} --save offer.json --wallet alice`,
    `ttx offer create --give 5 --give-asset ${'c12fe1c06b'.repeat(4)} --want 2 --taker bob --wallet alice --json`,
  )
}

async function create(context: CliContext, flags: Flags): Promise<Result> {
  const taker = flags.taker === undefined ? undefined : await addressOf(context, flags.taker)
  const node = await openOwnNode(context)
  using wallet = await openSigning(context)
  if (flags.giveAsset !== undefined) await checkMeant(node, wallet.address, flags.giveAsset, context.signal)
  const give = await chooseSide(context, node, flags.give, flags.giveAsset, flags)
  const want = await chooseSide(context, node, flags.want, flags.wantAsset, flags)
  const terms: Terms = {
    give: ofAsset({ tokens: give.tokens }, give.asset),
    want: ofAsset({ tokens: want.tokens }, want.asset),
    ...(taker === undefined ? {} : { taker }),
  }
  const views = [give, want].flatMap(({ view }) => view ?? [])
  const warnings = warningsOfBoth(views, await ownNames(context, node, await openIfItAnswers(context, node)))
  const { offers } = context.folder
  const whom = taker === undefined ? 'anybody who has the offer' : await describeWhom(context, taker)
  const rows = [
    ['give', give.words],
    ['from', await describeWhom(context, wallet.address)],
    ['for', want.words],
    ['to', whom],
    ...warnings.map((warning) => ['careful', warning] as const),
  ] as const
  await agree(context, node, rows, flags, 'Offer this?')
  await using _paying = await lockPayments(context.folder.outbox, wallet.address, context.signal)
  const earlier = await unsaidOf(context, node, wallet.address, terms)
  const made =
    earlier ??
    (await makeOffer(
      sparing(node, await boundOutputs(offers)),
      wallet,
      terms,
      Math.floor(Date.now() / 1_000),
      context.signal,
    ))
  const { id, offer, bound, unorderedAncestors } = made
  if (earlier === undefined) await keepInBook(offers, { offer, role: 'made', isSaid: false })
  if (flags.save !== undefined) await writeOnce(flags.save, encodeOffer(offer))
  const surplus = bound - give.tokens
  const file = formatOffer(offer)
  return {
    data: {
      ...{ offer: id, maker: wallet.address, give: terms.give, want: terms.want, taker, time: offer.time },
      ...{ prev: offer.prev, bound, unorderedAncestors, earlier: earlier !== undefined, warnings, file },
      network: networkData(context, node),
    },
    text: formatTable([
      ['offer', id],
      ['gives', `${give.words} of ${wallet.address}`],
      ['for', want.words],
      ['taker', whom],
      networkRow(context, node),
      ...(surplus === 0n
        ? []
        : [['also binds', `${wordsOf(surplus, give)}, which comes back when it is taken or withdrawn`] as const]),
      ...(unorderedAncestors === undefined ? [] : [['stands on', describeAncestors(unorderedAncestors)] as const]),
      ['ends', `never by itself: "ttx offer withdraw ${id}" ends it`],
      ...warnings.map((warning): [string, string] => ['careful', warning]),
      ['safe', SAFE_WORDS],
      ...earlierRows(earlier !== undefined, 'it was made once', 'for a second offer, run the command again'),
      ['file', file],
    ]),
    onPrinted: () => keepInBook(offers, { offer, role: 'made', isSaid: true }),
  }
}

/** An open offer of the same terms whose command was cut off before it said so. */
async function unsaidOf({ folder, signal }: CliContext, node: NodeLink, maker: string, terms: Terms) {
  const isMeant = ({ role, isSaid, end, offer }: BookEntry) =>
    role === 'made' && !isSaid && end === undefined && offer.from === maker && hasTerms(offer, terms)
  for (const { id, offer } of (await readBook(folder.offers)).filter(isMeant)) {
    const standing = await standingOf(node, offer, 0, signal)
    if (standing.state === 'open') return { id, offer, bound: standing.sum, unorderedAncestors: undefined }
  }
  return undefined
}

function hasTerms({ give, want, taker }: Offer, terms: Terms): boolean {
  const key = (each: Terms) =>
    [each.give.tokens, each.give.asset, each.want.tokens, each.want.asset, each.taker].join(' ')
  return key({ give, want, ...(taker === undefined ? {} : { taker }) }) === key(terms)
}

/** For names alone: no endpoint keeps anybody from offering what they name by its id. */
async function openIfItAnswers(context: CliContext, node: NodeLink): Promise<EthereumReader | undefined> {
  try {
    return await openOptionalEthereum(context, node)
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

/** Throws as `chooseAsset` does. */
async function chooseSide(
  context: CliContext,
  node: NodeLink,
  amount: WrittenAmount,
  asset: Asset | undefined,
  { units, unfinal }: Flags,
): Promise<Chosen> {
  if (asset !== undefined) {
    const how = { ...(units === undefined ? {} : { units }), ...(unfinal === undefined ? {} : { unfinal }) }
    return await chooseAsset(context, node, amount, { asset, ...how })
  }
  const tokens = toUnits(amount, DECIMALS, 'TTX')
  if (typeof tokens === 'bigint') return { tokens, words: nameAmount(tokens) }
  throw new OperationError(
    'bad-arguments',
    `expected an amount of TTX, ${tokens.expected}; got ${tokens.got}; write it as in 1000 or 1.5`,
  )
}

function wordsOf(tokens: bigint, { view }: Chosen): string {
  return view === undefined ? nameAmount(tokens) : nameOf(tokens, view)
}
