// Offers in words: both sides with whole ids, and what became of each.

import { nameAmount } from '../../../node/client/amount.ts'
import { type AssetView, namesOf } from '../../../node/client/assets/view.ts'
import type { OfferStanding } from '../../../node/client/offers/standing.ts'
import type { Amount, Offer } from '../../../node/protocol/offer.ts'
import type { OwnNames } from '../assets/own-names.ts'
import type { Views } from '../assets/views.ts'
import { nameOf, warningsOf } from '../assets/words.ts'

export type Side = Amount & {
  readonly words: string
  /** Of another asset than TTX. */
  readonly view?: AssetView
}

export type Sides = {
  readonly give: Side
  readonly want: Side
  /** What speaks against either, each a sentence without a full stop. */
  readonly warnings: readonly string[]
}

const NONE: OwnNames = { names: [], warnings: [] }

/** What both people have to know before anything counts on a take. */
export const SAFE_WORDS =
  'a take is safe when a block orders it, not before: until then each of the two can spend the same money elsewhere'

/** `own`: what the wallet has, if anybody's: their names are compared, as those of the two are. Throws what the node throws. */
export async function sidesOf(
  views: Views,
  { give, want }: Pick<Offer, 'give' | 'want'>,
  own?: OwnNames,
): Promise<Sides> {
  const seen = [
    give.asset === undefined ? undefined : await views.of(give.asset),
    want.asset === undefined ? undefined : await views.of(want.asset),
  ]
  const side = (amount: Amount, view: AssetView | undefined): Side =>
    view === undefined
      ? { ...amount, words: nameAmount(amount.tokens) }
      : { ...amount, words: nameOf(amount.tokens, view), view }
  const warnings = warningsOfBoth(
    seen.flatMap((view) => view ?? []),
    own,
  )
  return { give: side(give, seen[0]), want: side(want, seen[1]), warnings }
}

/** Of the assets of an offer, beside those that the wallet has. */
export function warningsOfBoth(views: readonly AssetView[], own: OwnNames = NONE): readonly string[] {
  const others = own.names.filter(({ asset }) => views.every((view) => view.asset !== asset))
  const known = [...namesOf(views), ...others]
  const each = views.flatMap((view) => {
    const unread = view.unread === undefined ? [] : [`not known of ${view.asset}: ${view.unread}`]
    return [...warningsOf(view, known).map((warning) => `${view.asset}: ${warning}`), ...unread]
  })
  return [...each, ...(views.length === 0 ? [] : own.warnings)]
}

/** For `--json`: base units, with what the asset says of itself. */
export function sideData({ tokens, asset, view }: Side) {
  const { symbol, decimals } = view ?? {}
  return { tokens, asset, symbol, decimals }
}

export function warningRows({ warnings }: Pick<Sides, 'warnings'>): [string, string][] {
  return warnings.map((warning) => ['careful', warning])
}

/** `open`, or by what it ended, and whether that can still change. */
export function describeStanding(standing: OfferStanding): string {
  switch (standing.state) {
    case 'open':
      return standing.status === 'accepted'
        ? 'open: what it gives is there, but hangs on payments that no block has ordered'
        : `open: what it gives is there (${standing.status})`
    case 'taken':
      return `taken by ${standing.taker} in ${standing.by}, ${standingWords(standing.status)}`
    case 'withdrawn':
      return `withdrawn by ${standing.by}, ${standingWords(standing.status)}`
    case 'spent':
      return `gone: ${standing.by} spent what it gives, ${standingWords(standing.status)}`
    case 'unknown':
      return `not known: neither the node nor its peers have ${standing.missing.join(', ')}`
    case 'void':
      return `void: ${standing.why}`
  }
}

function standingWords(status: string): string {
  if (status === 'final') return 'which is final'
  if (status === 'ordered') return 'which is ordered: it stands as long as its block does'
  return `which is ${status}: a rival that a block orders would still reverse it`
}
