// ttx drill: publishes bad blocks on a development chain, and measures how the watcher kills them.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import { EthereumAccount } from '../../../../node/ethereum/account.ts'
import { KzgPool } from '../../../../node/ethereum/blobs/kzg-pool.ts'
import { noEndpoint } from '../../../../node/ethereum/problems.ts'
import { describeRefused } from '../../../../node/ethereum/refusals.ts'
import { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { walletAccount } from '../../../../node/ethereum/signer.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import { PROBLEM_WORDS, type ProblemWords } from '../../../../node/protocol/problems.ts'
import { listWallets, openWallet } from '../../../../node/wallet/wallet-folder.ts'
import { ANVIL_CHAIN } from '../../../devnet/anvil.ts'
import { patientClient } from '../../../devnet/demo/patience.ts'
import { DevChain } from '../../../devnet/dev-chain.ts'
import { Arrangement, checkDevelopmentChain } from '../../../devnet/drill/arrange.ts'
import { Drill, type DrillDeps, type Result as DrillResult } from '../../../devnet/drill/drill.ts'
import {
  DRILL_KINDS,
  type DrillKind,
  describeKind,
  expectedOf,
  isDrillKind,
  modesOf,
  usualModeOf,
} from '../../../devnet/drill/kinds.ts'
import { Liar } from '../../../devnet/drill/liar.ts'
import type { Expectation } from '../../../devnet/drill/lie.ts'
import type { DataMode } from '../../../devnet/drill/posting.ts'
import { failuresOf, formatFailure, formatKinds, formatResult, formatSum } from '../../../devnet/drill/report.ts'
import { openDevWallet } from '../../../devnet/wallets.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import type { Act, CliContext, Result } from '../../context.ts'
import { interrupted } from '../../failure.ts'
import { openNode } from '../../link.ts'
import { readPassphrase } from '../../passphrase.ts'
import { addSettings } from '../../setting-flags.ts'

type Flags = {
  readonly bad?: readonly DrillKind[]
  readonly list?: true
  readonly deadline: number
  readonly crowd: number
  readonly in?: DataMode | 'both'
}

const WALLET = 'liar'
const DEADLINE_SECONDS = 60
const CROWD = 20
const MOST_CROWD = 5_000
const POLL_MS = 100
/** For everything else that has to happen in between. */
const PATIENCE_MS = 120_000
const LEAST_WEI = 100n * 10n ** 18n
const FUND_ETHER = '1000'

export function registerDrill(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('drill')
        .helpGroup(AUDIENCE.watch)
        .summary('publish bad blocks on a devnet, and see them die')
        .description(
          'Publish a bad block on the devnet that runs on the data folder, wait until the watcher has killed it, and say why it was wrong, how long that took and how much gas; some kinds the bridge itself must refuse. Money comes from the wallet "genesis", and what a kind needs is arranged first: blocks, deposits, forced transactions, and time that passes on Ethereum. The exit code is 0 only if every bad block was killed or refused as it must be. Without --bad it lists the kinds. It refuses any chain that is not a development chain.',
        )
        .option('--bad <kinds>', 'kinds of bad blocks, separated by commas, or "all"', parseKinds)
        .addOption(
          new Option(
            '--in <where>',
            'where the rows of bad blocks are posted; kinds that cannot be there are left out (default: where each kind usually is)',
          ).choices(['calldata', 'blobs', 'both']),
        )
        .option('--list', 'only list the kinds')
        .option('--deadline <seconds>', 'how long a bad block may live', parseSeconds, DEADLINE_SECONDS)
        .option('--crowd <blocks>', 'right blocks around the bad one of the kind light-crowd', parseCrowd, CROWD)
        .action(act(run)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx drill --list',
    'ttx drill --bad mint',
    'ttx drill --bad mint,request-omitted --in blobs',
    'ttx drill --bad light-crowd --crowd 1000',
    'ttx drill --bad all --json',
  )
}

async function run(context: CliContext, { bad, list, deadline, crowd, in: where }: Flags): Promise<Result> {
  if (bad === undefined || list) {
    const kinds = DRILL_KINDS.map((kind) => {
      const modes = modesOf(kind)
      const expected = expectedOf(kind, usualModeOf(kind))
      return { kind, about: describeKind(kind), data: modes, expected, ...wordsOf(expected) }
    })
    return { data: { kinds }, text: formatKinds() }
  }
  const { folder, signal } = context
  const runs = bad.flatMap((kind) => modesIn(kind, where).map((mode) => ({ kind, mode })))
  const results: DrillResult[] = []
  const startedMs = performance.now()
  const wallets = await listWallets(folder.wallets)
  const nameOf = (account: Address) => wallets.find(({ address }) => address === account)?.name ?? account
  try {
    await using stack = new AsyncDisposableStack()
    const say = (text: string) => context.say(text)
    const drill = await openDrill(context, stack, { deadlineMs: 1_000 * deadline, crowd, say })
    for (const { kind, mode } of runs) {
      const result = await drill.run(kind, mode)
      results.push(result)
      context.say(formatResult(result, { number: results.length, of: runs.length }, nameOf))
    }
  } catch (error) {
    throw signal.aborted ? interrupted() : error
  }
  const wallMs = Math.round(performance.now() - startedMs)
  const text = formatSum(results, wallMs)
  const failed = failuresOf(results)
  if (failed.length === 0) {
    const named = results.map((result) =>
      result.outcome === 'killed' ? { ...result, killer: nameOf(result.by) } : result,
    )
    return { data: { ok: true, wallMs, results: named }, text }
  }
  context.say(text)
  throw new OperationError(
    'drill-failed',
    `expected ${results.length} bad blocks to be killed within ${deadline} s or refused, got ${failed.length} that were not; see that a watcher runs ("ttx watch --defend"), and kill what lives with "ttx refute BLOCK"`,
    { facts: { failed: failed.map(formatFailure) } },
  )
}

/** The ways in which a kind is told: the usual one, or those of the chosen ones that there are. */
function modesIn(kind: DrillKind, where: Flags['in']): readonly DataMode[] {
  if (where === undefined) return [usualModeOf(kind)]
  return modesOf(kind).filter((mode) => where === 'both' || where === mode)
}

/** All parts of a drill; whatever has to be closed goes on the stack. Throws 'not-a-devnet', and what wallets and links throw. */
async function openDrill(
  context: CliContext,
  stack: AsyncDisposableStack,
  chosen: Pick<DrillDeps, 'deadlineMs' | 'crowd' | 'say'>,
): Promise<Drill> {
  const { folder, log, settings, signal } = context
  const link = await openNode(context)
  const { network } = link.info
  const [url] = settings.ethereum ?? []
  if (url === undefined) throw noEndpoint()
  const chain = new DevChain(url)
  await checkDevelopmentChain(network.chain, chain, ANVIL_CHAIN)
  const passphrase = await readPassphrase(context, 'Passphrase of wallet "genesis"')
  const genesis = stack.use(await openWallet(folder.wallets, 'genesis', passphrase))
  const wallet = stack.use(await openDevWallet(folder.wallets, WALLET, passphrase))
  const patience = { deadlineMs: PATIENCE_MS, pollMs: POLL_MS, signal }
  const node = patientClient(link.url, patience)
  const ethereum = new EthereumAccount({ urls: [url], network, signer: walletAccount(wallet), now: Date.now })
  stack.defer(() => ethereum.close())
  if ((await ethereum.balance()) < LEAST_WEI) await chain.fund(wallet.address, FUND_ETHER)
  const sender = new TransactionSender({ ethereum, log, now: Date.now }, { confirmations: 1, pollMs: POLL_MS })
  const kzg = stack.use(new KzgPool())
  const liar = new Liar({ node, sender, kzg, wallet, now: Date.now })
  const now = () => Math.floor(Date.now() / 1_000)
  const common = { node, sender, liar, chain, patience }
  const arrangement = new Arrangement({ ...common, wallet, genesis, now, say: chosen.say })
  return new Drill({ ...common, ...chosen, arrangement, nowMs: () => performance.now() })
}

/** What is wrong with such a block, and who would have lost what; a refused one could not do harm. */
function wordsOf(expected: Expectation): Partial<ProblemWords> {
  return 'problem' in expected ? PROBLEM_WORDS[expected.problem] : { meaning: describeRefused(expected.refused) ?? '' }
}

function parseKinds(text: string): readonly DrillKind[] {
  if (text === 'all') return DRILL_KINDS
  return text.split(',').map((kind) => {
    if (isDrillKind(kind)) return kind
    throw new InvalidArgumentError(
      `Expected "all", or kinds separated by commas; got ${JSON.stringify(kind.slice(0, 80))}. "ttx drill --list" names them.`,
    )
  })
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= 86_400) return seconds
  throw new InvalidArgumentError(`Expected whole seconds, more than 0 and at most 86400; got ${JSON.stringify(text)}.`)
}

function parseCrowd(text: string): number {
  const blocks = Number(text)
  if (Number.isInteger(blocks) && blocks > 0 && blocks <= MOST_CROWD) return blocks
  throw new InvalidArgumentError(
    `Expected a number of blocks, more than 0 and at most ${MOST_CROWD}; got ${JSON.stringify(text)}.`,
  )
}
