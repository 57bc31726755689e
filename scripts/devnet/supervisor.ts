// Keeps child processes alive: starts them in order, hands on what they log, restarts what dies, ends all in reverse order; gives up on what no restart helps.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFolder, notWritten } from '../../node/disk.ts'
import { OperationError } from '../../node/errors.ts'
import type { Logger } from '../../node/log.ts'
import { type ChildSpec, spawnTied } from './child.ts'
import { LogFile } from './log-file.ts'

export type ServiceSpec = ChildSpec & {
  readonly name: string
  /** Resolves once it works; rejects if it never will. Called after each start. */
  readonly ready: (signal: AbortSignal) => Promise<void>
}

export type SupervisorOptions = {
  /** Where `<name>.log` of each service goes, and older ones as `<name>.log.1` and so on. */
  readonly logs: string
  /** Gets each line that a service writes. */
  readonly onLine: (name: string, line: string) => void
  /** Called whenever process ids changed. */
  readonly onProcesses: (processes: Readonly<Record<string, number>>) => Promise<void>
}

type Service = {
  readonly spec: ServiceSpec
  readonly file: LogFile
  child: ChildProcess | undefined
  /** Of this start and its ready check. */
  tail: string[]
  loop: Promise<void> | undefined
}

const FIRST_BACKOFF_MS = 250
const MAX_BACKOFF_MS = 10_000
/** A service that lived this long begins with the first backoff again. */
const STEADY_MS = 30_000
const STOP_MS = 10_000
const TAIL_LINES = 20
/** Exit codes of `ttx` after which a person is needed: a wrong setting, damaged data, a disk that refuses. */
const HOPELESS: readonly (number | null)[] = [2, 65, 74]

export class Supervisor {
  readonly #log: Logger
  readonly #options: SupervisorOptions
  readonly #services: Service[] = []
  readonly #stopping = new AbortController()
  readonly #failing = new AbortController()

  constructor(deps: { readonly log: Logger }, options: SupervisorOptions) {
    this.#log = deps.log
    this.#options = options
  }

  /** Aborts, with an `OperationError` as the reason, when something ended that no restart brings back, or what it says cannot be kept. */
  get failed(): AbortSignal {
    return this.#failing.signal
  }

  /** Process ids by name, of those that run. */
  get processes(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.#services.flatMap(({ spec, child }) => (child?.pid === undefined ? [] : [[spec.name, child.pid]])),
    )
  }

  /**
   * Starts a service and waits until it is ready; from then on it is restarted when it dies. Throws `OperationError('service-died')` with
   * its last lines if it ends before it is ready.
   */
  async start(spec: ServiceSpec): Promise<void> {
    this.#stopping.signal.throwIfAborted()
    await makeFolder(this.#options.logs, 0o755)
    const file = openLog(join(this.#options.logs, `${spec.name}.log`))
    const service: Service = { spec, file, child: undefined, tail: [], loop: undefined }
    this.#services.push(service)
    await this.#launch(service)
    service.loop = this.#keepAlive(service)
  }

  /** Ends all, the last first: SIGTERM, then SIGKILL after ten seconds. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const service of this.#services.splice(0).reverse()) {
      await this.#end(service)
      await service.loop
      service.file.close()
    }
    await this.#options.onProcesses({})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #launch(service: Service): Promise<void> {
    const { spec } = service
    const child = spawnTied(spec)
    service.child = child
    service.tail = []
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => this.#take(service, line))
    }
    const died = new AbortController()
    const exited = new Promise<never>((_resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => reject(this.#death(service, code, signal)))
    })
    exited.catch(() => died.abort()) // reported by the race below, or by the loop
    await this.#options.onProcesses(this.processes)
    const signal = AbortSignal.any([died.signal, this.#stopping.signal])
    await Promise.race([spec.ready(signal), exited])
  }

  async #keepAlive(service: Service): Promise<void> {
    const { name } = service.spec
    const { signal } = this.#stopping
    let backoffMs = FIRST_BACKOFF_MS
    while (!signal.aborted) {
      const startedMs = performance.now()
      const { child } = service
      if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'close')
      if (signal.aborted) return
      if (HOPELESS.includes(child?.exitCode ?? null)) {
        this.#failing.abort(this.#death(service, child?.exitCode ?? null, null))
        return
      }
      if (performance.now() - startedMs > STEADY_MS) backoffMs = FIRST_BACKOFF_MS
      const how = child?.signalCode ?? `exit code ${child?.exitCode}`
      this.#log.warn({ process: name, how, restartMs: backoffMs }, 'a process died; starting it again')
      await delay(backoffMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)
      try {
        await this.#launch(service)
        this.#log.info({ process: name, processId: service.child?.pid }, 'it runs again')
      } catch (error) {
        if (!signal.aborted) this.#log.error({ process: name, error }, 'it does not start')
        await this.#end(service)
      }
    }
  }

  async #end({ child }: Service): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await closed
    clearTimeout(timer)
  }

  #take(service: Service, line: string): void {
    try {
      service.file.write(line)
    } catch (cause) {
      this.#failing.abort(notWritten(service.file.path, cause))
    }
    service.tail = [...service.tail, line].slice(-TAIL_LINES)
    this.#options.onLine(service.spec.name, line)
  }

  #death({ spec, tail }: Service, code: number | null, signal: string | null): OperationError {
    const { name } = spec
    return new OperationError(
      'service-died',
      `expected ${name} to run, got its end (${signal ?? `exit code ${code}`}); its last words:\n${tail.join('\n')}`,
      { facts: { process: name, log: join(this.#options.logs, `${name}.log`), exitCode: `${signal ?? code}` } },
    )
  }
}

/** Throws `OperationError('write-failed')`. */
function openLog(path: string): LogFile {
  try {
    return new LogFile(path)
  } catch (cause) {
    throw notWritten(path, cause)
  }
}
