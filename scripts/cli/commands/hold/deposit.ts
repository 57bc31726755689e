// ttx deposit: burn wTTX on Ethereum, to be credited on the TTX side.

import type { Command } from 'commander'
import { parseEventLogs, parseSignature } from 'viem'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../../deployments/token-abi.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Address, ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import type { Wallet } from '../../../../node/wallet/wallet.ts'
import { walletAccount } from '../../account.ts'
import { formatAmount, parseAmount } from '../../amount.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { bridgeCall, type EthereumSide, tokenBalance } from '../../ethereum.ts'
import { openNode, openRequiredEthereum } from '../../link.ts'
import { unlockWallet } from '../../passphrase.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'

const PERMIT_SECONDS = 3_600n
const PERMIT = [
  { name: 'owner', type: 'address' },
  { name: 'spender', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const

export function registerDeposit(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('deposit')
        .helpGroup(AUDIENCE.bridge)
        .summary('move wTTX back to the TTX side')
        .description(
          'Burn wTTX of the wallet on Ethereum, in one transaction (the allowance is signed along with it, EIP-2612). 99% is credited on the TTX side by the next bridging block, which has to contain it once it is an hour old; 1% goes to the miner of that block.',
        )
        .argument('<amount>', 'wTTX, as in 1.5', parseAmount)
        .argument('[to]', `who is credited: ${WHOSE}; without it your own address, which is the same on both chains`)
        .action(act(run)),
      ['node', 'ethereum'],
    ),
    'ttx deposit 50 --wallet alice',
    'ttx deposit 50 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice --json',
  )
}

async function run(context: CliContext, amount: bigint, recipient: string | undefined): Promise<Result> {
  const given = recipient === undefined ? undefined : await addressOf(context, recipient)
  const node = await openNode(context)
  const ethereum = await openRequiredEthereum(context, node)
  using wallet = await unlockWallet(context)
  const to = given ?? wallet.address
  const { infohash, index, credit, transaction } = await deposit(ethereum, wallet, amount, to, context.signal)
  return {
    data: { infohash, index, gross: amount, credit, to, transaction },
    text: formatTable([
      ['burned', `${formatAmount(amount)} wTTX of ${wallet.address}`],
      ['credits', `${formatAmount(credit)} TTX to ${to}, once a bridging block contains it`],
      ['transaction', transaction],
      ['infohash', infohash],
      ['follow it', `ttx status ${infohash}`],
    ]),
  }
}

/** Burns and waits for the receipt. `infohash` is that of the transaction which every node builds from the queue entry. */
export async function deposit(
  ethereum: EthereumSide,
  wallet: Wallet,
  amount: bigint,
  to: Address,
  signal?: AbortSignal,
) {
  const { network } = ethereum
  const least = await ethereum.ask('least deposit', (client) =>
    client.readContract({ abi: bridgeAbi, address: network.bridge, functionName: 'minDeposit' }),
  )
  if (amount < least) {
    throw new OperationError(
      'below-minimum',
      `expected a deposit of at least ${formatAmount(least)} wTTX, got ${formatAmount(amount)}; burn more: less is not worth the room in a block`,
      { facts: { amount: `${amount}`, least: `${least}` } },
    )
  }
  if (to === ZERO_ADDRESS || to === network.bridge) {
    throw new OperationError(
      'bad-address',
      `expected an address that somebody owns, got ${to}; name another recipient`,
      {
        facts: { to },
      },
    )
  }
  const balance = await tokenBalance(ethereum, wallet.address)
  if (balance < amount) {
    throw new OperationError(
      'insufficient-wttx',
      `expected ${formatAmount(amount)} wTTX at ${wallet.address}, got ${formatAmount(balance)}; deposit less, or bridge TTX to it first`,
      { facts: { account: wallet.address, balance: `${balance}`, amount: `${amount}` } },
    )
  }
  const { deadline, v, r, s } = await signPermit(ethereum, wallet, amount)
  const call = bridgeCall(network, 'depositWithPermit', [amount, to, deadline, v, r, s])
  const receipt = await ethereum.send(walletAccount(wallet), call, signal)
  const [log] = parseEventLogs({ abi: bridgeAbi, eventName: 'Deposited', logs: receipt.logs })
  if (log === undefined) throw new Error(`no Deposited event in ${receipt.transactionHash}`)
  const { index } = log.args
  const { chain, bridge } = network
  const credit = amount - amount / 100n
  const tx = { kind: 'deposit', deposit: { bridge, chain, index }, to, tokens: credit } as const
  return { infohash: infohashOf(encodeTransaction(tx)), index, credit, transaction: receipt.transactionHash }
}

async function signPermit({ ask, network }: EthereumSide, wallet: Wallet, value: bigint) {
  const token = { abi: tokenAbi, address: network.token } as const
  const owner = wallet.address
  const [name, nonce, { timestamp }] = await ask('what a permit needs', (client) =>
    Promise.all([
      client.readContract({ ...token, functionName: 'name' }),
      client.readContract({ ...token, functionName: 'nonces', args: [owner] }),
      client.getBlock({ blockTag: 'latest' }),
    ]),
  )
  const deadline = timestamp + PERMIT_SECONDS
  const signature = await walletAccount(wallet).signTypedData({
    domain: { name, version: '1', chainId: network.chain, verifyingContract: network.token },
    types: { Permit: PERMIT },
    primaryType: 'Permit',
    message: { owner, spender: network.bridge, value, nonce, deadline },
  })
  const { r, s, yParity } = parseSignature(signature)
  return { deadline, r, s, v: 27 + yParity }
}
