// ttx claim: have requests in final blocks paid, whoever their recipients are.

import type { Command } from 'commander'
import { formatAmount } from '../../../../node/client/amount.ts'
import { claim } from '../../../../node/client/ethereum/claim.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { parseInfohashArgument } from '../../payment-arguments.ts'
import { earlierRows, openCommandSender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'

export function registerClaim(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('claim')
        .helpGroup(AUDIENCE.bridge)
        .summary('have a request in a final block paid')
        .description(
          'Have requests paid whose blocks are final: one by its infohash, or without one all that go to the address of the wallet. Anyone may claim for anyone; the recipient gets the wTTX, the wallet pays the gas. Relayers do the same without being asked.',
        )
        .argument('[infohash]', 'the request, 40 hex digits', parseInfohashArgument)
        .action(act(run)),
      ['node', 'ethereum'],
    ),
    'ttx claim --wallet alice',
    'ttx claim c12fe1c06bba254a9dc9f519b335aa7c1367a88a --wallet alice --json',
  )
}

async function run(context: CliContext, infohash: Infohash | undefined): Promise<Result> {
  const { node, sender } = await openCommandSender(context)
  const question = infohash === undefined ? { recipient: sender.ethereum.account } : { infohash }
  const { claims, transactions, isEarlier, acknowledge } = await claim(node, sender, question, context.signal)
  const paid = claims.map(({ infohash: id, recipient, net, block, step }) => ({
    infohash: id,
    recipient,
    net,
    block,
    step,
  }))
  return {
    data: { claims: paid, transactions, earlier: isEarlier },
    text: formatTable([
      ...paid.map(({ infohash: id, recipient, net }): [string, string] => [
        id,
        `${formatAmount(net)} wTTX to ${recipient}`,
      ]),
      ...transactions.map((hash): [string, string] => ['transaction', hash]),
      ...earlierRows(isEarlier, 'it was paid once', 'there is nothing left to do'),
    ]),
    onPrinted: acknowledge,
  }
}
