// The toy ledger of the assets model: who may say what. Signatures are taken as given, amounts are small, and an id is a number for what was said.

export const OWNERS = ['A', 'B', 'C'] as const
export type Owner = (typeof OWNERS)[number]

/** `T` is TTX, `X` what a contract on Ethereum entered, `i` and an id the coins of that issuance. */
export type Asset = 'T' | 'X' | `i${string}`

/** More than this does not fit into an entry of the state: 2^128 - 1 of the real one. */
export const MOST = 3

export type Offer = {
  readonly maker: Owner
  readonly prev: readonly string[]
  readonly give: Asset
  readonly gives: number
  readonly want: Asset
  readonly wants: number
  /** Anybody where there is none. */
  readonly taker?: Owner
  /** Which of many signatures of the maker under the same words. */
  readonly signature: number
}

/** An entry of lane 1 or 2. */
export type Deposit = {
  readonly kind: 'deposit'
  readonly asset: 'T' | 'X'
  readonly to: Owner
  readonly tokens: number
  readonly index: number
}

export type Transfer = {
  readonly kind: 'payment' | 'request' | 'issuance'
  readonly from: Owner
  readonly asset: Asset
  readonly to: Owner
  readonly tokens: number
  readonly prev: readonly string[]
}

export type Take = {
  readonly kind: 'take'
  readonly offer: Offer
  readonly taker: Owner
  readonly prev: readonly string[]
  /** The signature of the maker that the taker signed along. */
  readonly signed: number
}

/** A transaction is chosen by a miner, or an entry of lane 3. */
export type Step = Deposit | Transfer | Take

/** Kind 0 is TTX, 2 an asset that was entered, 3 one that was issued. */
export function kindOf(asset: Asset): 0 | 2 | 3 {
  return asset === 'T' ? 0 : asset === 'X' ? 2 : 3
}

const ids = new Map<string, string>()

/** The same for the same words, and for no others. */
export function idOf(step: Step): string {
  const words = JSON.stringify(step)
  const known = ids.get(words)
  if (known !== undefined) return known
  const id = `${ids.size}`
  ids.set(words, id)
  return id
}
