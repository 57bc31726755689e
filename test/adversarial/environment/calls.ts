// Sends calls to the bridge from an account that can pay for everything, and says what became of them.

import type { Hex } from 'viem'
import { isOperationError } from '../../../node/errors.ts'
import type { BridgeCall } from '../../../node/ethereum/calls.ts'
import { readRefusal } from '../../../node/ethereum/refusals.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import type { Stage } from '../../support/stage.ts'

/** `done`, or the custom error with which the bridge refused it. */
export type Outcome = string
export const DONE = 'done'

/** What a call sends along, wei: twice what is asked for, since the base fee moves. */
type Paid = Pick<BridgeCall, 'data' | 'gas'> & { readonly value?: bigint }

export class Caller {
  readonly #stage: Stage
  /** How often the bridge refused what, by its custom errors. */
  readonly refusals = new Map<string, number>()

  constructor(stage: Stage) {
    this.#stage = stage
  }

  get account(): Address {
    return this.#stage.anvil.account
  }

  /** In a block of Ethereum of its own. */
  async send(call: Paid): Promise<Outcome> {
    const hash = await this.#submit(call)
    return await this.#outcomeOf(hash, call)
  }

  /** All in one block of Ethereum, in this order. */
  async sendTogether(calls: readonly Paid[]): Promise<Outcome[]> {
    const { client } = this.#stage.anvil
    await client.setAutomine(false)
    const hashes: Hex[] = []
    try {
      for (const call of calls) hashes.push(await this.#submit(call))
      await client.mine({ blocks: 1 })
    } finally {
      await client.setAutomine(true)
    }
    const outcomes: Outcome[] = []
    for (const [i, call] of calls.entries()) outcomes.push(await this.#outcomeOf(hashes[i] ?? '0x', call))
    return outcomes
  }

  async #submit({ data, gas, value = 0n }: Paid): Promise<Hex> {
    const { client, account } = this.#stage.anvil
    return await client.sendTransaction({ account, to: this.#stage.bridge.address, data, gas, value, chain: null })
  }

  async #outcomeOf(hash: Hex, call: Paid): Promise<Outcome> {
    const { client } = this.#stage.anvil
    const { status } = await client.waitForTransactionReceipt({ hash, pollingInterval: 5, timeout: 120_000 })
    if (status === 'success') return DONE
    const reason = await this.#reasonOf(call)
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1)
    return reason
  }

  /** What the bridge says against a call now, which may be another thing than it was. */
  async #reasonOf({ data, value = 0n }: Paid): Promise<string> {
    const { client, account } = this.#stage.anvil
    try {
      await client.call({ account, to: this.#stage.bridge.address, data, value })
      return 'reverted'
    } catch (error) {
      const refusal = readRefusal('call', error)
      return isOperationError(refusal, 'bridge-refused') ? refusal.facts.error : 'reverted'
    }
  }
}
