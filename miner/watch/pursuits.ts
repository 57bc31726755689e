// Wrong blocks that are being killed, each by itself, so that none waits for another.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../node/errors.ts'
import type { Logger } from '../../node/log.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import type { TransactionSender } from '../ethereum/sender.ts'
import type { Ethereum } from '../ethereum.ts'
import type { Troubles } from '../trouble.ts'
import type { Case, Cases } from './cases.ts'
import type { Refutation } from './refutation.ts'
import { type Prepared, sendRefutation, tryRefutation } from './refuter.ts'

export type PursuitDeps = {
  readonly log: Logger
  readonly cases: Cases
  readonly troubles: Troubles<string>
  /** A refutation is tried on all of them before it is sent. */
  readonly endpoints: readonly Ethereum[]
  /** Without one refutations are tried only. */
  readonly sender?: TransactionSender
  /** Ends them all. */
  readonly signal: AbortSignal
}

/** After a refutation without effect the next one waits so long, then twice as long, up to an eighth of what is left. */
const FIRST_PAUSE_MS = 15_000
/** At a time: each has a transaction under way, and mempools take so many of an account. */
const MOST = 16

export class Pursuits {
  readonly #deps: PursuitDeps
  readonly #underWay = new Map<Hash, Promise<void>>()

  constructor(deps: PursuitDeps) {
    this.#deps = deps
  }

  get isFull(): boolean {
    return this.#underWay.size >= MOST
  }

  isUnderWay(block: Hash): boolean {
    return this.#underWay.has(block)
  }

  /**
   * What goes wrong is a trouble of the task `block ID refutation`, and ends it; the next look begins another. `prove` makes the refutation
   * when its turn has come.
   */
  begin(opened: Case, prove: () => Promise<Refutation>): void {
    const { block } = opened
    const pursuit = this.#deps.troubles
      .try(`block ${block} refutation`, () => this.#pursue(opened, prove))
      .finally(() => this.#underWay.delete(block))
    this.#underWay.set(block, pursuit)
  }

  async ended(): Promise<void> {
    await Promise.all(this.#underWay.values())
  }

  /** Also for a block that was killed and is alive to the node: the node is late, or Ethereum was reorganised. */
  async #pursue({ block, problem, deadline, failures = 0 }: Case, prove: () => Promise<Refutation>): Promise<void> {
    const { sender, cases, signal, endpoints } = this.#deps
    if (failures > 0) await this.#pause(failures, deadline)
    const prepared = await tryRefutation(endpoints, block, await prove())
    if (prepared === undefined) return cases.close({ block, problem, deadline, by: 'others' })
    const { call, gas, reward } = prepared
    cases.change(block, { state: 'open' })
    if (sender === undefined) return this.#tell(block, prepared)
    try {
      const kill = await sendRefutation(sender, block, call, { signal, deadline })
      if (kill.by === 'others') return cases.close({ block, problem, deadline, by: 'others', gas })
      const { hash: transaction, gasUsed } = kill.receipt
      cases.close({ block, problem, deadline, by: 'us', gas: gasUsed, reward, transaction })
    } catch (error) {
      // Each of these has cost gas.
      if (error instanceof OperationError && error.code === 'refutation-failed') {
        cases.change(block, { failures: failures + 1 })
      }
      throw error
    }
  }

  /** What a dry run would have sent. */
  #tell(block: Hash, { call, gas, reward }: Prepared): void {
    const { cases, log } = this.#deps
    cases.change(block, { state: 'tried', gas, reward })
    const facts = { block, gas: `${gas}`, gasLimit: `${call.gas}`, reward: `${reward}`, data: call.data }
    log.warn(facts, 'dry run: this refutation would kill the block; nothing was sent')
  }

  async #pause(failures: number, deadline: bigint): Promise<void> {
    const { endpoints, signal } = this.#deps
    const [endpoint] = endpoints
    const left = endpoint === undefined ? 0n : deadline - (await endpoint.head()).next
    const longestMs = Math.max(Number(left) * 125, FIRST_PAUSE_MS)
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20), longestMs)
    await delay(pauseMs, undefined, { signal })
  }
}
