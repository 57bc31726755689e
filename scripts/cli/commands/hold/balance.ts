// ttx balance: what an address holds on both sides.

import type { Command } from 'commander'
import { formatEther } from 'viem'
import { formatAmount } from '../../../../node/client/amount.ts'
import { type Address, parseAddress } from '../../../../node/protocol/ids.ts'
import { parseKeystore } from '../../../../node/wallet/keystore.ts'
import { readKeystore, walletFile } from '../../../../node/wallet/wallet-folder.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openNode, openOptionalEthereum } from '../../link.ts'
import { unlockWallet } from '../../passphrase.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'

export function registerBalance(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('balance')
        .helpGroup(AUDIENCE.bridge)
        .summary('what an address holds on both sides')
        .description(
          'Show what an address holds: TTX that can be spent now, how much of it a bridging block orders, how much is final (only final is final), and with an Ethereum endpoint its wTTX and ETH. It needs no passphrase.',
        )
        .argument('[address]', `whose money: ${WHOSE}; without it that of --wallet`)
        .action(act(balance)),
      ['node', 'ethereum'],
    ),
    'ttx balance --wallet alice',
    'ttx balance 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --json',
  )
}

async function balance(context: CliContext, whose: string | undefined): Promise<Result> {
  const owner = whose === undefined ? await walletAddress(context) : await addressOf(context, whose)
  const node = await openNode(context)
  const { spendable, ordered, final, outputs } = await node.call('account_balance', { owner }, context.signal)
  const ethereum = await openOptionalEthereum(context, node)
  const token = await ethereum?.tokenBalance(owner)
  const wei = await ethereum?.balance(owner)
  const rows: [string, string][] = [
    ['address', owner],
    ['TTX', formatAmount(spendable)],
    ['  ordered', `${formatAmount(ordered)}  (in a bridging block)`],
    ['  final', `${formatAmount(final)}  (in a final one: cannot be reversed)`],
    ['  outputs', `${outputs.length}`],
  ]
  if (token !== undefined) rows.push(['wTTX', formatAmount(token)])
  if (wei !== undefined) rows.push(['ETH', formatEther(wei)])
  return { data: { owner, spendable, ordered, final, outputs, wttx: token, wei }, text: formatTable(rows) }
}

/** From the file of the wallet; only where that does not say it, by opening it. */
export async function walletAddress(context: CliContext): Promise<Address> {
  const { folder, settings } = context
  const file = walletFile(folder.wallets, settings.wallet)
  const keystore = await readKeystore(file).catch(() => undefined)
  const address = keystore && parseKeystore(keystore, file).address
  if (address !== undefined) return parseAddress(address)
  using wallet = await unlockWallet(context)
  return wallet.address
}
