// Ethereum for commands: one account, the bridge and its token; each failure in words of this program.

import {
  type Abi,
  BaseError,
  type ContractFunctionArgs,
  type ContractFunctionName,
  createPublicClient,
  encodeFunctionData,
  formatEther,
  type Hex,
  http,
  type LocalAccount,
  type PublicClient,
  type TransactionReceipt,
} from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../deployments/token-abi.ts'
import { isSilence, nameOf, readRefusal } from '../../node/ethereum/refusals.ts'
import { OperationError } from '../../node/errors.ts'
import { type Address, parseAddress } from '../../node/protocol/ids.ts'

export type BridgeNetwork = { readonly chain: bigint; readonly bridge: Address; readonly token: Address }

/** `deposit`, with its name and the wei that go with it. */
export type Call = { readonly name: string; readonly to: Address; readonly data: Hex; readonly value?: bigint }

export type EthereumSide = {
  readonly url: string
  readonly network: BridgeNetwork
  readonly client: PublicClient
  /** Any question, its failures in our words. Throws `OperationError`: `ethereum-silent`, `ethereum-refused`. */
  readonly ask: <T>(what: string, question: (client: PublicClient) => Promise<T>) => Promise<T>
  /**
   * Tries the call, then sends it and waits until it is in a block. Throws `OperationError`: `unfunded-account`, those of
   * `readRefusal`, `transaction-failed`.
   */
  readonly send: (account: LocalAccount, call: Call, signal?: AbortSignal) => Promise<TransactionReceipt>
}

const TIMEOUT_MS = 10_000
const RECEIPT_TIMEOUT_MS = 180_000

/** Checks that something answers at `url` and that it is the right chain. Throws `ethereum-silent`, `ethereum-wrong-chain`. */
export async function openEthereum(url: string, network: BridgeNetwork): Promise<EthereumSide> {
  const name = nameOf([url])
  const client = createPublicClient({
    transport: http(url, { timeout: TIMEOUT_MS, retryCount: 1 }),
    cacheTime: 0,
    pollingInterval: 250,
  })
  const ask: EthereumSide['ask'] = async (what, question) => {
    try {
      return await question(client)
    } catch (cause) {
      throw inOurWords(name, what, cause)
    }
  }
  const chain = await ask('chain id', async (asked) => BigInt(await asked.getChainId()))
  if (chain !== network.chain) {
    throw new OperationError(
      'ethereum-wrong-chain',
      `expected chain ${network.chain} at ${name}, got chain ${chain}; name an endpoint of the node's network with --ethereum`,
      { facts: { endpoint: name, expected: `${network.chain}`, got: `${chain}` } },
    )
  }
  const side: EthereumSide = {
    url,
    network,
    client,
    ask,
    send: (account, call, signal) => send(side, account, call, signal),
  }
  return side
}

export function bridgeCall<Name extends ContractFunctionName<typeof bridgeAbi, 'nonpayable' | 'payable'>>(
  network: BridgeNetwork,
  name: Name,
  args: ContractFunctionArgs<typeof bridgeAbi, 'nonpayable' | 'payable', Name>,
  value = 0n,
): Call {
  // viem cannot follow a generic name through its own types; the signature above has checked both.
  const abi: Abi = bridgeAbi
  const data = encodeFunctionData({ abi, functionName: name as string, args: args as readonly unknown[] })
  return { name, to: network.bridge, data, value }
}

/** wTTX of an address, base units. */
export function tokenBalance({ ask, network }: EthereumSide, owner: Address): Promise<bigint> {
  return ask('wTTX balance', (client) =>
    client.readContract({ abi: tokenAbi, address: network.token, functionName: 'balanceOf', args: [owner] }),
  )
}

async function send(
  { ask, client, network }: EthereumSide,
  account: LocalAccount,
  { name, to, data, value = 0n }: Call,
  signal?: AbortSignal,
): Promise<TransactionReceipt> {
  const from = parseAddress(account.address)
  const balance = await ask('balance', () => client.getBalance({ address: from }))
  if (balance === 0n) throw unfunded(from, name, balance)
  try {
    await client.call({ account: from, to, data, value })
  } catch (cause) {
    throw (
      readRefusal(name, cause) ?? (isPoor(cause) ? unfunded(from, name, balance, cause) : inOurWords(to, name, cause))
    )
  }
  const request = await ask(`to prepare ${name}`, () =>
    client.prepareTransactionRequest({ account, to, data, value, chain: null, type: 'eip1559' }),
  )
  const cost = value + request.gas * request.maxFeePerGas
  if (balance < cost) throw unfunded(from, name, balance, undefined, cost)
  signal?.throwIfAborted()
  const serializedTransaction = await account.signTransaction({
    type: 'eip1559',
    chainId: Number(network.chain),
    to,
    data,
    value,
    gas: (request.gas * 5n) / 4n,
    nonce: request.nonce,
    maxFeePerGas: request.maxFeePerGas,
    maxPriorityFeePerGas: request.maxPriorityFeePerGas,
  })
  const hash = await ask(`to take ${name}`, () => client.sendRawTransaction({ serializedTransaction }))
  const receipt = await ask(`receipt of ${hash}`, () =>
    client.waitForTransactionReceipt({ hash, timeout: RECEIPT_TIMEOUT_MS }),
  )
  if (receipt.status === 'success') return receipt
  throw new OperationError(
    'transaction-failed',
    `expected ${name} to succeed on Ethereum, got a revert in transaction ${hash}; something else came first: look at the status and try again`,
    { facts: { call: name, transaction: hash }, retry: true },
  )
}

function unfunded(account: Address, call: string, balance: bigint, cause?: unknown, cost?: bigint): OperationError {
  const least = cost === undefined ? 'ETH for gas' : `${formatEther(cost)} ETH for gas`
  return new OperationError(
    'unfunded-account',
    `expected ${least} at ${account} to ${call}, got ${formatEther(balance)} ETH; send ETH there (on a devnet: ttx devnet fund ${account})`,
    {
      facts: { account, call, balanceWei: `${balance}`, ...(cost === undefined ? {} : { costWei: `${cost}` }) },
      cause,
    },
  )
}

function isPoor(error: unknown): boolean {
  return (
    error instanceof BaseError && /insufficient funds|doesn't have enough|exceeds the balance/i.test(`${error.message}`)
  )
}

function inOurWords(name: string, what: string, cause: unknown): unknown {
  if (cause instanceof OperationError) return cause
  if (isSilence(cause)) {
    return new OperationError(
      'ethereum-silent',
      `expected Ethereum at ${name} to answer (${what}), got nothing of use: ${messageOf(cause)}; check that it runs, or name another with --ethereum`,
      { facts: { endpoint: name, what }, retry: true, cause },
    )
  }
  return new OperationError('ethereum-refused', `expected ${what} from ${name}, got an error: ${messageOf(cause)}`, {
    facts: { endpoint: name, what },
    cause,
  })
}

/** Of viem's errors the part without URLs; others come of answers that make no sense. */
function messageOf(cause: unknown): string {
  return cause instanceof BaseError ? cause.shortMessage : String(cause)
}
