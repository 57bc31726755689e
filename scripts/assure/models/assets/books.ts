// The side of the assets model that keeps books in plain words: coins lie about, are taken up, and are laid down. It knows no places, no keys
// and no accounts.

import { type Asset, idOf, kindOf, MOST, type Owner, type Step } from './steps.ts'

type Coin = { readonly id: string; readonly owner: Owner; readonly asset: Asset; readonly value: number }

/** `out`: what has left for Ethereum, by asset. */
export type Books = { readonly coins: readonly Coin[]; readonly out: ReadonlyMap<Asset, number> }

type Flow = { readonly from: Owner; readonly to: Owner; readonly asset: Asset; readonly tokens: number }

/** What the books are after a step; undefined where it is against the rules. What does not fit is not credited. */
export function keep(books: Books, step: Step): Books | undefined {
  const id = idOf(step)
  if (step.kind === 'deposit') {
    const { asset, to, tokens } = step
    if (tokens === 0) return books
    const next = lay(books, { id, owner: to, asset, value: tokens })
    return fits(next) ? next : books
  }
  if (step.kind === 'take') {
    const { offer, taker, prev, signed } = step
    const { maker, give, gives, want, wants } = offer
    const meant = offer.taker === undefined || offer.taker === taker
    if (!meant || maker === taker || give === want || signed !== offer.signature) return undefined
    const half = move(books, id, offer.prev, { from: maker, to: taker, asset: give, tokens: gives })
    const both = half && move(half, id, prev, { from: taker, to: maker, asset: want, tokens: wants })
    return both && fits(both) ? both : undefined
  }
  const { kind, from, to, asset, tokens, prev } = step
  if (kind === 'payment') {
    const next = move(books, id, prev, { from, to, asset, tokens })
    return next && fits(next) ? next : undefined
  }
  if (kind === 'issuance') {
    if (asset !== 'T' || tokens === 0) return undefined
    const spent = pick(books, prev, from, 'T')
    if (spent === undefined) return undefined
    const kept = lay(spent.books, { id, owner: from, asset: 'T', value: spent.sum })
    const next = lay(kept, { id, owner: to, asset: `i${id}`, value: tokens })
    return fits(next) ? next : undefined
  }
  if (kindOf(asset) === 3 || tokens === 0) return undefined
  const spent = pick(books, prev, from, asset)
  if (spent === undefined || spent.sum < tokens) return undefined
  const next = lay(spent.books, { id, owner: from, asset, value: spent.sum - tokens })
  return { coins: next.coins, out: new Map(books.out).set(asset, (books.out.get(asset) ?? 0) + tokens) }
}

/** What each owner has of each asset, and each coin, under the names that the rules give them. */
export function listed({ coins }: Books): Map<string, number> {
  const entries = new Map<string, number>()
  for (const { id, owner, asset, value } of coins) {
    const account = `account ${owner} ${asset}`
    entries.set(`output ${id} ${owner} ${asset}`, value)
    entries.set(account, (entries.get(account) ?? 0) + value)
  }
  return entries
}

function move(books: Books, id: string, prev: readonly string[], { from, to, asset, tokens }: Flow): Books | undefined {
  if (tokens === 0) return undefined
  const spent = pick(books, prev, from, asset)
  if (spent === undefined || spent.sum < tokens) return undefined
  if (from === to) return lay(spent.books, { id, owner: from, asset, value: spent.sum })
  const paid = lay(spent.books, { id, owner: to, asset, value: tokens })
  return lay(paid, { id, owner: from, asset, value: spent.sum - tokens })
}

/** Takes up coins of one owner and asset, each once. */
function pick(books: Books, prev: readonly string[], owner: Owner, asset: Asset) {
  const isMeant = (coin: Coin) => coin.owner === owner && coin.asset === asset && prev.includes(coin.id)
  const [taken, left] = [books.coins.filter(isMeant), books.coins.filter((coin) => !isMeant(coin))]
  if (taken.length !== prev.length || prev.length === 0) return undefined
  return { books: { coins: left, out: books.out }, sum: taken.reduce((sum, { value }) => sum + value, 0) }
}

function lay(books: Books, coin: Coin): Books {
  return coin.value === 0 ? books : { coins: [...books.coins, coin], out: books.out }
}

function fits(books: Books): boolean {
  return [...listed(books).values()].every((value) => value <= MOST)
}
