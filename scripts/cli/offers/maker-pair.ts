// The two assets of a maker: which they are, how their amounts are written, and what its flags mean in base units.

import { DECIMALS, nameAmount, toUnits, type WrittenAmount } from '../../../node/client/amount.ts'
import type { AssetView } from '../../../node/client/assets/view.ts'
import type { LadderOptions } from '../../../node/client/maker/ladder.ts'
import type { Market } from '../../../node/client/maker/market.ts'
import { type Decimals, toPrice } from '../../../node/client/maker/price.ts'
import { OperationError } from '../../../node/errors.ts'
import { type Asset, isEntered } from '../../../node/protocol/asset.ts'
import { checkFinal, unitsOf } from '../assets/asset-option.ts'
import { assetViews } from '../assets/views.ts'
import { nameOf } from '../assets/words.ts'
import type { CliContext } from '../context.ts'
import { type NodeLink, openOptionalEthereum } from '../link.ts'

export type Place = 'base' | 'quote'

export type Pair = {
  readonly assets: Pick<Market, 'base' | 'quote'>
  readonly options: LadderOptions
  /** Those that are shown: 0 where nobody says them. */
  readonly decimals: Decimals
  /** What each says of itself; absent of TTX. */
  readonly views: { readonly [P in Place]?: AssetView }
  /** `TTX`, or the whole id with a symbol. */
  readonly name: (place: Place) => string
  /** An amount with its asset. */
  readonly words: (place: Place, tokens: bigint) => string
}

export type PairFlags = Pick<LadderOptions, 'rungs' | 'size' | 'fee'> & {
  readonly base?: Asset
  readonly quote?: Asset
  readonly keepBase?: WrittenAmount
  readonly keepQuote?: WrittenAmount
  readonly minPrice?: WrittenAmount
  readonly maxPrice?: WrittenAmount
  readonly units?: boolean
  readonly unfinal?: boolean
}

const FETCH_MS = 5_000

/** Throws `asset-not-final`, `unknown-asset`, `decimals-unknown`, `bad-arguments`, and what the node throws. */
export async function pairOf(context: CliContext, node: NodeLink, flags: PairFlags): Promise<Pair> {
  const { base, quote, rungs, size, fee, units = false, unfinal = false } = flags
  const isEthereumAsked = [base, quote].some((asset) => asset !== undefined && isEntered(asset))
  const ethereum = isEthereumAsked ? await openOptionalEthereum(context, node) : undefined
  const views = assetViews(node, ethereum, FETCH_MS, context.signal)
  const viewOf = async (asset: Asset | undefined) => {
    if (asset === undefined) return undefined
    const view = await views.of(asset)
    checkFinal(view, unfinal)
    return view
  }
  const [baseView, quoteView] = [await viewOf(base), await viewOf(quote)]
  const of = { base: baseView, quote: quoteView }
  const decimals = { base: decimalsOf(baseView), quote: decimalsOf(quoteView) }
  const amountOf = (place: Place, amount: WrittenAmount | undefined) =>
    amount === undefined ? 0n : unitsIn(of[place], amount, units)
  const priceOf = (price: WrittenAmount) => {
    const known = (place: Place) => (of[place] !== undefined && units ? 0 : knownDecimals(of[place]))
    return toPrice(price, { base: known('base'), quote: known('quote') })
  }
  return {
    assets: { ...(base === undefined ? {} : { base }), ...(quote === undefined ? {} : { quote }) },
    options: {
      ...{ rungs, size, fee },
      keep: { base: amountOf('base', flags.keepBase), quote: amountOf('quote', flags.keepQuote) },
      ...(flags.minPrice === undefined ? {} : { minPrice: priceOf(flags.minPrice) }),
      ...(flags.maxPrice === undefined ? {} : { maxPrice: priceOf(flags.maxPrice) }),
    },
    decimals,
    views: {
      ...(baseView === undefined ? {} : { base: baseView }),
      ...(quoteView === undefined ? {} : { quote: quoteView }),
    },
    name: (place) => {
      const view = of[place]
      return view === undefined ? 'TTX' : `${view.symbol ?? 'units'} of asset ${view.asset}`
    },
    words: (place, tokens) => {
      const view = of[place]
      return view === undefined ? nameAmount(tokens) : nameOf(tokens, view)
    },
  }
}

function decimalsOf(view: AssetView | undefined): number {
  return view === undefined ? DECIMALS : (view.decimals ?? 0)
}

function knownDecimals(view: AssetView | undefined): number {
  if (view === undefined) return DECIMALS
  if (view.decimals !== undefined) return view.decimals
  throw new OperationError(
    'decimals-unknown',
    `expected to know how many decimals a price of ${view.asset} has, got nothing: ${view.unread ?? 'it does not say'}; give it in base units, with --units`,
    { facts: { asset: view.asset } },
  )
}

/** Throws `decimals-unknown` and `bad-arguments`. */
function unitsIn(view: AssetView | undefined, amount: WrittenAmount, isUnits: boolean): bigint {
  if (view !== undefined) return unitsOf(view, amount, isUnits)
  const tokens = toUnits(amount, DECIMALS, 'TTX')
  if (typeof tokens === 'bigint') return tokens
  throw new OperationError(
    'bad-arguments',
    `expected an amount of TTX, ${tokens.expected}; got ${tokens.got}; write it as in 1000 or 1.5`,
  )
}
