// ttx force: put a transaction into the bridge's queue on Ethereum, so that no miner can leave it out.

import type { Command } from 'commander'
import type { AnyId } from '../../../../node/client/any-id.ts'
import { force } from '../../../../node/client/ethereum/force.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { parseTransaction, TRANSACTION_HELP } from '../../ids/id-argument.ts'
import { transactionOf } from '../../ids/named.ts'
import { SENDING, showWhile } from '../../live-line.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { describeWhom } from '../../moving/whom.ts'
import { openCommandSender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'

export function registerForce(program: Command, act: Act): void {
  addExamples(
    addSettings(
      addYes(program.command('force'))
        .helpGroup(AUDIENCE.bridge)
        .summary('make miners include a transaction')
        .description(
          'Put a transaction, and before it those of its ancestors that no block has ordered, into the queue of the bridge on Ethereum. Every block that is published an hour later or more has to contain them, whatever miners think of them. Each costs 5,000 gas and 64 for each of its bytes for the miner, and, while many others do the same, a surcharge; besides that the gas of the call. What is sent too much comes back with it.',
        )
        .argument('<id>', `${TRANSACTION_HELP}; most often a bridge request`, parseTransaction)
        .action(act(run)),
      ['node', 'deployment', 'ethereum', 'maxGasPrice'],
    ),
    'ttx force c12fe1c06bba254a9dc9f519b335aa7c1367a88a --wallet alice',
  )
}

async function run(context: CliContext, id: AnyId, flags: YesFlag): Promise<Result> {
  const { node, sender } = await openCommandSender(context)
  const infohash = await transactionOf(context, node, id)
  const terms = [
    ['force', `transaction ${infohash}, and its ancestors that no block has ordered`],
    ['paid by', await describeWhom(context, sender.ethereum.account)],
    ['to', 'whoever mines the block, and Ethereum for the gas'],
  ] as const
  await agree(context, node, terms, flags, 'Pay for this?')
  const { entries, transaction, isEarlier, acknowledge } = await showWhile(
    context.shell,
    SENDING,
    force(node, sender, infohash, context.signal),
  )
  return {
    data: {
      infohash,
      entries: entries.map(({ index, infohash: each, fee }) => ({ index, infohash: each, feeGwei: fee })),
      transaction,
      earlier: isEarlier,
      network: networkData(context, node),
    },
    text: formatTable([
      ...entries.map(({ index, infohash: each }): [string, string] => [`queue ${index}`, `${each}`]),
      networkRow(context, node),
      ['transaction', transaction],
      ['follow it', `ttx status ${infohash}`],
      ...earlierRows(isEarlier, 'it was paid for once', 'a second entry in the queue would have no effect'),
    ]),
    onPrinted: acknowledge,
  }
}
