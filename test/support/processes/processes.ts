// Real processes for tests: `ttx` as a user runs it, and nothing left over at the end.

import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnTied } from '../../../scripts/devnet/child.ts'
import { checkPort } from '../../../scripts/devnet/ports.ts'
import { COMPILE_CACHE } from '../../../scripts/devnet/services.ts'
import { readEndpoints } from '../../../scripts/endpoints.ts'

export type Finished = { readonly exitCode: number | null; readonly out: string; readonly err: string }

const TTX = fileURLToPath(new URL('../../../scripts/ttx.mjs', import.meta.url))
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
// No limit that a test leans on: only what hangs ever gets there.
const DEADLINE_MS = 180_000

/** A process that runs, with all that it has said so far. */
export class Running implements AsyncDisposable {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  out = ''
  err = ''

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // Nothing of the tester's own settings.
    const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('TTX_')))
    this.child = spawnTied({
      command,
      args,
      folder: ROOT,
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...clean, NO_COLOR: '1', ...env },
    })
    this.child.stdout?.on('data', (chunk) => {
      this.out += chunk
    })
    this.child.stderr?.on('data', (chunk) => {
      this.err += chunk
    })
    this.finished = once(this.child, 'close').then(([exitCode]) => ({ exitCode, out: this.out, err: this.err }))
  }

  /** Resolves once it said something that matches, on either stream. */
  async said(pattern: RegExp): Promise<void> {
    await until(`a process to say ${pattern}`, async () => {
      if (pattern.test(this.out) || pattern.test(this.err)) return true
      if (this.child.exitCode === null && this.child.signalCode === null) return undefined
      throw new Error(
        `it ended with ${this.child.exitCode ?? this.child.signalCode} before it said ${pattern}:\n${this.out}\n${this.err}`,
      )
    })
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal)
    return await this.finished
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
  }
}

/** `ttx` with these arguments, on the way. */
export function startTtx(args: readonly string[], env?: Readonly<Record<string, string>>): Running {
  return new Running(process.execPath, [TTX, ...args], env)
}

/** `ttx` with these arguments, to its end. */
export async function ttx(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished> {
  return await startTtx(args, env).finished
}

/** The object that `ttx … --json` printed; a failure is an error with all that it said. */
export async function ttxJson<T extends object>(args: readonly string[]): Promise<T> {
  const { exitCode, out, err } = await ttx([...args, '--json'])
  if (exitCode !== 0) throw new Error(`ttx ${args.join(' ')} ended with ${exitCode}:\n${out}\n${err}`)
  return JSON.parse(out)
}

/** The first answer of `probe` that is not `undefined`. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const endMs = performance.now() + deadlineMs
  for (;;) {
    const beganMs = performance.now()
    const answer = await probe()
    if (answer !== undefined) return answer
    if (performance.now() > endMs) throw new Error(`waited for ${what} in vain`)
    // One that starts a process must not keep a core from what it waits for.
    await delay(Math.max(50, 2 * (performance.now() - beganMs)))
  }
}

/** Ports for a devnet: five in a row, and one for Ethereum. Below those that the system hands out, so that nobody takes them meanwhile. */
export async function devnetPorts(): Promise<{
  readonly base: number
  readonly ethereum: number
  readonly flags: string[]
}> {
  for (;;) {
    const base = randomInt(12_000, 31_000)
    const ethereum = base + 5
    const all = Array.from({ length: 6 }, (_, i) => checkPort(base + i, 'a test', 'none'))
    if ((await Promise.allSettled(all)).some(({ status }) => status === 'rejected')) continue
    return { base, ethereum, flags: ['--base-port', `${base}`, '--ethereum-port', `${ethereum}`] }
  }
}

/** Process ids of the devnet on a data folder. */
export function processesOf(data: string): Readonly<Record<string, number>> {
  return readEndpoints(data)?.processes ?? {}
}

/** Whether a process runs; one that ended and was not waited for yet does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat !== undefined && !/\) [ZX] /.test(stat)
}

/** Resolves once none of these processes runs. */
export async function allGone(pids: readonly number[]): Promise<void> {
  for (const pid of pids)
    await until(`the end of process ${pid}`, async () => ((await isRunning(pid)) ? undefined : true))
}
