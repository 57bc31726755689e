// ttx node: runs a node until Ctrl-C.

import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import { nameOf } from '../../../../node/ethereum/problems.ts'
import { EthereumReader } from '../../../../node/ethereum/reader.ts'
import type { TtxNode } from '../../../../node/node.ts'
import type { Begin } from '../../../../node/node-beginning.ts'
import { chainIdOf } from '../../../../node/rpc/ethereum/chain-id.ts'
import { readSite, type SiteFiles } from '../../../../node/web/site.ts'
import packageJson from '../../../../package.json' with { type: 'json' }
import { checkPort } from '../../../devnet/ports.ts'
import { NODE_SETTINGS, updateNodeSettings } from '../../../node-settings.ts'
import { findPage } from '../../../page.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable } from '../../context.ts'
import { readDeployment } from '../../deployment-file.ts'
import { openMetrics } from '../../metrics.ts'
import { networkOptions } from '../../network-options.ts'
import { addSettings } from '../../setting-flags.ts'
import { untilAborted } from '../../until.ts'
import { registerNodeStatus } from './node-status.ts'

export function registerNode(program: Command, act: Act): void {
  const node = addExamples(
    addSettings(
      program
        .command('node')
        .helpGroup(AUDIENCE.network)
        .summary('run a node')
        .description(
          'Run a node until Ctrl-C: it keeps the ledger, seeds and fetches transactions over BitTorrent, follows the bridge on Ethereum, and serves JSON-RPC on loopback. Without --ethereum it is a plain first-seen node. It holds no keys. In a data folder that has joined a network ("ttx network join") it needs no flags; else it keeps in <data>/node.json what commands beside it need. Proofs (.torrent files) that are put into <data>/node/proofs are imported.',
        )
        .action(act(run)),
      [...NODE_SETTINGS, 'metrics'],
    ),
    'ttx node',
    'ttx node --network-profile public --peers node.example.org:7651',
    'ttx node --ethereum-rpc 7654',
  )
  registerNodeStatus(node, act)
}

async function run(context: CliContext): Promise<undefined> {
  const { settings, folder, log } = context
  const { ethereum = [], beacon = [], rpcHost, rpcPort, listenPort, pollMs } = settings
  const definition = await readDeployment(settings.deployment)
  const network = networkOptions(settings, definition)
  // Later on a node waits out whatever is wrong with Ethereum; at the start it is most likely a typo.
  for (const url of ethereum) {
    const reader = new EthereumReader({ urls: [url], network: definition.rules, now: Date.now }, { retries: 1 })
    await reader.parameters().finally(() => reader.close())
  }
  const begin = beginOf(settings)
  if (rpcPort !== 0) await checkPort(rpcPort, 'JSON-RPC', '--rpc-port', rpcHost)
  const ethereumRpc = placeOf(settings.ethereumRpc)
  if (ethereumRpc !== undefined && ethereumRpc.port !== 0)
    await checkPort(ethereumRpc.port, 'the Ethereum-compatible RPC', '--ethereum-rpc', ethereumRpc.host)
  if (listenPort !== 0) await checkPort(listenPort, 'BitTorrent', '--listen-port', network.host)
  const site = await sitePage(log)
  // Loaded only here: BitTorrent would double the start of every other command.
  const { TtxNode } = await import('../../../../node/node.ts')
  await using stack = new AsyncDisposableStack()
  const metrics = stack.use(await openMetrics(context, 'node'))
  await using node = new TtxNode(
    { log, clock: Date.now, version: packageJson.version, ...(metrics === undefined ? {} : { metrics }) },
    {
      folder: folder.node,
      definition,
      ethereum,
      beacon,
      rpc: { host: rpcHost, port: rpcPort },
      ...(ethereumRpc === undefined ? {} : { ethereumRpc }),
      network,
      pollMs,
      finalityDepth: BigInt(settings.finalityDepth),
      begin,
      keep: settings.keep === 'all' ? 'all' : BigInt(settings.keep),
      skipPast: settings.skipPast ?? false,
      maxUnordered: settings.maxUnordered,
      feed: feedOf(settings),
      site,
      ...(settings.maxEthereumAge === 0 ? {} : { maxEthereumAgeMs: 1_000 * settings.maxEthereumAge }),
    },
  )
  await node.start()
  metrics?.started(() => node.unready)
  await updateNodeSettings(settings, node.rpcUrl)
  context.say(
    formatTable([
      ...(site === undefined ? [] : ([['page', `${node.rpcUrl}/`]] as const)),
      ['RPC', node.rpcUrl],
      ...(node.ethereumRpcUrl === undefined
        ? []
        : ([['wallets', `${node.ethereumRpcUrl}, chain id ${chainIdOf(definition)}, symbol TTX`]] as const)),
      ['BitTorrent', node.listenAddress],
      ['bridge', `${definition.rules.bridge} on chain ${definition.rules.chain}`],
      ['Ethereum', ethereum.length === 0 ? 'none: a plain first-seen node' : nameOf(ethereum)],
      ...(ethereum.length === 0 ? [] : ([['begins', beginWords(node.began, begin)]] as const)),
      ['data', folder.node],
    ]),
  )
  await untilAborted(AbortSignal.any([context.signal, node.failed]))
  if (node.failed.aborted && !context.signal.aborted) throw node.failed.reason
  return undefined
}

/** The built web page; undefined, with a word in the log, where an install has none. */
async function sitePage(log: CliContext['log']): Promise<SiteFiles | undefined> {
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const { folder, state } = await findPage(root)
  if (state === 'old') log.warn({ folder }, 'the web page is of other sources than these: npm run page')
  if (state !== 'none') return await readSite(folder)
  log.warn({ folder }, 'there is no web page: npm run page builds it')
  return undefined
}

/** Of this machine, unless a host is named. */
function placeOf(setting: CliContext['settings']['ethereumRpc']) {
  if (setting === 'off') return undefined
  if (/^\d+$/.test(setting)) return { host: '127.0.0.1', port: Number(setting) }
  const end = setting.lastIndexOf(':')
  return { host: setting.slice(0, end).replace(/^\[|\]$/g, ''), port: Number(setting.slice(end + 1)) }
}

/** Throws `bad-arguments`. */
function feedOf({ feed, feedFiles: files }: CliContext['settings']) {
  if (feed !== 'off') return { keep: feed === 'all' ? feed : BigInt(feed), files }
  if (files === undefined) return undefined
  throw new OperationError(
    'bad-arguments',
    'expected --feed with --feed-files, got none: name a number of blocks, as 256',
  )
}

/** Throws `bad-arguments`. */
function beginOf({ fromFinal = false, fromGenesis = false }: CliContext['settings']): Begin {
  if (fromFinal && fromGenesis)
    throw new OperationError(
      'bad-arguments',
      'expected --from-final or --from-genesis, got both: a new node begins at one of them',
    )
  return fromFinal ? 'final' : fromGenesis ? 'genesis' : 'either'
}

/** What its operator asked for may not be what it does. */
function beginWords(began: TtxNode['began'], asked: Begin): string {
  if (began === 'final') return 'at the final block: "ttx node status" shows how far it is'
  if (began === 'either')
    return 'at the final block if a peer delivers its balances, else at genesis: "ttx node status" shows how far it is'
  if (began === 'continues' && asked === 'either') return 'where it stopped: the data folder is not new'
  if (began === 'continues' || asked === 'final')
    return `where the data folder is: it is not new, so --from-${asked} is ignored (for another beginning use a new --data folder)`
  return asked === 'genesis'
    ? 'at genesis'
    : 'at genesis: there are no --peers and no --trackers to ask for the final block'
}
