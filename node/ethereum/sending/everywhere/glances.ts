// What each endpoint says of Ethereum and of the account, asked once for all calls that are under way.

import type { Address } from '../../../protocol/ids.ts'
import type { GasPrice, Wei } from '../../../protocol/units.ts'
import type { Head } from '../../reader.ts'
import { answerWithin, type Endpoint } from '../endpoint.ts'

export type Glance = {
  readonly head: Head
  /** Transactions of the account in blocks, and with those that the endpoint knows to come. */
  readonly latest: number
  readonly pending: number
  /** Absent, as the next, if the endpoint does not say. */
  readonly tip: GasPrice | undefined
  readonly balance: Wei | undefined
}

export class Glances {
  readonly #account: Address
  readonly #answerMs: number
  readonly #keptMs: number
  readonly #taken = new Map<string, Promise<Glance>>()

  /** An answer serves for `keptMs`. */
  constructor(account: Address, answerMs: number, keptMs: number) {
    this.#account = account
    this.#answerMs = answerMs
    this.#keptMs = keptMs
  }

  /** Throws where the endpoint does not say what its newest block is, and which nonce is the next. */
  at(endpoint: Endpoint): Promise<Glance> {
    const known = this.#taken.get(endpoint.id)
    if (known !== undefined) return known
    const taken = answerWithin(endpoint, this.#answerMs, glanceAt(endpoint, this.#account))
    this.#taken.set(endpoint.id, taken)
    const forget = () => {
      setTimeout(() => this.#taken.delete(endpoint.id), this.#keptMs).unref()
    }
    taken.then(forget, () => this.#taken.delete(endpoint.id))
    return taken
  }
}

async function glanceAt(endpoint: Endpoint, account: Address): Promise<Glance> {
  const [head, latest, pending, tip, balance] = await Promise.all([
    endpoint.head(),
    endpoint.nonce('latest', account),
    orNothing(endpoint.nonce('pending', account)),
    orNothing(endpoint.tip()),
    orNothing(endpoint.balance(account)),
  ])
  return { head, latest, pending: Math.max(latest, pending ?? 0), tip, balance }
}

/** An answer that can be done without. */
export async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  return await answer.catch(() => undefined)
}
