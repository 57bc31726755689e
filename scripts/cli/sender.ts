// An account that sends transactions to the bridge: an open wallet, what it has under way on disk, and no other process beside it.

import { join } from 'node:path'
import { OperationError } from '../../node/errors.ts'
import { type AccountDeps, EthereumAccount } from '../../node/ethereum/account.ts'
import { EthereumDeployer } from '../../node/ethereum/deploying/deployer.ts'
import { noEndpoint } from '../../node/ethereum/problems.ts'
import type { EthereumNetwork } from '../../node/ethereum/reader.ts'
import { apart } from '../../node/ethereum/sending/endpoint.ts'
import { Outbox } from '../../node/ethereum/sending/outbox.ts'
import { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import { walletAccount } from '../../node/ethereum/signer.ts'
import { type Address, ZERO_ADDRESS } from '../../node/protocol/ids.ts'
import { type GasPrice, GWEI, toGasPrice } from '../../node/protocol/units.ts'
import type { Wallet } from '../../node/wallet/wallet.ts'
import { bindNetwork } from '../bound-network.ts'
import type { Lock } from '../lock.ts'
import { lockAccountWithin } from './account-lock.ts'
import { type CliContext, formatTable } from './context.ts'
import { type NodeLink, openOwnNode } from './link.ts'
import { networkRow } from './moving/agree.ts'
import { unlockWallet } from './passphrase.ts'
import { checkNoSigner } from './signing.ts'

export type Sending = AsyncDisposable & { readonly sender: TransactionSender }
type AccountOf = (deps: AccountDeps) => EthereumAccount
type NetworkOf = () => Promise<EthereumNetwork>
type Manner = {
  readonly confirmations: number
  readonly pollMs: number
  /** How long another process that sends from the account is waited for, milliseconds. */
  readonly waitMs: number
}

/** A command waits for the block that its transaction is in, and for another command. */
const OF_COMMANDS = { confirmations: 1, pollMs: 2_000, waitMs: 30_000 }

/**
 * Of the network that the node serves: checks wallet, node and Ethereum, in this order. Throws what opening them throws, 'ethereum-missing',
 * 'account-in-use', and 'unfunded-account' where the wallet cannot pay for anything. `first` takes a lock of the caller's own before that of the
 * account, whose refusal says less. Disposing closes the connection, locks the wallet, and gives the locks back.
 */
export async function openSender(
  context: CliContext,
  first?: (account: Address) => Promise<Lock>,
): Promise<Sending & { readonly node: NodeLink }> {
  const opened = Promise.withResolvers<NodeLink>()
  const networkOf = async () => {
    const node = await openOwnNode(context)
    opened.resolve(node)
    await bindNetwork(context.folder.root, node.info.network, node.url)
    return node.info.network
  }
  const sending = await open(context, networkOf, checkAll, mannerOf(context), first)
  const node = await opened.promise
  context.say(formatTable([networkRow(context, node)]))
  return { ...sending, node }
}

/** The same for a command that sends what its user asked for, and ends: it is closed when the result was written out. */
export async function openCommandSender(
  context: CliContext,
): Promise<{ readonly node: NodeLink; readonly sender: TransactionSender }> {
  const node = await openOwnNode(context)
  const { sender } = context.resources.use(await open(context, async () => node.info.network, checkAll, OF_COMMANDS))
  return { node, sender }
}

/** The same for what goes through every endpoint, on a network that is known: one endpoint that is right is enough to begin. */
export function openDefender(context: CliContext, network: EthereumNetwork): Promise<Sending> {
  const check = async (ethereum: EthereumAccount) => {
    const checks = apart([ethereum]).map(async (endpoint) => {
      await endpoint.head()
      checkFunds(ethereum.account, await endpoint.balance(ethereum.account))
    })
    await Promise.any(checks).catch((error: AggregateError) => {
      throw error.errors[0]
    })
  }
  return open(context, async () => network, check, mannerOf(context))
}

/** The same for what makes a bridge, when there is none yet; the wallet is open until it is disposed. */
export async function openDeployer(
  context: CliContext,
  chain: bigint,
): Promise<Sending & { readonly ethereum: EthereumDeployer; readonly wallet: Wallet }> {
  const made = Promise.withResolvers<EthereumDeployer>()
  const accountOf = (deps: AccountDeps) => {
    const ethereum = new EthereumDeployer({ ...deps, chain })
    made.resolve(ethereum)
    return ethereum
  }
  const networkOf = async () => ({ chain, bridge: ZERO_ADDRESS })
  const sending = await open(context, networkOf, async () => undefined, mannerOf(context), undefined, accountOf)
  return { ...sending, ethereum: await made.promise }
}

async function open(
  context: CliContext,
  networkOf: NetworkOf,
  check: (ethereum: EthereumAccount) => Promise<void>,
  { confirmations, pollMs, waitMs }: Manner,
  first?: (account: Address) => Promise<Lock>,
  accountOf: AccountOf = (deps) => new EthereumAccount(deps),
): Promise<Sending & { readonly wallet: Wallet }> {
  const { settings, log } = context
  const { ethereum: urls } = settings
  if (urls === undefined) {
    throw noEndpoint()
  }
  checkNoSigner(context)
  const wallet = await unlockWallet(context)
  try {
    const network = await networkOf()
    const signer = walletAccount(wallet)
    const ethereum = accountOf({ urls, network, signer, now: Date.now })
    const { chain, bridge } = network
    const name = `${chain}-${bridge}-${ethereum.account}`
    await using locks = new AsyncDisposableStack()
    if (first !== undefined) locks.use(await first(ethereum.account))
    locks.use(await lockAccountWithin(waitMs, context.folder.outbox, name, ethereum.account, context.signal))
    const outbox = new Outbox(join(context.folder.outbox, `${name}.json`))
    const caps = { maxFeePerGas: ofGwei(settings.maxGasPrice), maxFeePerBlobGas: ofGwei(settings.maxBlobGasPrice) }
    const sender = new TransactionSender({ ethereum, log, now: Date.now, outbox }, { confirmations, pollMs, ...caps })
    const kept = locks.move()
    const close = async () => {
      ethereum.close()
      wallet[Symbol.dispose]()
      await kept.disposeAsync()
    }
    try {
      await outbox.load()
      await check(ethereum)
    } catch (error) {
      await close()
      throw error
    }
    return { sender, wallet, [Symbol.asyncDispose]: close }
  } catch (error) {
    wallet[Symbol.dispose]()
    throw error
  }
}

function ofGwei(price: number): GasPrice {
  return toGasPrice(BigInt(price) * GWEI)
}

function mannerOf({ settings: { confirmations, pollMs } }: CliContext): Manner {
  return { confirmations, pollMs, waitMs: 0 }
}

async function checkAll(ethereum: EthereumAccount): Promise<void> {
  await ethereum.parameters()
  checkFunds(ethereum.account, await ethereum.balance())
}

function checkFunds(account: Address, balance: bigint): void {
  if (balance === 0n) throw unfunded(account)
}

function unfunded(account: Address): OperationError {
  return new OperationError(
    'unfunded-account',
    `expected ETH for gas at ${account}, got 0 ETH; send ETH there (on a devnet: ttx devnet fund ${account})`,
    { facts: { account } },
  )
}
