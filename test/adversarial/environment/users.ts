// The honest users: they ask to cross the bridge, through a node or by force, and want to be paid.

import type { NodeClient } from '../../../node/client/rpc.ts'
import type { Address, Infohash } from '../../../node/protocol/ids.ts'
import { type Account, accountOf } from '../../../scripts/assure/models/world.ts'
import type { Arena, Signed } from '../../support/processes/arena.ts'
import { stranger } from '../../support/stage.ts'
import type { Chance } from './chance.ts'

/** What a user asked for. `net` is what is paid of it, base units. */
export type Request = Signed & { readonly recipient: Address; readonly net: bigint; readonly isForced: boolean }

const LEAST = 1_000
const MOST = 10 ** 9
const USERS = 4
const FORCERS = 2

export class Users {
  /** All requests, in their order. */
  readonly requests: Request[] = []
  readonly #arena: Arena
  /** Each has one node to ask. */
  readonly #users: readonly { readonly account: Account; readonly node: NodeClient }[]
  readonly #forcers: readonly Account[]
  readonly #node: NodeClient
  /** Outputs that went into the queue. */
  readonly #forced = new Set<Infohash>()

  constructor(arena: Arena, nodes: readonly [NodeClient, NodeClient]) {
    this.#arena = arena
    this.#node = nodes[0]
    this.#users = userAccounts()
      .slice(FORCERS)
      .map((account, i) => ({ account, node: nodes[i % 2 === 0 ? 0 : 1] }))
    this.#forcers = userAccounts().slice(0, FORCERS)
  }

  /** One of them hands a request to their node: from then on it has to be paid. Does nothing without money. Throws what the node throws. */
  async ask(chance: Chance): Promise<Request | undefined> {
    const user = chance.pick(this.#users)
    const tokens = BigInt(chance.size(LEAST, MOST))
    if (user === undefined) return undefined
    const { account, node } = user
    const { spendable } = await node.call('account_balance', { owner: account.address })
    if (spendable < tokens) return undefined
    const { prev } = await node.call('account_inputs', { owner: account.address, tokens })
    const request = this.#sign(account, prev, tokens, false)
    const { status } = await node.call('tx_submit', { file: request.file })
    if (status !== 'accepted' && status !== 'waiting') throw new Error(`an honest request was taken as ${status}`)
    this.requests.push(request)
    return request
  }

  /** A request that its author puts into the queue directly, of money that nothing can take back. `undefined` if there is none. */
  async signToForce(chance: Chance): Promise<Request | undefined> {
    const account = chance.pick(this.#forcers)
    const tokens = BigInt(chance.size(LEAST, MOST))
    if (account === undefined) return undefined
    const { outputs } = await this.#node.call('account_balance', { owner: account.address })
    const output = outputs.find(({ infohash, status, value }) => {
      return status === 'final' && value >= tokens && !this.#forced.has(infohash)
    })
    if (output === undefined) return undefined
    this.#forced.add(output.infohash)
    const request = this.#sign(account, [output.infohash], tokens, true)
    this.requests.push(request)
    return request
  }

  #sign(account: Account, prev: readonly Infohash[], tokens: bigint, isForced: boolean): Request {
    const recipient = stranger(`request ${this.requests.length}`)
    const signed = this.#arena.signRequest(account, prev, tokens, recipient)
    return { ...signed, recipient, net: tokens - tokens / 100n, isForced }
  }
}

/** Who begins with money. */
export function userAccounts(): Account[] {
  return Array.from({ length: USERS + FORCERS }, (_, i) => accountOf(`user ${i}`))
}
