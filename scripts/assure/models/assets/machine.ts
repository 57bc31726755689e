// The side of the assets model that is the step function: entries under whole names, each in a place that it may have to share.
//
// A trap takes one rule away, or puts one in that looks right: the model has to see what it does.

import {
  type Asset,
  type Deposit,
  idOf,
  kindOf,
  MOST,
  type Owner,
  type Step,
  type Take,
  type Transfer,
} from './steps.ts'

/** Each makes or destroys money, pays twice, or stops the queue. */
export const TRAPS = [
  'a name is its place',
  'names without their asset',
  'a deposit that does not fit is invalid',
  'a deposit that does not fit is cut',
  'issued coins can leave',
  'a leaf without its kind',
  'an issuance keeps nothing',
  'an issuance spends nothing',
  'a maker may take',
  'a thing for itself',
  'anybody may take',
  'one half is enough',
  'the taker signs the words alone',
  'the account of the payee is not opened',
  'what is left is lost',
] as const
export type Trap = (typeof TRAPS)[number]

type Reason =
  | 'None'
  | 'ZeroTokens'
  | 'BadAsset'
  | 'BadOffer'
  | 'MissingInput'
  | 'Overspend'
  | 'OutputExists'
  | 'Overflow'

type Entry = { readonly name: string; readonly value: number }
/** What is in each place. */
export type State = ReadonlyMap<number, Entry>
/** Of a name, the same for the same one: outputs below zero, accounts from zero on. */
export type PlaceOf = (name: string) => number

export type Leaf = { readonly kind: 0 | 2 | 3; readonly asset: Asset; readonly tokens: number }
export type Applied = { readonly reason: Reason; readonly state: State; readonly leaf?: Leaf }

/** Total on any state and any step. */
export function apply(placeOf: PlaceOf, state: State, step: Step, trap?: Trap): Applied {
  const run = new Run(placeOf, state, trap)
  const reason = run.run(step)
  if (reason !== 'None') return { reason, state }
  return { reason, state: run.state, ...(run.leaf ? { leaf: run.leaf } : {}) }
}

/** Who pays what a leaf asks for: the bridge in TTX, or the gateway of that asset in its token. */
export function payerOf({ kind, asset }: Leaf, trap?: Trap): Asset | undefined {
  if (trap === 'a leaf without its kind') return 'T'
  return kind === 3 ? (trap === 'issued coins can leave' ? asset : undefined) : kind === 0 ? 'T' : asset
}

class Run {
  readonly #placeOf: PlaceOf
  readonly #trap: Trap | undefined
  state: Map<number, Entry>
  leaf: Leaf | undefined

  constructor(placeOf: PlaceOf, state: State, trap: Trap | undefined) {
    this.#placeOf = placeOf
    this.#trap = trap
    this.state = new Map(state)
  }

