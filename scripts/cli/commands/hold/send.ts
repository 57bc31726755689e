// ttx send: pay TTX to an address.

import type { Command } from 'commander'
import { formatAmount } from '../../../../node/client/amount.ts'
import { pay } from '../../../../node/client/pay.ts'
import { lockPayments } from '../../account-lock.ts'
import { parseAmount } from '../../amount.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openNode } from '../../link.ts'
import { unlockWallet } from '../../passphrase.ts'
import { parseMemo } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'

export function registerSend(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('send')
        .helpGroup(AUDIENCE.bridge)
        .summary('pay TTX to an address')
        .description(
          'Pay TTX. The payment is a torrent: nodes accept it at once if everything up its tree is valid and they know no rival. It is final only when a bridging block that carries it is final; until then it counts on nobody bridging a double spend. There are no fees.',
        )
        .argument('<amount>', 'TTX, as in 1.5', parseAmount)
        .argument('<to>', `who gets it: ${WHOSE}`)
        .option('--memo <text>', 'up to 140 printable characters that everyone can read', parseMemo)
        .action(act(send)),
      ['node'],
    ),
    'ttx send 25 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice',
    'ttx send 25 bob --wallet alice',
    'ttx send 0.5 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --memo "for the coffee" --json',
  )
}

async function send(context: CliContext, tokens: bigint, payee: string, { memo }: { memo?: string }): Promise<Result> {
  const to = await addressOf(context, payee)
  const node = await openNode(context)
  using wallet = await unlockWallet(context)
  await using _paying = await lockPayments(context.folder.outbox, wallet.address, context.signal)
  const payment = { to, tokens, ...(memo === undefined ? {} : { memo }) }
  const paid = await pay(node, wallet, payment, Math.floor(Date.now() / 1_000), context.signal)
  const { infohash, unorderedAncestors, record } = paid
  return {
    data: { infohash, status: record.status, from: wallet.address, to, tokens, memo, unorderedAncestors },
    text: formatTable([
      ['paid', `${formatAmount(tokens)} TTX from ${wallet.address} to ${to}`],
      ['infohash', infohash],
      ['status', `${record.status} (only final is final)`],
      ['stands on', describeAncestors(unorderedAncestors)],
    ]),
  }
}

/** What a payee should know of the tree that a payment hangs on. */
export function describeAncestors(count: number): string {
  if (count === 0) return 'ordered money only'
  return `${count} payment${count === 1 ? '' : 's'} that no block has ordered yet: each of them can still be reversed by a rival, and this one with it`
}
