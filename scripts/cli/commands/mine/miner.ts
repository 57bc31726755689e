// ttx miner: runs a miner until Ctrl-C.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Miner } from '../../../../miner/miner.ts'
import { formatEther } from '../../../../miner/profit.ts'
import type { MinerStatus } from '../../../../miner/status.ts'
import { formatAmount } from '../../../../node/client/amount.ts'
import type { Logger } from '../../../../node/log.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import { takeLock } from '../../../lock.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable } from '../../context.ts'
import { addSettings } from '../../setting-flags.ts'

const TELL_MS = 1_000

export function registerMiner(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('miner')
        .helpGroup(AUDIENCE.mine)
        .summary('search bridging blocks and publish them')
        .description(
          'Run a miner until Ctrl-C: it asks the node what waits for a block, searches proof of work, publishes when the fees are worth the gas or the longest wait is over, brings its blocks to finality, and defends them against rivals with an empty block where they are worth its gas. The wallet pays gas and bonds (bonds come back after 48 hours). Threads rest while nothing is worth a block. What a crash interrupts goes on from a journal.',
        )
        .action(act(run)),
      [
        'node',
        'deployment',
        'ethereum',
        'threads',
        'payout',
        'weiPerTtx',
        'marginPercent',
        'longestWait',
        'paymentsWait',
        'rows',
        'assets',
        'courtesy',
        'confirmations',
        'pollMs',
      ],
    ),
    'ttx miner --wallet miner --threads 4',
    'ttx miner --wallet miner --assets 0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
    'ttx miner --wallet miner --wei-per-ttx 1000000000000000 --longest-wait 7200',
  )
}

async function run(context: CliContext): Promise<undefined> {
  const { settings, folder, log, signal } = context
  const { threads, payout, weiPerTtx, marginPercent, longestWait, paymentsWait, rows, assets, courtesy, pollMs } =
    settings
  // Loaded only here: other commands start sooner without it.
  const [{ Miner }, { PowPool }, { KzgPool }, { openSender }] = await Promise.all([
    import('../../../../miner/miner.ts'),
    import('../../../../miner/work/pow-pool.ts'),
    import('../../../../node/ethereum/blobs/kzg-pool.ts'),
    import('../../sender.ts'),
  ])
  const journalOf = (account: Address) => join(folder.miner, account)
  // Two on one journal would publish the same block.
  await using sending = await openSender(context, (account) => takeLock(journalOf(account), 'miner'))
  const journal = journalOf(sending.sender.ethereum.account)
  const { sender, node } = sending
  const pool = new PowPool({ log, random: randomBytes, now: () => performance.now() }, { threads })
  await using kzg = new KzgPool()
  await using miner = new Miner(
    { log, now: Date.now, random: Math.random, node, sender, pool, kzg },
    {
      folder: journal,
      marginPercent,
      longestWaitMs: 1_000 * longestWait,
      rows,
      courtesyMs: 1_000 * courtesy,
      pollMs,
      ...(paymentsWait === undefined ? {} : { paymentsWaitMs: 1_000 * paymentsWait }),
      ...(payout === undefined ? {} : { payout }),
      ...(weiPerTtx === undefined ? {} : { weiPerTtx }),
      ...(assets === undefined ? {} : { assets }),
    },
  )
  await miner.start()
  context.say(
    formatTable([
      ['account', sender.ethereum.account],
      ['payout', payout ?? sender.ethereum.account],
      ['node', node.url],
      ['Ethereum', sender.ethereum.name],
      ['threads', `${threads}`],
    ]),
  )
  await tell(miner, log, signal)
  return undefined
}

/** One line whenever it does something else than before. */
async function tell(miner: Miner, log: Logger, signal: AbortSignal): Promise<void> {
  let told = ''
  while (!signal.aborted) {
    const status = miner.status()
    const { state, problem, blocks, work } = status
    const { published, final } = blocks
    const { code, defends, rows, obstacle } = work ?? {}
    // What kind of obstacle there is, not which block it is: others may change that as often as they like.
    const kind = obstacle?.replace(/0x[0-9a-f]+|\d+/g, '')
    const line = [state, problem, published, final, code === 'defence', defends, rows, kind].join(' ')
    if (line !== told) log.info(factsOf(status), problem ?? status.reason)
    told = line
    await delay(TELL_MS, undefined, { signal }).catch(() => undefined)
  }
}

function factsOf({ state, hashRate, blocks, earned, pending, work }: MinerStatus) {
  return {
    state,
    hashesPerSecond: Math.round(hashRate),
    ...blocks,
    earned: formatAmount(earned),
    pending: formatAmount(pending),
    ...(work === undefined ? {} : { height: `${work.height}`, steps: work.steps, requests: work.requests }),
    ...(work === undefined ? {} : { rows: work.rows, blobs: work.blobs, blobFee: formatEther(work.blobFee) }),
    ...(work?.defends === undefined ? {} : { defends: work.defends }),
  }
}
