// The real bridge on a real chain: anvil as a child process, with the contract that accepts blocks without work.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  createTestClient,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  http,
  isHex,
  parseAbi,
  publicActions,
  walletActions,
} from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import { CREATE2_PROXY, JUDGE, JUDGE_CREATION } from '../../../node/ethereum/deploying/creation.ts'
import { type Address, parseAddress } from '../../../node/protocol/ids.ts'

const ARTIFACT = new URL(
  '../../../artifacts/test/contract/harness/BridgeHarness.sol/BridgeHarness.json',
  import.meta.url,
)
const harnessAbi = [...bridgeAbi, ...parseAbi(['function refute(bytes32 id)'])] as const
const GAS_LIMIT = 30_000_000n
/** Wei. */
const RICH = 10n ** 20n
/** Wei: that of the first block. */
const BASE_FEE = 10n ** 9n

/** Those that a test of this process is done with, reset. */
const idle: Anvil[] = []

export type Money = {
  readonly minRequest: bigint
  readonly minDeposit: bigint
  readonly floorPrice: bigint
  readonly easiestTarget: bigint
}

export class Anvil implements AsyncDisposable {
  readonly url: string
  readonly client
  readonly account: Address
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, url: string) {
    this.#process = process
    this.url = url
    this.client = createTestClient({
      mode: 'anvil',
      // It checks the proofs of blobs itself, which takes long on a busy machine.
      transport: http(url, { maxResponseBodySize: 2 ** 28, timeout: 120_000 }),
      cacheTime: 0,
    })
      .extend(publicActions)
      .extend(walletActions)
    this.account = parseAddress('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266')
  }

  static async start(flags: readonly string[] = []): Promise<Anvil> {
    const limits = ['--gas-limit', `${GAS_LIMIT}`, '--code-size-limit', '50000']
    const process = spawn(binary(), ['--port', '0', ...limits, '--timestamp', '1800000000', ...flags], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines = createInterface({ input: process.stdout })
    for await (const line of lines) {
      const url = /Listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1]
      if (url === undefined) continue
      process.stdout.resume()
      const anvil = new Anvil(process, `http://${url}`)
      // As on Ethereum, where no two blocks are of one second.
      await anvil.client.setBlockTimestampInterval({ interval: 1 })
      return anvil
    }
    throw new Error('anvil ended before it listened')
  }

  /**
   * One as new until the stack is disposed of. Then it is reset for the next test of this process: anvil loads KZG with its first blob, which takes
   * 3.5 s of CPU. With flags it is always another.
   */
  static async lend(stack: AsyncDisposableStack, flags: readonly string[] = []): Promise<Anvil> {
    if (flags.length > 0) return stack.use(await Anvil.start(flags))
    const anvil = idle.pop() ?? (await Anvil.start())
    anvil.#hold(true)
    stack.defer(() => anvil.#rest())
    return anvil
  }

  async #rest(): Promise<void> {
    const { client } = this
    try {
      await this.#ask('anvil_dropAllTransactions')
      await client.setBlockGasLimit({ gasLimit: GAS_LIMIT })
      await client.setNextBlockBaseFeePerGas({ baseFeePerGas: BASE_FEE })
      const proxy = await client.getCode({ address: CREATE2_PROXY })
      // Not by viem's `reset`, which asks for a fork.
      await this.#ask('anvil_reset')
      // It has that from its start, and not again after a reset.
      if (proxy !== undefined) await client.setCode({ address: CREATE2_PROXY, bytecode: proxy })
      await client.setAutomine(true)
      await client.setBlockTimestampInterval({ interval: 1 })
    } catch {
      // It ended, or does not answer any more.
      await this[Symbol.asyncDispose]()
      return
    }
    this.#hold(false)
    idle.push(this)
  }

  #ask(method: string): Promise<unknown> {
    return this.client.request<{ Method: string; Parameters: []; ReturnType: unknown }>({ method, params: [] })
  }

  /** Whether this process lives on for it; in any case it ends with this process. */
  #hold(isHeld: boolean): void {
    const { stdout } = this.#process
    if (isHeld) {
      process.off('exit', this.#kill)
      this.#process.ref()
      if (stdout instanceof Socket) stdout.ref()
    } else {
      process.on('exit', this.#kill)
      this.#process.unref()
      if (stdout instanceof Socket) stdout.unref()
    }
  }

  readonly #kill = () => void this.#process.kill('SIGKILL')

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await ended
  }

  /** Mines a transaction, and throws if it reverts. Whoever sends it can pay. */
  async send(to: Address | undefined, data: Hex, value = 0n, account = this.account): Promise<Hex> {
    const { client } = this
    if (account !== this.account) {
      await client.impersonateAccount({ address: account })
      await client.setBalance({ address: account, value: value + RICH })
    }
    const common = { account, data, value, gas: GAS_LIMIT / 2n, chain: null }
    const hash = await client.sendTransaction(to ? { ...common, to } : { ...common, to: null })
    const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 10 })
    assert.equal(receipt.status, 'success', `transaction ${hash} reverted`)
    return hash
  }

  /** Unless it is there. Anvil has the contract that puts it where it has to be. */
  async deployJudge(): Promise<void> {
    if ((await this.client.getCode({ address: JUDGE })) === undefined) await this.send(CREATE2_PROXY, JUDGE_CREATION)
  }

  async deploy(state: Hex, money: Money) {
    const { client } = this
    const { bytecode }: { bytecode: Hex } = JSON.parse(await readFile(ARTIFACT, 'utf8'))
    assert.ok(isHex(bytecode))
    await this.deployJudge()
    const args = [state, money.easiestTarget, money.minRequest, money.minDeposit, money.floorPrice, JUDGE] as const
    const hash = await this.send(undefined, encodeDeployData({ abi: harnessConstructor, bytecode, args }))
    const { contractAddress, blockNumber } = await client.getTransactionReceipt({ hash })
    assert.ok(contractAddress)
    const token = await client.readContract({ abi: bridgeAbi, address: contractAddress, functionName: 'token' })
    const { timestamp } = await client.getBlock({ blockNumber })
    const bridge = parseAddress(contractAddress.toLowerCase())
    return { bridge, token: parseAddress(token.toLowerCase()), block: blockNumber, time: timestamp }
  }

  /** Moves the clock to at least `time`, unix seconds. */
  async warp(time: bigint): Promise<void> {
    const { timestamp } = await this.client.getBlock()
    if (time <= timestamp) return
    await this.client.setNextBlockTimestamp({ timestamp: time })
    await this.client.mine({ blocks: 1 })
  }

  /** Replaces the newest blocks by empty ones. */
  async reorganise(depth: number): Promise<void> {
    await this.client.request<{ Method: 'anvil_reorg'; Parameters: [number, []]; ReturnType: null }>({
      method: 'anvil_reorg',
      params: [depth, []],
    })
  }

  /** Calls a function of the bridge. */
  async call(
    bridge: Address,
    functionName: string,
    args: readonly unknown[],
    value = 0n,
    account = this.account,
  ): Promise<void> {
    await this.send(bridge, encodeFunctionData({ abi: harnessAbi, functionName, args } as never), value, account)
  }

  async approve(token: Address, spender: Address, amount: bigint): Promise<void> {
    await this.send(token, encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [spender, amount] }))
  }
}

const harnessConstructor = parseAbi(['constructor(bytes32, uint256, uint128, uint128, uint256, address)'])

/** The native program: a wrapper in between would survive the signal. */
function binary(): string {
  const require = createRequire(import.meta.url)
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  return join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'anvil')
}
