// The command line as a whole: commands, the flags that all of them accept, and how a run ends.

import { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { GLOBAL_SETTINGS } from '../settings.ts'
import { registerAsset } from './commands/assets/asset.ts'
import { registerDeploy } from './commands/deploy/deploy.ts'
import { registerDeployGateways } from './commands/deploy/deploy-gateways.ts'
import { registerGenesis } from './commands/deploy/genesis.ts'
import { registerVerifyDeployment } from './commands/deploy/verify-deployment.ts'
import { registerBalance } from './commands/hold/balance.ts'
import { registerBridge } from './commands/hold/bridge.ts'
import { registerClaim } from './commands/hold/claim.ts'
import { registerDeposit } from './commands/hold/deposit.ts'
import { registerForce } from './commands/hold/force.ts'
import { registerSend } from './commands/hold/send.ts'
import { registerStatus } from './commands/hold/status.ts'
import { registerWait } from './commands/hold/wait.ts'
import { registerWallet } from './commands/hold/wallet.ts'
import { registerBenchmark } from './commands/mine/benchmark.ts'
import { registerMiner } from './commands/mine/miner.ts'
import { registerRelay } from './commands/mine/relay.ts'
import { registerMaker } from './commands/offers/maker.ts'
import { registerOffer } from './commands/offers/offer.ts'
import { registerDemo } from './commands/run/demo.ts'
import { registerDevnet } from './commands/run/devnet.ts'
import { registerNode } from './commands/run/node.ts'
import { registerAttackCost } from './commands/watch/attack-cost.ts'
import { registerBlock } from './commands/watch/block.ts'
import { registerDiff } from './commands/watch/diff.ts'
import { registerDrill } from './commands/watch/drill.ts'
import { registerProof } from './commands/watch/proof.ts'
import { registerRefute } from './commands/watch/refute.ts'
import { registerTx } from './commands/watch/tx.ts'
import { registerVerify } from './commands/watch/verify.ts'
import { registerWatch } from './commands/watch/watch.ts'
import { type Act, createContext, formatJson } from './context.ts'
import { describeFailure, type ExitCode, formatFailure } from './failure.ts'
import { printable } from './printable.ts'
import { addSettings } from './setting-flags.ts'
import type { Shell } from './shell.ts'

/** Adds commands to the program; one for each file in `commands/`. */
export type Registration = (program: Command, act: Act) => void

const REGISTRATIONS: readonly Registration[] = [
  registerDevnet,
  registerDemo,
  registerNode,
  registerGenesis,
  registerDeploy,
  registerDeployGateways,
  registerVerifyDeployment,
  registerWallet,
  registerBalance,
  registerSend,
  registerBridge,
  registerStatus,
  registerWait,
  registerClaim,
  registerDeposit,
  registerForce,
  registerAsset,
  registerOffer,
  registerMaker,
  registerMiner,
  registerBenchmark,
  registerRelay,
  registerWatch,
  registerVerify,
  registerDiff,
  registerRefute,
  registerDrill,
  registerAttackCost,
  registerTx,
  registerBlock,
  registerProof,
]

/** Runs one command line (without the program's name). Never throws: what goes wrong is written out. */
export async function runCli(
  argv: readonly string[],
  shell: Shell,
  registrations: readonly Registration[] = REGISTRATIONS,
): Promise<ExitCode> {
  const json = argv.includes('--json')
  try {
    await createProgram(shell, json, registrations).parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    const failure = describeFailure(error, shell.signal)
    const { exitCode, code, message, facts, stack } = failure
    if (exitCode === 0) return 0
    if (json) shell.stdout.write(printable(formatJson({ error: { code, message, facts } })))
    // Commander itself has reported wrong usage to people.
    if (code !== 'usage' && (!json || stack !== undefined)) shell.stderr.write(formatFailure(failure))
    return exitCode
  }
}

/** `json`: leave it to the caller to report wrong usage. */
export function createProgram(
  shell: Shell,
  json = false,
  registrations: readonly Registration[] = REGISTRATIONS,
): Command {
  const program = new Command('ttx')
    .description('TorrentTX: a currency whose transactions are torrents, and its proof-of-work bridge to Ethereum.')
    .version(packageJson.version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand(false)
    .option('--json', 'Print one JSON object on standard output, errors included')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void shell.stdout.write(text),
      writeErr: (text) => void (json || shell.stderr.write(text)),
    })
    .showHelpAfterError('(add --help for what this command accepts)')
    .exitOverride()
  addSettings(program, GLOBAL_SETTINGS)
  program.addHelpText(
    'after',
    '\nEach flag can also be set by a variable in the environment or in .env: see .env.example.\nttx <command> --help explains a command and shows an example.',
  )
  const act: Act = (handler) =>
    async function (...args) {
      await using resources = new AsyncDisposableStack()
      const context = createContext(shell, this.optsWithGlobals(), resources)
      const result = await handler(context, ...args)
      if (result === undefined) return
      await print(shell, printable(context.json ? formatJson(result.data) : `${result.text}\n`))
      await result.onPrinted?.()
    }
  for (const register of registrations) register(program, act)
  return program
}

/** Resolves when the reader of standard output can have it, whatever becomes of this process. */
function print({ stdout }: Shell, text: string): Promise<void> {
  return new Promise((resolve, reject) => stdout.write(text, (error) => (error ? reject(error) : resolve())))
}
