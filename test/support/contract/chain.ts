// An Ethereum in this process, and a clock that does not move unless a test moves it.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { network } from 'hardhat'
import {
  type Abi,
  createPublicClient,
  custom,
  decodeErrorResult,
  encodeDeployData,
  type Hex,
  isHex,
  type Log,
  parseAbi,
} from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { gatewayFactoryAbi } from '../../../deployments/gateway-factory-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'

/** Gas limit of every transaction, so that none is estimated: the cap of EIP-7825, and what a deployment takes by EIP-8037. */
const GAS_LIMITS = { osaka: 2 ** 24, amsterdam: 2 ** 27 } as const
/** The rules of Ethereum that count gas; Hardhat knows those of the next fork as an experiment. */
export type Fork = keyof typeof GAS_LIMITS
const EXAMPLE_ERRORS = parseAbi([
  'error NotNewest(bytes32 id)',
  'error TooPoor(uint256 balance, uint256 least)',
  'error OtherBlock(bytes32 id)',
  'error Ended(uint256 end)',
  'error VotedAlready(address account)',
  'error NoSuchAnswer(uint256 answer)',
  'error ClaimedAlready(address account)',
])
const ALL_ERRORS = [...bridgeAbi, ...tokenAbi, ...gatewayAbi, ...gatewayFactoryAbi, ...EXAMPLE_ERRORS].filter(
  ({ type }) => type === 'error',
)

/** `gas` is the limit; by default more than any call takes. */
export type Sender = { readonly from?: Hex; readonly value?: bigint; readonly gas?: bigint }
export type Receipt = {
  readonly gasUsed: bigint
  readonly logs: readonly Log[]
  readonly contractAddress: Hex | undefined
}

/** A transaction that the chain took back, and the custom error that it named. */
export class Reverted extends Error {
  override readonly name = 'Reverted'
  readonly errorName: string
  readonly args: readonly unknown[]

  constructor(errorName: string, args: readonly unknown[], options?: { cause?: unknown }) {
    super(`${errorName}(${args.join(', ')})`, options)
    this.errorName = errorName
    this.args = args
  }
}

/** That the call reverts with this custom error, and with these arguments where they are given. */
export async function assertReverts(
  call: Promise<unknown>,
  errorName: string,
  args?: readonly unknown[],
): Promise<void> {
  await assert.rejects(call, (error) => {
    if (!(error instanceof Reverted)) throw error
    assert.equal(error.errorName, errorName, `expected ${errorName}, got ${error.message}`)
    if (args) assert.deepEqual(error.args, args)
    return true
  })
}

export class TestChain implements AsyncDisposable {
  readonly client
  /** Unlocked accounts with 10,000 coins each. */
  readonly accounts: readonly Hex[]
  /** Unix seconds of the next blocks; only tests move it. */
  time: bigint
  /** Wei for a unit of gas in the next blocks. */
  baseFee = 1_000_000_000n
  readonly #connection: Awaited<ReturnType<typeof network.create>>
  readonly #gasLimit: number

  private constructor(
    connection: Awaited<ReturnType<typeof network.create>>,
    accounts: readonly Hex[],
    time: bigint,
    gasLimit: number,
  ) {
    this.#connection = connection
    this.#gasLimit = gasLimit
    this.accounts = accounts
    this.time = time
    this.client = createPublicClient({ transport: custom(connection.provider, { retryCount: 0 }), cacheTime: 0 })
  }

  static async start(fork: Fork = 'osaka'): Promise<TestChain> {
    const next = { hardfork: 'amsterdam', transactionGasCap: false, blockGasLimit: 2 * GAS_LIMITS.amsterdam } as const
    const override = { allowBlocksWithSameTimestamp: true, ...(fork === 'amsterdam' ? next : {}) }
    const connection = await network.create({ override })
    const accounts = await connection.provider.request({ method: 'eth_accounts' })
    assert(Array.isArray(accounts) && accounts.every((account) => isHex(account)))
    // Any fixed time ahead of the clock by which the chain began.
    return new TestChain(connection, accounts, 4_000_000_000n, GAS_LIMITS[fork])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close()
  }

  account(index: number): Hex {
    const account = this.accounts[index]
    assert(account, `there is no account ${index}`)
    return account
  }

  request(method: string, params: readonly unknown[] = []): Promise<unknown> {
    return this.#connection.provider.request({ method, params })
  }

  /** Everything but `time` and `baseFee` goes back to where it was when the answer of this is called, once. */
  async snapshot(): Promise<() => Promise<void>> {
    const id = await this.request('evm_snapshot')
    return async () => assert.equal(await this.request('evm_revert', [id]), true)
  }

  /** Mines a transaction at `time`. Throws `Reverted`. */
  async send(
    to: Hex | undefined,
    data: Hex,
    { from = this.account(0), value = 0n, gas: limit = BigInt(this.#gasLimit) }: Sender = {},
  ): Promise<Receipt> {
    await this.request('evm_setNextBlockTimestamp', [toQuantity(this.time)])
    await this.request('hardhat_setNextBlockBaseFeePerGas', [toQuantity(this.baseFee)])
    const gas = { gas: toQuantity(limit), gasPrice: toQuantity(this.baseFee) }
    const transaction = { from, ...(to ? { to } : {}), data, value: toQuantity(value), ...gas }
    let hash: unknown
    try {
      hash = await this.request('eth_sendTransaction', [transaction])
    } catch (error) {
      throw toReverted(error)
    }
    assert(isHex(hash))
    const { gasUsed, logs, contractAddress } = await this.client.getTransactionReceipt({ hash })
    return { gasUsed, logs, contractAddress: contractAddress ?? undefined }
  }

  /** Mines nothing at `time`, which is that of views from then on. */
  async mine(): Promise<void> {
    await this.request('evm_setNextBlockTimestamp', [toQuantity(this.time)])
    await this.request('evm_mine')
  }

  /** The answer of a view. Throws `Reverted`. */
  async call<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      throw toReverted(error)
    }
  }

  /** Deploys an artifact by its path below `artifacts/`. */
  async deploy(artifact: string, args: readonly unknown[], sender?: Sender): Promise<Hex> {
    const { abi, bytecode } = await readArtifact(artifact)
    const { contractAddress } = await this.send(undefined, encodeDeployData({ abi, bytecode, args }), sender)
    assert(contractAddress)
    return contractAddress
  }
}

/** What the compiler wrote; `path` is below `artifacts/`. */
export async function readArtifact(path: string): Promise<{ abi: Abi; bytecode: Hex; deployedBytecode: Hex }> {
  return JSON.parse(await readFile(new URL(`../../../artifacts/${path}`, import.meta.url), 'utf8'))
}

/** What the provider threw, if it is the revert of a transaction; else the thing itself. */
function toReverted(error: unknown): unknown {
  let data: unknown
  for (let at = error; at instanceof Error && !isHex(data); at = at.cause) if ('data' in at) data = at.data
  if (!isHex(data) || data === '0x') return error
  const { errorName, args } = decodeErrorResult({ abi: ALL_ERRORS, data })
  return new Reverted(errorName, args ?? [], { cause: error })
}

function toQuantity(value: bigint): string {
  return `0x${value.toString(16)}`
}
