// What an account has, what gas costs and how much wTTX there is, asked of Ethereum once a minute while somebody wants to see it.

import { setTimeout as delay } from 'node:timers/promises'
import type { EthereumAccount } from '../../node/ethereum/account.ts'
import type { Logger } from '../../node/log.ts'
import type { GasPrice, Wei } from '../../node/protocol/units.ts'
import type { Rounds } from '../../node/rounds.ts'
import { Troubles } from '../../node/trouble.ts'

export type AccountSeen = {
  readonly balance: Wei
  /** Of the bridge: all bonds, and what it owes. */
  readonly bridgeBalance: Wei
  readonly baseFee: GasPrice
  /** What the bridge counts bonds at, at least. */
  readonly floorPrice: GasPrice
  /** wTTX in existence, base units. */
  readonly tokenSupply: bigint
}

export type AccountWatchDeps = {
  readonly ethereum: Pick<EthereumAccount, 'bridge' | 'balance' | 'head' | 'parameters' | 'tokenSupply'>
  readonly log: Logger
  readonly rounds: Rounds
}

const POLL_MS = 60_000

export class AccountWatch implements AsyncDisposable {
  readonly #deps: AccountWatchDeps
  readonly #pollMs: number
  readonly #stop = new AbortController()
  #seen: AccountSeen | undefined
  #running: Promise<void> | undefined

  constructor(deps: AccountWatchDeps, pollMs = POLL_MS) {
    this.#deps = deps
    this.#pollMs = pollMs
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** At the last look; `undefined` before the first, and after one that failed: an old figure would calm those who look at it. */
  get seen(): AccountSeen | undefined {
    return this.#seen
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { ethereum, log, rounds } = this.#deps
    const troubles = new Troubles<'account'>(log.child({ part: 'metrics' }), signal)
    const turned = rounds.open('account', this.#pollMs)
    while (!signal.aborted) {
      let seen: AccountSeen | undefined
      await troubles.try('account', async () => {
        const [balance, bridgeBalance, { baseFee }, { floorPrice }, tokenSupply] = await Promise.all([
          ethereum.balance(),
          ethereum.balance(ethereum.bridge),
          ethereum.head(),
          ethereum.parameters(),
          ethereum.tokenSupply(),
        ])
        seen = { balance, bridgeBalance, baseFee, floorPrice, tokenSupply }
      })
      this.#seen = seen
      turned()
      await delay(this.#pollMs, undefined, { signal }).catch(() => undefined)
    }
  }
}
