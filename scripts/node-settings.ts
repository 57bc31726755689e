// What the node of a data folder runs with, so that it, and every command beside it, needs no flags: `<data>/node.json`. `ttx network join` writes it,
// a node that starts brings it up to date, and its operator may edit it. The keys are those of settings, each with the text of its flag.

import { readFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../node/disk.ts'
import { writeDurably } from '../node/durable.ts'
import { OperationError } from '../node/errors.ts'
import { type SettingKey, type Settings, type Surrounding, settingDefault } from './settings.ts'

/** Of `ttx node`, in the order of its help. */
export const NODE_SETTINGS = [
  'deployment',
  'ethereum',
  'beacon',
  'rpcHost',
  'rpcPort',
  'ethereumRpc',
  'networkProfile',
  'listenHost',
  'listenPort',
  'publicAddress',
  'peers',
  'trackers',
  'dhtBootstrap',
  'without',
  'encryption',
  'websocketOrigins',
  'maxConnections',
  'maxConnectionsPerHost',
  'maxLiveTorrents',
  'uploadLimit',
  'downloadLimit',
  'maxUnordered',
  'finalityDepth',
  'fromFinal',
  'fromGenesis',
  'skipPast',
  'keep',
  'feed',
  'feedFiles',
  'maxEthereumAge',
  'pollMs',
] as const satisfies readonly SettingKey[]

/** What a node that runs says of itself: what commands beside it need. */
const TOLD = ['node', 'deployment', 'ethereum', 'beacon'] as const satisfies readonly SettingKey[]

type Key = (typeof NODE_SETTINGS)[number] | 'node'
type Kept = { readonly [K in Key]?: string | undefined }

const schema = z.partialRecord(z.enum(['node', ...NODE_SETTINGS]), z.string())

function fileIn(data: string): string {
  return join(data, 'node.json')
}

/** None where nobody has written any. Throws `OperationError('bad-setting')`. */
export function readNodeSettings(data: string): Surrounding {
  const file = fileIn(data)
  try {
    const { deployment, ...others } = schema.parse(JSON.parse(readFileSync(file, 'utf8')))
    // What is inside the folder moves with it.
    return deployment === undefined ? others : { ...others, deployment: resolve(data, deployment) }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return {}
    // What does not parse may be quoted in the error, and may be a key.
    const isBadJson = cause instanceof SyntaxError
    const got =
      cause instanceof z.ZodError ? z.prettifyError(cause) : isBadJson ? 'text that is not JSON' : String(cause)
    throw new OperationError(
      'bad-setting',
      `expected the settings of a node in ${file}, got something else: ${got}; correct it, or remove it and join the network again`,
      { facts: { file }, cause },
    )
  }
}

/** All that is set otherwise than by default. Throws `write-failed`. */
export async function writeNodeSettings(settings: Settings): Promise<void> {
  const { data, rpcHost, rpcPort } = settings
  const kept = NODE_SETTINGS.map((key): [Key, string | undefined] => [key, textOf(settings, key)])
  const chosen = kept.filter(([key, text]) => text !== settingDefault(key))
  await write(data, { node: urlOf(rpcHost, rpcPort), ...Object.fromEntries(chosen) })
}

/** Of a node that has started, and can be reached at `url`. Throws 'bad-setting' and `write-failed`. */
export async function updateNodeSettings(settings: Settings, url: string): Promise<void> {
  const { data } = settings
  if (await runsDevnet(data)) return
  const told = TOLD.map((key) => [key, key === 'node' ? reachable(url) : textOf(settings, key)] as const)
  await write(data, { ...readNodeSettings(data), ...Object.fromEntries(told) })
}

async function write(data: string, { deployment, ...others }: Kept): Promise<void> {
  const file = deployment === undefined ? undefined : pathFrom(data, deployment)
  const entries = Object.entries({ deployment: file, ...others }).filter(
    ([, text]) => text !== undefined && text !== '',
  )
  const before = readText(data)
  const text = `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`
  if (text === before) return
  await makeFolder(data)
  await writeDurably(fileIn(data), text)
}

function readText(data: string): string | undefined {
  try {
    return readFileSync(fileIn(data), 'utf8')
  } catch {
    return undefined
  }
}

/** Its processes are told everything, and it says itself where they are. */
async function runsDevnet(data: string): Promise<boolean> {
  return await access(join(data, 'devnet.lock')).then(
    () => true,
    () => false,
  )
}

/** As its flag wants it; `undefined` if it is not set. */
function textOf(settings: Settings, key: SettingKey): string | undefined {
  const value = settings[key]
  if (value === undefined) return undefined
  return Array.isArray(value) ? value.join(',') : String(value)
}

function pathFrom(data: string, file: string): string {
  const path = relative(data, file)
  return path.startsWith('..') ? file : path
}

function urlOf(host: string, port: number): string | undefined {
  return port === 0 ? undefined : reachable(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
}

/** A node that listens on all addresses is reached at this machine's own. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
