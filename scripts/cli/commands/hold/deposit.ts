// ttx deposit: burn wTTX on Ethereum, to be credited on the TTX side.

import type { Command } from 'commander'
import { formatAmount } from '../../../../node/client/amount.ts'
import { deposit } from '../../../../node/client/ethereum/deposit.ts'
import { parseAmount } from '../../amount.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { earlierRows, openCommandSender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'

export function registerDeposit(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('deposit')
        .helpGroup(AUDIENCE.bridge)
        .summary('move wTTX back to the TTX side')
        .description(
          'Burn wTTX of the wallet on Ethereum, in one transaction (the allowance is signed along with it, EIP-2612). 99% is credited on the TTX side by the next bridging block, which has to contain it once it is an hour old; 1% goes to the miner of that block. While many others deposit, it costs a surcharge in coins.',
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
  const { sender } = await openCommandSender(context)
  const { account } = sender.ethereum
  const to = given ?? account
  const { infohash, index, credit, transaction, isEarlier, acknowledge } = await deposit(
    sender,
    amount,
    to,
    context.signal,
  )
  return {
    data: { infohash, index, gross: amount, credit, to, transaction, earlier: isEarlier },
    text: formatTable([
      ['burned', `${formatAmount(amount)} wTTX of ${account}`],
      ['credits', `${formatAmount(credit)} TTX to ${to}, once a bridging block contains it`],
      ['transaction', transaction],
      ['infohash', infohash],
      ['follow it', `ttx status ${infohash}`],
      ...earlierRows(isEarlier, 'it was burned once', 'for a second deposit, run the command again'),
    ]),
    onPrinted: acknowledge,
  }
}
