// ttx force: put a transaction into the bridge's queue on Ethereum, so that no miner can leave it out.

import type { Command } from 'commander'
import { parseEventLogs, type TransactionReceipt } from 'viem'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { FORCE_GAS } from '../../../../node/ethereum/calls.ts'
import { OperationError } from '../../../../node/errors.ts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import { decodeTransaction } from '../../../../node/protocol/transaction.ts'
import type { Wallet } from '../../../../node/wallet/wallet.ts'
import { walletAccount } from '../../account.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { bridgeCall, type EthereumSide } from '../../ethereum.ts'
import { lookUp, openNode, openRequiredEthereum } from '../../link.ts'
import { unlockWallet } from '../../passphrase.ts'
import { parseInfohashArgument } from '../../pay.ts'
import { addSettings } from '../../setting-flags.ts'

const FETCH_MS = 5_000
const GWEI = 1_000_000_000n

export function registerForce(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('force')
        .helpGroup(AUDIENCE.bridge)
        .summary('make miners include a transaction')
        .description(
          'Put a transaction, and before it those of its ancestors that no block has ordered, into the queue of the bridge on Ethereum. Every block that is published an hour later or more has to contain them, whatever miners think of them. It costs 10,000 gas each for the miner, and the gas of the call.',
        )
        .argument('<infohash>', 'the transaction, most often a bridge request', parseInfohashArgument)
        .action(act(force)),
      ['node', 'ethereum'],
    ),
    'ttx force c12fe1c06bba254a9dc9f519b335aa7c1367a88a --wallet alice',
  )
}

async function force(context: CliContext, infohash: Infohash): Promise<Result> {
  const node = await openNode(context)
  const ethereum = await openRequiredEthereum(context, node)
  const { status, file } = await lookUp(node, infohash, FETCH_MS, context.signal)
  if (file === undefined || (status !== 'accepted' && status !== 'conflicting')) {
    const advice = status === 'ordered' || status === 'final' ? 'it is in a block already' : 'see "ttx status"'
    throw new OperationError(
      'nothing-to-force',
      `expected a transaction that waits for a block, got one that is ${status}: ${advice}`,
      { facts: { infohash, status } },
    )
  }
  const { files } = await node.call('proof_export', { infohash }, context.signal)
  using wallet = await unlockWallet(context)
  const ancestors = files.filter((each) => infohashOf(each) !== infohash)
  const forced = [...ancestors, file].map((each) => ({ infohash: infohashOf(each), packed: packFile(each) }))
  const packed = forced.map((one) => one.packed)
  const receipt = await forcePacked(ethereum, wallet, packed, context.signal)
  const entries = parseEventLogs({ abi: bridgeAbi, eventName: 'Forced', logs: receipt.logs }).map(({ args }, i) => ({
    index: args.index,
    infohash: forced[i]?.infohash,
    feeGwei: args.fee,
  }))
  return {
    data: { infohash, entries, transaction: receipt.transactionHash },
    text: formatTable([
      ...entries.map(({ index, infohash: id }): [string, string] => [`queue ${index}`, `${id}`]),
      ['transaction', receipt.transactionHash],
      ['follow it', `ttx status ${infohash}`],
    ]),
  }
}

/** Puts packed transactions into the queue, pays for them, and waits for the receipt. */
export async function forcePacked(
  ethereum: EthereumSide,
  wallet: Wallet,
  packed: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<TransactionReceipt> {
  const baseFee = await ethereum.ask('base fee', async (client) => (await client.getBlock()).baseFeePerGas ?? 0n)
  // Room for the base fee to grow by half; the contract owes back what is too much.
  const each = (((FORCE_GAS * baseFee * 3n) / 2n + GWEI) / GWEI) * GWEI
  const hex = packed.map((one): `0x${string}` => `0x${formatHex(one)}`)
  const call = bridgeCall(ethereum.network, 'force', [hex], each * BigInt(packed.length))
  return await ethereum.send(walletAccount(wallet), call, signal)
}

function packFile(file: Uint8Array): Uint8Array {
  const tx = decodeTransaction(file)
  if (tx.kind === 'signed') return packTransaction(tx)
  throw new OperationError(
    'nothing-to-force',
    `expected signed transactions only, got a ${tx.kind} among the ancestors: deposits enter blocks by themselves, wait for that`,
    { facts: { kind: tx.kind } },
  )
}
