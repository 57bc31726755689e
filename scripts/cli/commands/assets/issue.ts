// ttx asset issue: make a new asset, all of it at once and for good.

import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { formatClaim, isSymbol, MAX_DECIMALS } from '../../../../node/asset-claim.ts'
import { toUnits, type WrittenAmount } from '../../../../node/client/amount.ts'
import { sparing } from '../../../../node/client/offers/sparing.ts'
import { pay } from '../../../../node/client/pay.ts'
import { moneyImitatedBy } from '../../../../node/client/symbol.ts'
import { OperationError } from '../../../../node/errors.ts'
import { equalBytes } from '../../../../node/protocol/bytes.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { lockPayments } from '../../account-lock.ts'
import { parseWritten } from '../../amount.ts'
import { checkOwnable } from '../../assets/asset-option.ts'
import { MAX_PROSPECTUS_BYTES, prospectusTorrent } from '../../assets/prospectus.ts'
import { formatOf } from '../../assets/words.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readLimited, writeNew } from '../../files.ts'
import { openOwnNode } from '../../link.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { payOnce } from '../../moving/unsaid.ts'
import { describeWhom } from '../../moving/whom.ts'
import { boundOutputs } from '../../offers/book.ts'
import { addSettings } from '../../setting-flags.ts'
import { openSigning, SIGNING_SETTINGS } from '../../signing.ts'
import { addressOf, WHOSE } from '../../whose.ts'

type Flags = YesFlag & {
  readonly decimals: number
  readonly to?: string
  readonly prospectus?: string
  readonly torrent?: string
}

const INFOHASH = /^[0-9a-f]{40}$/i

export function registerIssue(asset: Command, act: Act): void {
  addExamples(
    addSettings(
      addYes(asset.command('issue'))
        .summary('make a new asset')
        .description(
          'Create all units of a new asset, once: nobody can make more of it, nor take any back. It costs no TTX: the wallet needs some, which come back to it. Symbol, decimals and prospectus go into the memo of the issuance, where everyone can read them and nobody has checked them. The id of the asset is the infohash of its issuance. Wallets refuse the asset until its issuance is final.',
        )
        .argument('<symbol>', 'what it calls itself: 1 to 16 letters, digits and points of ASCII', parseSymbol)
        .argument('<amount>', 'all that there will ever be, as in 1000000 or 0.5', parseWritten)
        .option('--decimals <count>', `digits after the point, 0 to ${MAX_DECIMALS}`, parseDecimals, 18)
        .option('--to <owner>', `who gets all of it: ${WHOSE}; without it the wallet`)
        .option(
          '--prospectus <file-or-infohash>',
          'the text that says what it is: a file, or the infohash of its torrent',
        )
        .option('--torrent <file>', 'write the torrent of that file to a new file, to seed it with')
        .action(act(issue)),
      ['node', 'deployment', ...SIGNING_SETTINGS],
    ),
    'ttx asset issue GOLD 1000000 --decimals 6 --prospectus gold.pdf --torrent gold.torrent --wallet alice',
    'ttx asset issue GOLD 1000000 --to bob --wallet alice --json',
  )
}

async function issue(context: CliContext, symbol: string, amount: WrittenAmount, flags: Flags): Promise<Result> {
  const { decimals } = flags
  const money = moneyImitatedBy(symbol)
  if (money !== undefined)
    throw badArguments(`a symbol that is not read as ${money}, got ${symbol}; choose another one`)
  const tokens = toUnits(amount, decimals, symbol)
  if (typeof tokens !== 'bigint')
    throw badArguments(`an amount, ${tokens.expected}, got ${tokens.got}; give another one, or other --decimals`)
  if (flags.torrent !== undefined && (flags.prospectus === undefined || INFOHASH.test(flags.prospectus)))
    throw badArguments(
      'a file as --prospectus, since --torrent writes the torrent of that, got none; leave out --torrent',
    )
  const given = flags.to === undefined ? undefined : await addressOf(context, flags.to)
  const node = await openOwnNode(context)
  using wallet = await openSigning(context)
  const to = given ?? wallet.address
  checkOwnable(node, to)
  const issued = { symbol, decimals }
  const whom = await describeWhom(context, to, wallet.address)
  const terms = [
    ['issue', `${formatOf(tokens, issued)}, ${tokens} units, once and for all`],
    ['from', await describeWhom(context, wallet.address)],
    ['to', whom],
  ] as const
  await agree(context, node, terms, flags, 'Issue this?')
  const prospectus = await prospectusOf(flags)
  context.resources.use(await lockPayments(context.folder.outbox, wallet.address, context.signal))
  const memo = formatClaim({ symbol, decimals, ...(prospectus === undefined ? {} : { prospectus }) })
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const payer = sparing(node, await boundOutputs(context.folder.offers))
  const what = { to, tokens, issuance: true, memo } as const
  const paid = await payOnce(context, node, wallet.address, ['issue', to, tokens, memo], (keep) =>
    pay(payer, wallet, what, nowSeconds, context.signal, keep),
  )
  const { infohash, record, isEarlier, acknowledge } = paid
  return {
    data: {
      ...{ asset: infohash, status: record.status, issuer: wallet.address, to, tokens, ...issued, prospectus, memo },
      earlier: isEarlier,
      network: networkData(context, node),
    },
    text: formatTable([
      ['issued', `${formatOf(tokens, issued)}, ${tokens} units, to ${whom}`],
      networkRow(context, node),
      ['asset', `${infohash}: this id is the asset, give it to those who shall accept it`],
      ['memo', memo],
      ...(prospectus === undefined ? [] : [['prospectus', `${prospectus}: keep its torrent seeded`] as const]),
      ['status', `${record.status}: wallets refuse it until it is final`],
      ['follow it', `ttx wait ${infohash}`],
      ...earlierRows(isEarlier, 'it was issued once', 'for a second asset, run the command again'),
    ]),
    onPrinted: acknowledge,
  }
}

/** Throws what reading and writing files throw. */
async function prospectusOf({ prospectus, torrent: out }: Flags): Promise<Infohash | undefined> {
  if (prospectus === undefined) return undefined
  if (INFOHASH.test(prospectus)) return prospectus.toLowerCase() as Infohash // 40 hex digits
  const bytes = await readLimited(prospectus, MAX_PROSPECTUS_BYTES, 'the prospectus of an asset, or its infohash')
  const { infohash, torrent } = prospectusTorrent(prospectus, bytes)
  // A command that went no further may have left it.
  const before = out === undefined ? undefined : await readFile(out).catch(() => undefined)
  if (out !== undefined && !(before && equalBytes(before, torrent))) await writeNew(out, torrent)
  return infohash
}

function badArguments(expectedAndGot: string): OperationError {
  return new OperationError('bad-arguments', `expected ${expectedAndGot}`)
}

function parseSymbol(text: string): string {
  if (isSymbol(text)) return text
  throw new InvalidArgumentError(
    `Expected a symbol of 1 to 16 letters A-Z and a-z, digits and points, at least one letter, no point in front; got ${JSON.stringify(text.slice(0, 40))}.`,
  )
}

function parseDecimals(text: string): number {
  const decimals = Number(text)
  if (/^[0-9]{1,2}$/.test(text) && decimals <= MAX_DECIMALS) return decimals
  throw new InvalidArgumentError(`Expected 0 to ${MAX_DECIMALS} decimals; got ${text.slice(0, 40)}.`)
}
