// A development chain of Ethereum (anvil or Hardhat): its clock can be moved and its accounts give away coins.

import { createPublicClient, type Hex, http, type PublicClient, parseEther } from 'viem'
import { OperationError } from '../../node/errors.ts'
import { CREATE2_PROXY, CREATE2_PROXY_CODE } from '../../node/ethereum/deploying/creation.ts'
import type { Address } from '../../node/protocol/ids.ts'

const TIMEOUT_MS = 10_000

/** Whether something answers at `url`, whatever it is. */
export async function isAnswering(url: string): Promise<boolean> {
  try {
    await createPublicClient({ transport: http(url, { timeout: 1_000, retryCount: 0 }) }).getChainId()
    return true
  } catch {
    return false
  }
}

export class DevChain {
  readonly url: string
  readonly #client: PublicClient

  constructor(url: string) {
    this.url = url
    const transport = http(url, { timeout: TIMEOUT_MS, retryCount: 1 })
    this.#client = createPublicClient({ transport, cacheTime: 0, pollingInterval: 100 })
  }

  /** Unix seconds of the newest block. */
  async time(): Promise<bigint> {
    return (await this.#client.getBlock({ blockTag: 'latest' })).timestamp
  }

  /** Number of the newest block, and whether nothing happens in it. */
  async newest(): Promise<{ readonly number: bigint; readonly isEmpty: boolean }> {
    const { number, transactions } = await this.#client.getBlock({ blockTag: 'latest' })
    return { number, isEmpty: transactions.length === 0 }
  }

  /** One block, so that the chain's clock moves on. */
  async mine(): Promise<void> {
    await this.#request('evm_mine')
  }

  /** Moves the clock, and mines a block there. Returns the new time. Throws `OperationError('not-a-devnet')`. */
  async skip(seconds: number): Promise<bigint> {
    try {
      await this.#request('evm_increaseTime', seconds)
    } catch (cause) {
      throw new OperationError(
        'not-a-devnet',
        `expected a development chain at ${this.url}, whose clock can be moved, got a refusal: time passes by itself elsewhere`,
        { facts: { endpoint: this.url }, cause },
      )
    }
    await this.mine()
    return await this.time()
  }

  /** What real chains have had for years, and anvil has: where it is missing, it is put there. */
  async haveCreate2Proxy(): Promise<void> {
    const code = await this.#client.getCode({ address: CREATE2_PROXY })
    if (code === undefined) await this.#request('hardhat_setCode', CREATE2_PROXY, CREATE2_PROXY_CODE)
  }

  /** Sends coins of the chain's own first account. */
  async fund(to: Address, ether: string): Promise<void> {
    await this.#send(to, { value: `0x${parseEther(ether).toString(16)}` })
  }

  /** Has that account call a contract. */
  async call(to: Address, data: Hex): Promise<void> {
    await this.#send(to, { data })
  }

  async #send(to: Address, what: { readonly value: Hex } | { readonly data: Hex }): Promise<void> {
    const [from] = await this.#request<readonly Hex[]>('eth_accounts')
    if (from === undefined) {
      throw new OperationError(
        'not-a-devnet',
        `expected accounts with coins at ${this.url}, got none: fund ${to} yourself`,
        {
          facts: { endpoint: this.url, to },
        },
      )
    }
    const hash = await this.#request<Hex>('eth_sendTransaction', { from, to, ...what })
    await this.#client.waitForTransactionReceipt({ hash })
  }

  /** After a restart: the chain's clock goes on from its newest block rather than from this machine's, which is behind after a skip. */
  async catchUp(): Promise<void> {
    const behind = Number(await this.time()) - Math.floor(Date.now() / 1_000)
    if (behind > 0) await this.#request('evm_increaseTime', behind)
    await this.#request('evm_setAutomine', true)
  }

  // Methods of development chains: viem knows most of them only in the dialect of one client.
  #request<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    return this.#client.request({ method, params } as never) as Promise<T>
  }
}
