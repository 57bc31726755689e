// The account of a miner or a relayer: an open wallet that sends transactions to the bridge.

import { join } from 'node:path'
import { apart } from '../../../../node/ethereum/sending/endpoint.ts'
import { Outbox } from '../../../../node/ethereum/sending/outbox.ts'
import { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { Ethereum, type EthereumNetwork } from '../../../../node/ethereum/account.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import type { Lock } from '../../../lock.ts'
import { walletAccount } from '../../account.ts'
import { lockAccount } from '../../account-lock.ts'
import type { CliContext } from '../../context.ts'
import { type NodeLink, openNode } from '../../link.ts'
import { unlockWallet } from '../../passphrase.ts'

export type Sending = AsyncDisposable & { readonly sender: TransactionSender }
type NetworkOf = () => Promise<EthereumNetwork>

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
    opened.resolve(await openNode(context))
    return (await opened.promise).info.network
  }
  const check = async (ethereum: Ethereum) => {
    await ethereum.parameters()
    checkFunds(ethereum.account, await ethereum.balance())
  }
  const sending = await open(context, networkOf, check, first)
  return { ...sending, node: await opened.promise }
}

/** The same for what goes through every endpoint, on a network that is known: one endpoint that is right is enough to begin. */
export function openDefender(context: CliContext, network: EthereumNetwork): Promise<Sending> {
  const check = async (ethereum: Ethereum) => {
    const checks = apart([ethereum]).map(async (endpoint) => {
      await endpoint.head()
      checkFunds(ethereum.account, await endpoint.balance(ethereum.account))
    })
    await Promise.any(checks).catch((error: AggregateError) => {
      throw error.errors[0]
    })
  }
  return open(context, async () => network, check)
}

async function open(
  context: CliContext,
  networkOf: NetworkOf,
  check: (ethereum: Ethereum) => Promise<void>,
  first?: (account: Address) => Promise<Lock>,
): Promise<Sending> {
  const { settings, log } = context
  const { ethereum: urls, confirmations, pollMs } = settings
  if (urls === undefined) {
    throw new OperationError(
      'ethereum-missing',
      'expected an Ethereum endpoint, got none; name one with --ethereum URL or TTX_ETHEREUM',
    )
  }
  const wallet = await unlockWallet(context)
  try {
    const network = await networkOf()
    const signer = walletAccount(wallet)
    const ethereum = new Ethereum({ urls, network, signer, now: Date.now })
    const { chain, bridge } = network
    const name = `${chain}-${bridge}-${ethereum.account}`
    await using locks = new AsyncDisposableStack()
    if (first !== undefined) locks.use(await first(ethereum.account))
    locks.use(await lockAccount(context.folder.outbox, name, ethereum.account))
    const outbox = new Outbox(join(context.folder.outbox, `${name}.json`))
    const sender = new TransactionSender({ ethereum, log, now: Date.now, outbox }, { confirmations, pollMs })
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
    return { sender, [Symbol.asyncDispose]: close }
  } catch (error) {
    wallet[Symbol.dispose]()
    throw error
  }
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
