// How an alarm leaves: as a POST to a webhook, or as the standard input of a command.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../../node/errors.ts'
import type { Alarm, Deliver } from './alarm.ts'

export type DeliveryOptions = {
  /** For a webhook to answer. Default 10,000. */
  readonly answerMs?: number
  /** Before a webhook is tried again, doubled each time. Default 1,000. */
  readonly pauseMs?: number
  /** For a command to end, before it is killed. Default 30,000. */
  readonly commandMs?: number
}

/** A webhook is tried this often in all. */
const TRIES = 5
const DEFAULTS = { answerMs: 10_000, pauseMs: 1_000, commandMs: 30_000 }

/**
 * `target` is the URL of a webhook (http or https), or a command with arguments between spaces, which is run without a shell. `env` is what a command
 * gets as its environment.
 */
export function openDelivery(
  target: string,
  env: Readonly<Record<string, string | undefined>>,
  options: DeliveryOptions = {},
): Deliver {
  const chosen = { ...DEFAULTS, ...options }
  if (/^https?:\/\//.test(target)) return (alarm, signal) => post(target, alarm, signal, chosen)
  const [program = '', ...args] = target.split(/\s+/).filter((part) => part !== '')
  return (alarm, signal) => run(program, args, env, alarm, signal, chosen)
}

/** Tries again where that may help: no answer, an error of the server, too many requests. */
async function post(
  url: string,
  alarm: Alarm,
  signal: AbortSignal,
  { answerMs, pauseMs }: Required<DeliveryOptions>,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const got = await postOnce(url, alarm, AbortSignal.any([signal, AbortSignal.timeout(answerMs)]))
    signal.throwIfAborted()
    if (got === undefined) return
    if (!got.mayPass || tries === TRIES) throw undelivered(`a webhook that accepts alarms, got ${got.what}`, tries)
    await delay(pauseMs * 2 ** (tries - 1), undefined, { signal })
  }
}

/** What came instead of success. Without the words of the error, in which the URL may be, and its key. */
async function postOnce(url: string, alarm: Alarm, signal: AbortSignal) {
  try {
    const headers = { 'content-type': 'application/json' }
    // A redirect would take the alarm to somebody who was not named.
    const options = { method: 'POST', headers, body: JSON.stringify(alarm), redirect: 'manual', signal } as const
    const { ok, status, body } = await fetch(url, options)
    await body?.cancel()
    return ok ? undefined : { what: `status ${status}`, mayPass: status >= 500 || status === 429 || status === 408 }
  } catch {
    return { what: 'no answer', mayPass: true }
  }
}

async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  alarm: Alarm,
  signal: AbortSignal,
  { commandMs }: Required<DeliveryOptions>,
): Promise<void> {
  const limits = { timeout: commandMs, killSignal: 'SIGKILL', signal } as const
  const child = spawn(program, args, { env, stdio: ['pipe', 'ignore', 'ignore'], ...limits })
  // It need not read all of it.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${JSON.stringify(alarm)}\n`)
  let end: readonly unknown[]
  try {
    end = await once(child, 'exit')
  } catch (error) {
    signal.throwIfAborted()
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failure'
    throw undelivered(`the command of --on-alarm to start, got ${code}`, 1)
  }
  const [status, killed] = end
  if (status === 0) return
  const how = killed === null ? `exit code ${status}` : `${killed}, perhaps since it took more than ${commandMs} ms`
  throw undelivered(`the command of --on-alarm to end with exit code 0, got ${how}`, 1)
}

function undelivered(what: string, tries: number): OperationError {
  return new OperationError('alarm-undelivered', `expected ${what}; this alarm is lost, see the log of the watcher`, {
    facts: { tries },
  })
}
