// The processes of a devnet besides Ethereum: each is a command that a user could run as well.

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createNodeClient } from '../../node/client/rpc.ts'
import type { DevnetOptions } from './options.ts'
import type { ServiceSpec } from './supervisor.ts'

export type Surroundings = {
  readonly chain: bigint
  readonly ethereumUrl: string
  readonly nodeUrl: string
  readonly peerUrl: string
  readonly deploymentFile: string
  readonly passphraseFile: string
}

const TTX = join(import.meta.dirname, '..', 'ttx.mjs')
/** A development chain is not reorganised; it can lose its last second when its process is killed. */
const FINALITY_DEPTH = 3
/** Node keeps what it made of our sources here, so that five processes start in half the time; the same folder as of every command. */
export const COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/ttx')
const LOOK_MS = 50
/** What is left of a line of 100 columns beside the name of the process. */
const COLUMNS = 89
/** Seconds: what anyone may bring forward is the miner's to do, and the watcher's only where that one does not. */
const WATCHER_COURTESY = 20

/** In the order in which they are started. */
export function devnetServices(options: DevnetOptions, around: Surroundings): ServiceSpec[] {
  const { data, ports, pollMs } = options
  const { chain, ethereumUrl: ethereum, deploymentFile: deployment, nodeUrl, peerUrl, passphraseFile } = around
  const common = { ethereum, 'poll-ms': pollMs }
  // anvil is asked for blobs at its own URL.
  const ours = { ...common, beacon: ethereum, deployment, 'finality-depth': FINALITY_DEPTH }
  const node = {
    ...ours,
    'rpc-port': ports.rpc,
    'ethereum-rpc': ports.ethereumRpc,
    'listen-port': ports.listen,
  }
  const peer = { ...ours, 'rpc-port': ports.peerRpc, 'listen-port': ports.peerListen }
  // Nothing here has to wait for others to pay, nor for blocks that bury a transaction.
  const paying = { ...common, data, 'passphrase-file': passphraseFile, node: nodeUrl, courtesy: 0, confirmations: 1 }
  const services = [
    service(options, 'node', 'node', { ...node, data, peers: address(ports.peerListen) }, [], answers(nodeUrl, chain)),
    service(
      options,
      'peer',
      'node',
      { ...peer, data: join(data, 'peer'), peers: address(ports.listen) },
      [],
      answers(peerUrl, chain),
    ),
  ]
  if (options.miner)
    services.push(
      service(options, 'miner', 'miner', {
        ...paying,
        wallet: 'miner',
        threads: 1,
        'longest-wait': 0,
        rows: options.rows,
      }),
    )
  services.push(service(options, 'relayer', 'relay', { ...paying, wallet: 'relayer' }))
  if (options.watcher) {
    const flags = { ...paying, beacon: ethereum, wallet: 'watcher', courtesy: WATCHER_COURTESY }
    services.push(service(options, 'watcher', 'watch', flags, ['--defend']))
  }
  return services
}

function service(
  { data, logLevel, logJson }: DevnetOptions,
  name: string,
  command: string,
  flags: Readonly<Record<string, string | number>>,
  switches: readonly string[] = [],
  ready: ServiceSpec['ready'] = async () => undefined,
): ServiceSpec {
  const args = Object.entries({ ...flags, 'log-level': logLevel }).flatMap(([flag, value]) => [`--${flag}`, `${value}`])
  // No settings but those given here: neither our variables nor a .env of the folder we were started in.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('TTX_')))
  return {
    name,
    command: process.execPath,
    args: [TTX, command, ...args, ...switches],
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...env, TTX_LOG_JSON: `${logJson}`, COLUMNS: `${COLUMNS}` },
    folder: data,
    ready,
  }
}

function address(port: number): string {
  return `127.0.0.1:${port}`
}

function answers(url: string, chain: bigint): ServiceSpec['ready'] {
  const node = createNodeClient(url, { timeoutMs: 5_000 })
  return async (signal) => {
    for (;;) {
      const info = await node.call('node_info', {}, signal).catch(() => undefined)
      if (info?.network.chain === chain) return
      await delay(LOOK_MS, undefined, { signal })
    }
  }
}
