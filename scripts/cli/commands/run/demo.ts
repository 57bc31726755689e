// ttx demo: the round trip in the open, on a network of its own.

import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { RowsChoice } from '../../../../miner/rows-choice.ts'
import { parseDeployment } from '../../../../node/deployment.ts'
import { OperationError } from '../../../../node/errors.ts'
import { runDemo } from '../../../devnet/demo/demo.ts'
import { Devnet } from '../../../devnet/devnet.ts'
import { freePorts } from '../../../devnet/ports.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import type { Act, CliContext, Result } from '../../context.ts'
import { interrupted } from '../../failure.ts'
import { rowsOption } from '../../rows-option.ts'

type Options = { readonly out?: string; readonly folder?: string; readonly on?: string; readonly rows?: RowsChoice }

const DEADLINE_MS = 180_000
const POLL_MS = 200
const BLOCK_SECONDS = 1

export function registerDemo(program: Command, act: Act): void {
  addExamples(
    program
      .command('demo')
      .helpGroup(AUDIENCE.network)
      .summary('the round trip in the open, on a network of its own')
      .description(
        'Start a network of its own in a new folder and send money the whole way: genesis pays alice, alice pays bob, bob bridges to Ethereum, 24 hours pass, a relayer claims for bob, who burns the wTTX for alice, and she spends what came back. Meanwhile alice brings in a token (ERC-20) through its gateway, it is paid on without any confirmation, swapped by an offer for an asset that bob has issued, and leaves again. All money is counted after each step: TTX must always be what genesis created, and of the token what its gateway holds. It ends with exit code 0 only if everything held.',
      )
      .option(
        '--out <folder>',
        'keep the evidence in this new folder: every transaction, torrent, block, receipt, and an index of them',
      )
      .option('--folder <folder>', 'run the network in this new folder and keep it (without it: a temporary one)')
      .option('--on <url>', 'use the development chain at this URL (anvil or Hardhat) instead of an embedded one')
      .addOption(rowsOption())
      .action(act(demo)),
    'ttx demo',
    'ttx demo --rows calldata',
    'ttx demo --json --out evidence',
  )
}

async function demo(
  context: CliContext,
  { out, folder, on, rows = on === undefined ? 'blobs' : 'calldata' }: Options,
): Promise<Result> {
  const { log, say, settings, signal } = context
  if (out !== undefined) await claimFolder(out, '--out')
  if (folder !== undefined) await claimFolder(folder, '--folder')
  const data = folder === undefined ? await mkdtemp(join(tmpdir(), 'ttx-demo-')) : resolve(folder)
  try {
    const [ethereum = 0, rpc = 0, listen = 0, peerRpc = 0, peerListen = 0, ethereumRpc = 0] = await freePorts(6)
    await using devnet = new Devnet(
      { log, say, onLine: (name, line) => log.debug({ process: name }, line) },
      {
        data,
        ports: { ethereum, rpc, listen, peerRpc, peerListen, ethereumRpc },
        miner: true,
        rows,
        watcher: true,
        blockSeconds: BLOCK_SECONDS,
        pollMs: POLL_MS,
        logLevel: settings.logLevel,
        logJson: settings.logJson ?? false,
        ...(on === undefined ? {} : { ethereum: on }),
      },
    )
    await devnet.start(signal)
    const file = devnet.deploymentFile
    const network = parseDeployment(await readFile(file, 'utf8'), file)
    say('')
    const options = { deadlineMs: DEADLINE_MS, ...(out === undefined ? {} : { out: resolve(out) }) }
    const result = await runDemo({ devnet, network, log, say, signal }, options)
    const text = [
      '',
      `All held, in ${result.seconds} s: money was counted ${result.supply.length} times, and was always all there: TTX as genesis created it, the token as its gateway holds it.`,
      ...(out === undefined ? [] : [`Evidence: ${resolve(out)}, see index.json`]),
    ].join('\n')
    return { data: result, text }
  } catch (error) {
    throw signal.aborted ? interrupted() : error
  } finally {
    if (folder === undefined) await rm(data, { recursive: true, force: true })
  }
}

/** Throws `OperationError('folder-not-empty')`. */
async function claimFolder(folder: string, flag: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length === 0) return
  throw new OperationError(
    'folder-not-empty',
    `expected ${flag} to name a new or empty folder, got ${resolve(folder)}, which holds files; choose another`,
    { facts: { folder: resolve(folder) } },
  )
}
