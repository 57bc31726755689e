// What sending blobs is tested on: a contract that keeps the hashes of a transaction's blobs, on Anvil behind a mempool with geth's rules.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Abi, encodeFunctionData, numberToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { EthereumAccount } from '../../../node/ethereum/account.ts'
import { EMPTY_SIDECAR } from '../../../node/ethereum/blobs/empty-blob.ts'
import type { Sidecar } from '../../../node/ethereum/blobs/kzg-pool.ts'
import type { BridgeCall } from '../../../node/ethereum/calls.ts'
import type { BridgeParameters } from '../../../node/ethereum/reader.ts'
import { Outbox } from '../../../node/ethereum/sending/outbox.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import type { SenderOptions } from '../../../node/ethereum/sending/sender-options.ts'
import { type Hash, parseAddress, ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { toGasPrice } from '../../../node/protocol/units.ts'
import { Anvil } from '../chain/anvil.ts'
import { blobPoolRules } from '../chain/blob-pool.ts'
import { EthereumProxy } from '../chain/ethereum-proxy.ts'
import { readArtifact } from '../contract/chain.ts'
import { log } from '../log.ts'

/** Nobody else uses it. */
const signer = privateKeyToAccount(`0x${'5b'.repeat(32)}`)
const HARNESS = parseAddress(`0x${'b10b'.repeat(10)}`)
const WAIT_MS = 240_000

/** Of blobs of zeros, which need no KZG. */
export function zeros(count: number): Sidecar {
  const { blobs, commitments, cellProofs, hashes } = EMPTY_SIDECAR
  const repeat = <T>(each: readonly T[]) => Array.from({ length: count }, () => each).flat()
  return {
    ...{ blobs: repeat(blobs), commitments: repeat(commitments) },
    ...{ cellProofs: repeat(cellProofs), hashes: repeat(hashes) },
  }
}

/** In place of the bridge is a contract without parameters. */
class HarnessAccount extends EthereumAccount {
  override async parameters(): Promise<BridgeParameters> {
    await this.checkChain()
    return {
      token: ZERO_ADDRESS,
      minRequest: 1n,
      easiestTarget: 1n,
      floorPrice: toGasPrice(0n),
      genesis: ZERO_HASH,
    }
  }
}

export class BlobStage {
  readonly anvil: Anvil
  /** Has geth's rules, until a test gives it others. */
  readonly proxy: EthereumProxy
  readonly stack: AsyncDisposableStack
  /** Of all senders, unix milliseconds. */
  nowMs = Date.now()
  readonly #abi: Abi

  private constructor(stack: AsyncDisposableStack, anvil: Anvil, proxy: EthereumProxy, abi: Abi) {
    this.stack = stack
    this.anvil = anvil
    this.proxy = proxy
    this.#abi = abi
  }

  /** `flags` are for Anvil. */
  static async open(t: TestContext, flags: readonly string[] = []): Promise<BlobStage> {
    const stack = new AsyncDisposableStack()
    t.after(() => stack.disposeAsync())
    const anvil = await Anvil.lend(stack, flags)
    const { abi, deployedBytecode } = await readArtifact('test/contract/harness/BlobHarness.sol/BlobHarness.json')
    await anvil.client.setCode({ address: HARNESS, bytecode: deployedBytecode })
    await anvil.client.setBalance({ address: signer.address, value: 10n ** 21n })
    const proxy = stack.use(await EthereumProxy.start(anvil.url))
    proxy.tamper = (call) => blobPoolRules(proxy, signer.address, call)
    return new BlobStage(stack, anvil, proxy, abi)
  }

  /** A unit of blob gas costs little in the first block, and from then on 25 gwei. */
  static async openDear(t: TestContext): Promise<BlobStage> {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-genesis-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'genesis.json')
    const genesis = {
      ...{ config: { chainId: 31_337 }, alloc: {}, difficulty: '0x0', gasLimit: numberToHex(30_000_000) },
      ...{ timestamp: numberToHex(1_800_000_000), baseFeePerGas: numberToHex(10 ** 9) },
      ...{ blobGasUsed: '0x0', excessBlobGas: numberToHex(120_000_000) },
    }
    await writeFile(file, JSON.stringify(genesis))
    return await BlobStage.open(t, ['--init', file])
  }

  /** A file for an outbox. */
  async file(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-blobs-'))
    this.stack.defer(() => rm(folder, { recursive: true, force: true }))
    return join(folder, 'outbox.json')
  }

  /** As a new process has it; `file` keeps what it signs, and an endpoint has `timeoutMs` for an answer: with its first blob anvil loads a setup. */
  async sender(options: SenderOptions = {}, file?: string, timeoutMs = 60_000): Promise<TransactionSender> {
    const network = { chain: 31_337n, bridge: HARNESS }
    const now = () => this.nowMs
    const ethereum = new HarnessAccount({ urls: [this.proxy.url], network, signer, now }, { retries: 0, timeoutMs })
    this.stack.defer(() => ethereum.close())
    const outbox = new Outbox(file)
    await outbox.load()
    return new TransactionSender({ ethereum, log, now, outbox }, { confirmations: 1, pollMs: 20, ...options })
  }

  /** Has the contract keep the hashes of its blobs. */
  post(sidecar: Sidecar): BridgeCall {
    return {
      ...this.plain(),
      name: 'post',
      data: encodeFunctionData({ abi: this.#abi, functionName: 'post' }),
      sidecar,
    }
  }

  /** Has no blobs. */
  plain(): BridgeCall {
    const data = encodeFunctionData({ abi: this.#abi, functionName: 'posted' })
    return { name: 'posted', data, gas: 300_000n, bondGas: 0n }
  }

  async posted(): Promise<readonly Hash[]> {
    const abi = this.#abi
    const answer = await this.anvil.client.readContract({ address: HARNESS, abi, functionName: 'posted' })
    return answer as readonly Hash[] // by the contract
  }

  /** From now on it refuses everything. */
  async spoil(): Promise<void> {
    await this.anvil.client.setCode({ address: HARNESS, bytecode: '0x60006000fd' })
  }

  /** A block in which nothing is that offers less than `gwei` for gas. */
  async mineAt(gwei: bigint): Promise<void> {
    await this.anvil.client.setNextBlockBaseFeePerGas({ baseFeePerGas: gwei * 10n ** 9n })
    await this.anvil.client.mine({ blocks: 1 })
  }

  /** Whether the mempool has it, or a block. */
  async isThere(hash: Hash | undefined): Promise<boolean> {
    return hash !== undefined && (await this.proxy.ask('eth_getTransactionByHash', [hash])) !== null
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + WAIT_MS
    while (!(await isTrue())) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
      await delay(25)
    }
  }
}