  run(step: Step): Reason {
    const id = idOf(step)
    if (step.kind === 'deposit') return this.#deposit(id, step)
    if (step.kind === 'take') return this.#take(id, step)
    const { kind, from, to, asset, tokens, prev } = step
    if (tokens === 0) return 'ZeroTokens'
    if (kind === 'issuance') return this.#issue(id, step)
    if (kind === 'request' && kindOf(asset) === 3 && this.#trap !== 'issued coins can leave') return 'BadAsset'
    const sum = this.#spend(prev, from, asset)
    if (sum === undefined) return 'MissingInput'
    if (sum < tokens) return 'Overspend'
    const isOwn = kind === 'payment' && to === from
    const rest = isOwn ? sum : this.#trap === 'what is left is lost' ? 0 : sum - tokens
    if (rest > MOST) return 'Overflow'
    if (kind === 'payment' && !isOwn && !this.#create(id, to, asset, tokens)) return 'OutputExists'
    if (rest > 0 && !this.#create(id, from, asset, rest)) return 'OutputExists'
    if (isOwn) return 'None'
    if (!this.#debit(from, asset, tokens)) return 'Overspend'
    if (kind === 'payment') return this.#credit(to, asset, tokens)
    this.leaf = { kind: kindOf(asset), asset, tokens }
    return 'None'
  }

  /** Never invalid. */
  #deposit(id: string, { asset, to, tokens }: Deposit): Reason {
    const before = new Map(this.state)
    if (tokens === 0) return 'None'
    const [output, account] = [this.#output(id, to, asset), this.#account(to, asset)]
    for (const name of [output, account]) {
      const sum = this.#get(name) + tokens
      if (this.#isTaken(name) || sum > MOST) {
        if (this.#trap === 'a deposit that does not fit is invalid') return 'Overflow'
        if (this.#trap === 'a deposit that does not fit is cut') {
          if (!this.#isTaken(name)) this.#put(name, MOST)
          continue
        }
        this.state = before
        return 'None'
      }
      this.#put(name, sum)
    }
    return 'None'
  }

  /** What is spent comes back whole, and the coins are made beside it. */
  #issue(id: string, { from, to, asset, tokens, prev }: Transfer): Reason {
    if (asset !== 'T') return 'BadAsset'
    const sum = this.#trap === 'an issuance spends nothing' ? 0 : this.#spend(prev, from, 'T')
    if (sum === undefined) return 'MissingInput'
    if (sum > MOST || tokens > MOST) return 'Overflow'
    const issued: Asset = `i${id}`
    const keeps = this.#trap !== 'an issuance keeps nothing' && this.#trap !== 'an issuance spends nothing'
    if (keeps && !this.#create(id, from, 'T', sum)) return 'OutputExists'
    if (!this.#create(id, to, issued, tokens)) return 'OutputExists'
    return this.#credit(to, issued, tokens)
  }

  #take(id: string, { offer, taker, prev, signed }: Take): Reason {
    const { maker, give, gives, want, wants } = offer
    if (gives === 0 || wants === 0) return 'ZeroTokens'
    if (maker === taker && this.#trap !== 'a maker may take') return 'BadOffer'
    if (give === want && this.#trap !== 'a thing for itself') return 'BadOffer'
    const isMeant = offer.taker === undefined || offer.taker === taker
    if (!isMeant && this.#trap !== 'anybody may take') return 'BadOffer'
    if (signed !== offer.signature && this.#trap !== 'the taker signs the words alone') return 'BadOffer'
    const given = this.#spend(offer.prev, maker, give)
    const paid = given === undefined ? undefined : this.#spend(prev, taker, want)
    const isHalf = this.#trap === 'one half is enough'
    if (given === undefined || (paid === undefined && !isHalf)) return 'MissingInput'
    if (given < gives || ((paid ?? 0) < wants && !isHalf)) return 'Overspend'
    const [makerKeeps, takerKeeps] = [given - gives, Math.max(0, (paid ?? 0) - wants)]
    if (makerKeeps > MOST || takerKeeps > MOST) return 'Overflow'
    if (!this.#create(id, taker, give, gives)) return 'OutputExists'
    if (makerKeeps > 0 && !this.#create(id, maker, give, makerKeeps)) return 'OutputExists'
    if (paid !== undefined && !this.#create(id, maker, want, wants)) return 'OutputExists'
    if (takerKeeps > 0 && !this.#create(id, taker, want, takerKeeps)) return 'OutputExists'
    if (!this.#debit(maker, give, gives)) return 'Overspend'
    if (paid !== undefined && !this.#debit(taker, want, wants)) return 'Overspend'
    const first = this.#credit(taker, give, gives)
    return first !== 'None' || paid === undefined ? first : this.#credit(maker, want, wants)
  }

  /** All that the outputs hold, which are gone then; undefined if one is missing. */
  #spend(prev: readonly string[], owner: Owner, asset: Asset): number | undefined {
    let sum = 0
    if (prev.length === 0) return undefined
    for (const id of prev) {
      const name = this.#output(id, owner, asset)
      const value = this.#get(name)
      if (value === 0) return undefined
      this.#put(name, 0)
      sum += value
    }
    return sum
  }

  #create(id: string, owner: Owner, asset: Asset, value: number): boolean {
    const name = this.#output(id, owner, asset)
    if (this.#get(name) !== 0 || this.#isTaken(name)) return false
    this.#put(name, value)
    return true
  }

  #debit(owner: Owner, asset: Asset, tokens: number): boolean {
    const name = this.#account(owner, asset)
    const value = this.#get(name)
    if (value < tokens) return false
    this.#put(name, value - tokens)
    return true
  }

  #credit(owner: Owner, asset: Asset, tokens: number): Reason {
    const name = this.#account(owner, asset)
    if (this.#trap === 'the account of the payee is not opened') {
      this.#put(name, tokens)
      return 'None'
    }
    if (this.#isTaken(name)) return 'OutputExists'
    const sum = this.#get(name) + tokens
    if (sum > MOST) return 'Overflow'
    this.#put(name, sum)
    return 'None'
  }

  #output(id: string, owner: Owner, asset: Asset): string {
    return `output ${id} ${owner}${this.#named(asset)}`
  }

  #account(owner: Owner, asset: Asset): string {
    return `account ${owner}${this.#named(asset)}`
  }

  #named(asset: Asset): string {
    return this.#trap === 'names without their asset' ? ' T' : ` ${asset}`
  }

  #get(name: string): number {
    const entry = this.state.get(this.#placeOf(name))
    return entry && (entry.name === name || this.#trap === 'a name is its place') ? entry.value : 0
  }

  #isTaken(name: string): boolean {
    const entry = this.state.get(this.#placeOf(name))
    return entry !== undefined && entry.name !== name && this.#trap !== 'a name is its place'
  }

  #put(name: string, value: number): void {
    const place = this.#placeOf(name)
    if (value === 0) this.state.delete(place)
    else this.state.set(place, { name, value })
  }
}
