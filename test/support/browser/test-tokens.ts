// Tokens on the Ethereum of a devnet that behave as few do: with permits, with a fee, paused.

import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeDeployData,
  encodeFunctionData,
  erc20Abi,
  http,
  parseAbi,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { readArtifact } from '../contract/chain.ts'
import type { PageStage } from './page-stage.ts'

export type TokenName = 'PlainToken' | 'FeeToken' | 'ListToken'

const FILE = 'test/contract/harness/Tokens.sol'
const ABI = parseAbi(['function mint(address to, uint256 amount)', 'function pause(bool isPaused)'])

export class TestTokens {
  readonly #client
  readonly #wallet

  private constructor(url: string) {
    const transport = http(url)
    this.#client = createPublicClient({ transport, pollingInterval: 100 })
    this.#wallet = createWalletClient({ account: privateKeyToAccount(generatePrivateKey()), transport })
  }

  static async of(stage: PageStage): Promise<TestTokens> {
    const tokens = new TestTokens(stage.ethereumUrl)
    await stage.run('devnet', 'fund', tokens.#wallet.account.address)
    return tokens
  }

  /** With `amount` units of it for somebody. */
  async deploy(name: TokenName, owner: Address, amount: bigint): Promise<Address> {
    const { abi, bytecode } = await readArtifact(`${FILE}/${name}.json`)
    const args = name === 'PlainToken' ? [6] : []
    const { contractAddress } = await this.#send(undefined, encodeDeployData({ abi, bytecode, args }))
    if (!contractAddress) throw new Error(`expected ${name} to be deployed`)
    await this.#send(contractAddress, encodeFunctionData({ abi: ABI, functionName: 'mint', args: [owner, amount] }))
    return contractAddress
  }

  async pause(token: Address, isPaused: boolean): Promise<void> {
    await this.#send(token, encodeFunctionData({ abi: ABI, functionName: 'pause', args: [isPaused] }))
  }

  async balance(token: Address, owner: Address): Promise<bigint> {
    return await this.#client.readContract({ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [owner] })
  }

  async #send(to: Address | undefined, data: `0x${string}`) {
    const hash = await this.#wallet.sendTransaction({ chain: null, data, ...(to === undefined ? {} : { to }) })
    return await this.#client.waitForTransactionReceipt({ hash })
  }
}
