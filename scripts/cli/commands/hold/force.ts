// ttx force: put a transaction into the bridge's queue on Ethereum, so that no miner can leave it out.

import type { Command } from 'commander'
import { force } from '../../../../node/client/ethereum/force.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { parseInfohashArgument } from '../../payment-arguments.ts'
import { earlierRows, openCommandSender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'

export function registerForce(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('force')
        .helpGroup(AUDIENCE.bridge)
        .summary('make miners include a transaction')
        .description(
          'Put a transaction, and before it those of its ancestors that no block has ordered, into the queue of the bridge on Ethereum. Every block that is published an hour later or more has to contain them, whatever miners think of them. Each costs 5,000 gas and 64 for each of its bytes for the miner, and, while many others do the same, a surcharge; besides that the gas of the call. What is sent too much comes back with it.',
        )
        .argument('<infohash>', 'the transaction, most often a bridge request', parseInfohashArgument)
        .action(act(run)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx force c12fe1c06bba254a9dc9f519b335aa7c1367a88a --wallet alice',
  )
}

async function run(context: CliContext, infohash: Infohash): Promise<Result> {
  const { node, sender } = await openCommandSender(context)
  const { entries, transaction, isEarlier, acknowledge } = await force(node, sender, infohash, context.signal)
  return {
    data: {
      infohash,
      entries: entries.map(({ index, infohash: id, fee }) => ({ index, infohash: id, feeGwei: fee })),
      transaction,
      earlier: isEarlier,
    },
    text: formatTable([
      ...entries.map(({ index, infohash: id }): [string, string] => [`queue ${index}`, `${id}`]),
      ['transaction', transaction],
      ['follow it', `ttx status ${infohash}`],
      ...earlierRows(isEarlier, 'it was paid for once', 'a second entry in the queue would have no effect'),
    ]),
    onPrinted: acknowledge,
  }
}
