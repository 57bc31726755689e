// ttx bridge: ask for wTTX on Ethereum.

import type { Command } from 'commander'
import { formatAmount } from '../../../../node/client/amount.ts'
import { request } from '../../../../node/client/request.ts'
import { lockPayments } from '../../account-lock.ts'
import { parseAmount } from '../../amount.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openNode } from '../../link.ts'
import { unlockWallet } from '../../passphrase.ts'
import { parseMemo } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'
import { describeAncestors } from './send.ts'

export function registerBridge(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('bridge')
        .helpGroup(AUDIENCE.bridge)
        .summary('move TTX to Ethereum, as wTTX')
        .description(
          'Ask for wTTX on Ethereum. A miner puts the request into a bridging block; if nobody proves that block wrong, it is paid 24 hours after the block was published, at the latest after 48 where blocks compete: 99% to the recipient, 1% to the miner. A relayer claims it for you, or "ttx claim" does. No ETH is needed to ask.',
        )
        .argument('<amount>', 'TTX, as in 1.5', parseAmount)
        .argument(
          '[recipient]',
          `who gets it on Ethereum: ${WHOSE}; without it your own address, which is the same on both chains`,
        )
        .option('--memo <text>', 'up to 140 printable characters that everyone can read', parseMemo)
        .action(act(bridge)),
      ['node'],
    ),
    'ttx bridge 100 --wallet alice',
    'ttx bridge 100 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice --json',
  )
}

async function bridge(
  context: CliContext,
  tokens: bigint,
  recipient: string | undefined,
  { memo }: { memo?: string },
): Promise<Result> {
  const given = recipient === undefined ? undefined : await addressOf(context, recipient)
  const node = await openNode(context)
  using wallet = await unlockWallet(context)
  await using _paying = await lockPayments(context.folder.outbox, wallet.address, context.signal)
  const payee = given ?? wallet.address
  const asked = { tokens, recipient: payee, ...(memo === undefined ? {} : { memo }) }
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const { infohash, unorderedAncestors, record, net } = await request(node, wallet, asked, nowSeconds, context.signal)
  return {
    data: {
      infohash,
      status: record.status,
      from: wallet.address,
      recipient: payee,
      gross: tokens,
      net,
      unorderedAncestors,
    },
    text: formatTable([
      ['asked', `${formatAmount(tokens)} TTX from ${wallet.address} to Ethereum`],
      ['pays', `${formatAmount(net)} wTTX to ${payee}`],
      ['infohash', infohash],
      ['status', `${record.status} (only final is final)`],
      ['stands on', describeAncestors(unorderedAncestors)],
      ['follow it', `ttx status ${infohash}`],
    ]),
  }
}
