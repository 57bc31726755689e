// Sends calls to the bridge from an account that can pay for everything, and says what became of them.

import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { isOperationError } from '../../../node/errors.ts'
import { wrapBlobTransaction } from '../../../node/ethereum/blobs/envelope.ts'
import { tryBlobCall } from '../../../node/ethereum/blobs/try-call.ts'
import type { BridgeCall } from '../../../node/ethereum/calls.ts'
import { readRefusal } from '../../../node/ethereum/refusals.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import type { Stage } from '../../support/stage.ts'

/** `done`, or the custom error with which the bridge refused it. */
export type Outcome = string
export const DONE = 'done'

/** What a call sends along, wei: twice what is asked for, since the base fee moves. */
type Paid = Pick<BridgeCall, 'data' | 'gas' | 'sidecar'> & { readonly value?: bigint }

/** Of the account that anvil sends from: it signs by itself what has no blobs. */
const signer = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
const GWEI = 10n ** 9n

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

  async #submit({ data, gas, value = 0n, sidecar }: Paid): Promise<Hex> {
    const { client, account } = this.#stage.anvil
    const { address: to } = this.#stage.bridge
    if (sidecar === undefined) return await client.sendTransaction({ account, to, data, gas, value, chain: null })
    const { baseFeePerGas } = await client.getBlock()
    const raw = await signer.signTransaction({
      ...{ type: 'eip4844', chainId: Number(this.#stage.definition.rules.chain), to, data, gas, value },
      nonce: await client.getTransactionCount({ address: account, blockTag: 'pending' }),
      maxFeePerGas: 2n * (baseFeePerGas ?? 0n) + GWEI,
      maxPriorityFeePerGas: GWEI,
      maxFeePerBlobGas: 2n * (await client.getBlobBaseFee()) + GWEI,
      blobVersionedHashes: sidecar.hashes,
    })
    return await client.sendRawTransaction({ serializedTransaction: wrapBlobTransaction(raw, sidecar) })
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
  async #reasonOf({ data, gas, value = 0n, sidecar }: Paid): Promise<string> {
    const { client, account } = this.#stage.anvil
    const { address: to } = this.#stage.bridge
    try {
      if (sidecar === undefined) await client.call({ account, to, data, value })
      else {
        const { hashes } = sidecar
        await tryBlobCall(client, { from: account, to, data, gas, value, hashes, maxFeePerBlobGas: GWEI })
      }
      return 'reverted'
    } catch (error) {
      const refusal = readRefusal('call', error)
      return isOperationError(refusal, 'bridge-refused') ? refusal.facts.error : 'reverted'
    }
  }
}
