// What ten commands take from their start to their end, on a devnet of the bench's own: CPU and memory. With `--against FOLDER`, another checkout of this
// repository with its packages, each ratio is to what that one takes for the same command in the same round.

import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { spawnTied } from '../devnet/child.ts'
import { checkPort } from '../devnet/ports.ts'
import { readEndpoints } from '../endpoints.ts'
import type { Bench, Case } from './measure.ts'

const ROOT = join(import.meta.dirname, '../..')
const ADDRESS = `0x${'b0'.repeat(20)}`
const COMMANDS = [
  '--version',
  '--help',
  'send --help',
  'balance --wallet genesis',
  `balance ${ADDRESS} --json`,
  'wallet list',
  'tx list genesis',
  'block list',
  'asset list --wallet genesis',
  `send 0.1 ${ADDRESS} --wallet genesis --yes`,
] as const
const ROUNDS = 9

/** What a process took: milliseconds of CPU, its own and the system's for it, on all its threads; and megabytes at its peak. */
type Taken = { readonly cpu: number; readonly memory: number }

const UNITS = { cpu: 'ms of CPU', memory: 'MB at the peak' } as const

function benchOf(what: keyof Taken, title: string): Bench {
  return {
    name: 'start-up',
    title,
    unit: UNITS[what],
    rounds: ROUNDS,
    limits: [],
    prepare: async ({ against } = {}) => {
      const place = await startPlace()
      const ofRoot = (root: string, command: string, name: string, baseline: string): Case => ({
        name,
        baseline,
        run: async () => (await take(place, root, command))[what],
      })
      const cases = COMMANDS.flatMap((command) => {
        const name = command.replace(ADDRESS, 'ADDRESS')
        if (against === undefined) return [ofRoot(ROOT, command, name, COMMANDS[0])]
        const other = `${name} (other)`
        return [ofRoot(against, command, other, other), ofRoot(ROOT, command, name, other)]
      })
      return { cases, stop: place.stop }
    },
  }
}

export const benches: readonly Bench[] = [
  benchOf('cpu', 'CPU of a whole command, from its start to its end'),
  benchOf('memory', 'memory of a whole command'),
]

type Place = { readonly data: string; readonly probe: string; readonly stop: () => Promise<void> }

/** A devnet without a miner, so that it does nothing while others are measured. */
async function startPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-start-up-'))
  const data = join(folder, 'devnet')
  const probe = join(folder, 'probe.cjs')
  // From within: a parent is not told what its child took.
  await writeFile(
    probe,
    `process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  require('node:fs').writeSync(3, JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e3, memory: maxRSS / 1024 }))
})\n`,
  )
  const base = await freePort()
  const flags = ['--no-miner', '--no-watcher', '--block-seconds', '600', '--poll-ms', '10000']
  const ports = ['--base-port', `${base}`, '--ethereum-port', `${base + 5}`]
  const devnet = spawnTied({
    command: process.execPath,
    args: [ttxOf(ROOT), 'devnet', '--data', data, ...flags, ...ports],
    folder,
  })
  let complained = ''
  devnet.stderr?.on('data', (chunk) => {
    complained += chunk
  })
  const ended = once(devnet, 'close')
  const stop = async () => {
    devnet.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  let said = ''
  const ready = Promise.withResolvers<void>()
  // Read to its end: a devnet whose lines nobody reads stops.
  devnet.stdout?.on('data', (chunk) => {
    said += chunk
    if (said.includes('It runs.')) ready.resolve()
  })
  await Promise.race([ready.promise, ended])
  if (readEndpoints(data) !== undefined) return { data, probe, stop }
  await stop()
  throw new Error(`expected a devnet for the bench, got its end:\n${said}${complained}`)
}

function ttxOf(root: string): string {
  const [entry, before] = ['ttx.mjs', 'ttx.ts'].map((name) => join(root, 'scripts', name))
  return entry !== undefined && existsSync(entry) ? entry : `${before}`
}

/** One run of a command. Throws if it fails: then it was not what is measured. */
async function take({ data, probe }: Place, root: string, command: string): Promise<Taken> {
  const flags = command.startsWith('-') ? [] : ['--data', data]
  const child = spawn(process.execPath, ['--require', probe, ttxOf(root), ...command.split(' '), ...flags], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    cwd: data,
    env: { PATH: process.env['PATH'] },
  })
  const [, , err, told] = child.stdio
  if (!err || !told || !('read' in told)) throw new Error('a child without the streams that it was given')
  const [taken, words, [exitCode]] = await Promise.all([text(told), text(err), once(child, 'close')])
  if (exitCode !== 0) throw new Error(`expected ttx ${command} to succeed, got ${exitCode}: ${words}`)
  return JSON.parse(taken)
}

/** The first of five in a row that are free, below those that the system hands out. */
async function freePort(): Promise<number> {
  for (;;) {
    const base = randomInt(12_000, 31_000)
    const all = Array.from({ length: 5 }, (_, i) => checkPort(base + i, 'a bench', 'none'))
    if ((await Promise.allSettled(all)).every(({ status }) => status === 'fulfilled')) return base
  }
}
