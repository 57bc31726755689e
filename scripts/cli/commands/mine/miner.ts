// ttx miner: runs a miner until Ctrl-C.

import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Address } from '../../../../node/protocol/ids.ts'
import { takeLock } from '../../../lock.ts'
import type { MinerReport } from '../../../miner-report.ts'
import type { Settings } from '../../../settings.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openMetrics } from '../../metrics.ts'
import { addSettings } from '../../setting-flags.ts'
import { formatSpan } from '../../time.ts'
import { registerMinerStatus } from './miner-status.ts'
import { thisProcess } from './report.ts'
import { openScreen } from './screen.ts'
import { type Sum, tell } from './tell.ts'
import { moneyRows, moneyWords } from './words.ts'

export function registerMiner(program: Command, act: Act): void {
  const miner = addExamples(
    addSettings(
      program
        .command('miner')
        .helpGroup(AUDIENCE.mine)
        .summary('search bridging blocks and publish them')
        .description(
          'Run a miner until Ctrl-C: it asks the node what waits for a block, searches proof of work, publishes when the fees are worth the gas or the longest wait is over, brings its blocks to finality, and defends them against rivals with an empty block where they are worth its gas. The wallet pays gas and bonds (bonds come back after 48 hours). Threads rest while nothing is worth a block. What a crash interrupts goes on from a journal. At the end it says what that came to.',
        )
        .action(act(run)),
      [
        'node',
        'deployment',
        'ethereum',
        'threads',
        'kernel',
        'payout',
        'price',
        'marginPercent',
        'longestWait',
        'paymentsWait',
        'rows',
        'assets',
        'courtesy',
        'maxGasPrice',
        'maxBlobGasPrice',
        'confirmations',
        'pollMs',
        'metrics',
      ],
    ),
    'ttx miner --wallet miner --threads 4',
    'ttx miner --wallet miner --assets 0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
    'ttx miner --wallet miner --price 0.002 --longest-wait 7200',
  )
  registerMinerStatus(miner, act)
}

/** All cores but one, which everything else has; one thread on one core. */
export function threadsOf(threads: Settings['threads'], cores: number): number {
  return threads === 'auto' ? Math.max(1, cores - 1) : threads
}

async function run(context: CliContext): Promise<Result> {
  const { settings, folder, signal } = context
  const { payout, price, marginPercent, longestWait, paymentsWait, rows, assets, courtesy, pollMs } = settings
  // Loaded only here: other commands start sooner without it.
  const [{ Miner }, { PowPool }, { KzgPool }, { NetworkRateWatch }, { openSender }, figures] = await Promise.all([
    import('../../../../miner/miner.ts'),
    import('../../../../miner/work/pow-pool.ts'),
    import('../../../../node/ethereum/blobs/kzg-pool.ts'),
    import('../../../../miner/network-rate.ts'),
    import('../../sender.ts'),
    import('../../figures.ts'),
  ])
  using screen = openScreen(context)
  const { log } = screen
  const journalOf = (account: Address) => join(folder.miner, account)
  // Two on one journal would publish the same block.
  await using sending = await openSender({ ...context, log }, (account) => takeLock(journalOf(account), 'miner'))
  const journal = journalOf(sending.sender.ethereum.account)
  const { sender, node } = sending
  const self = await thisProcess()
  const threads = threadsOf(settings.threads, availableParallelism())
  const pool = new PowPool(
    { log, random: randomBytes, now: () => performance.now() },
    { threads, kernel: settings.kernel },
  )
  await using kzg = new KzgPool()
  await using stack = new AsyncDisposableStack()
  const metrics = stack.use(await openMetrics(context, 'miner'))
  const turning = metrics === undefined ? {} : { rounds: metrics.rounds }
  await using miner = new Miner(
    { log, now: Date.now, random: Math.random, node, sender, pool, kzg, ...turning },
    {
      folder: journal,
      marginPercent,
      longestWaitMs: 1_000 * longestWait,
      rows,
      courtesyMs: 1_000 * courtesy,
      pollMs,
      ...(paymentsWait === undefined ? {} : { paymentsWaitMs: 1_000 * paymentsWait }),
      ...(payout === undefined ? {} : { payout }),
      ...(price === undefined ? {} : { weiPerTtx: price }),
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
      ['threads', `${threads} of ${self.cores} cores, kernel ${pool.hashRate().kernel}`],
    ]),
  )
  const network = new NetworkRateWatch(node, () => performance.now())
  if (metrics !== undefined) stack.use(figures.showMiner(metrics, { miner, network, sender, log }))
  return resultOfRun(await tell({ miner, screen, data: folder.root, self, network }, signal))
}

function resultOfRun(sum: Sum): Result {
  const { seconds, searchedSeconds, blocks, money, report } = sum
  const { account, blocks: allBlocks, money: allMoney, bonds, rates } = report
  return {
    data: {
      ...{ account, seconds, searchedSeconds, rates, ...blocks, ...money },
      all: { blocks: allBlocks, money: allMoney, bonds },
    },
    text: [
      formatTable([
        ['ran', `${formatSpan(seconds)}, of which it searched ${formatSpan(searchedSeconds)}`],
        ['blocks', `${blocks.found} found, ${blocks.published} published, ${blocks.final} became final`],
        ['money', moneyWords(textsOf(money))],
      ]),
      `of all starts: ${allBlocks.found} blocks found, ${allBlocks.published} published, ${allBlocks.final} final`,
      formatTable(moneyRows(report)),
    ].join('\n'),
  }
}

function textsOf({ earned, ether, profit }: Sum['money']): Pick<MinerReport['money'], 'earned' | 'ether' | 'profit'> {
  return { earned: `${earned}`, ether: `${ether}`, ...(profit === undefined ? {} : { profit: `${profit}` }) }
}
