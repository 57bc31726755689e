// What a process that runs for long shows of itself: a registry for its parts, and the server that says it. Off unless it is given a place.

import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Logger } from '../log.ts'
import type { Rounds } from '../rounds.ts'
import { troubleFacts } from '../trouble.ts'
import { addFigures, type Figure } from './figures.ts'
import { MetricsServer, type Place, type Reason } from './server.ts'

export type MetricsDeps = {
  readonly log: Logger
  /** Unix milliseconds. */
  readonly clock: () => number
  /** Of the loops of the process, which enter themselves. */
  readonly rounds: Rounds
  /** Of this program, and which of its commands runs. */
  readonly version: string
  readonly command: string
}

const STARTING: Reason = { code: 'starting', what: 'it has not started yet' }
const STOPPING: Reason = { code: 'stopping', what: 'it stops' }
/** Our own messages have none; those of libraries may quote one with its key, and anyone who reaches the port reads this. */
const URLS = /\b(?:https?|wss?):\/\/\S+/gi
/** What is wrong with a figure is said once in this time. */
const SAY_MS = 60_000

export class Metrics implements AsyncDisposable {
  readonly registry = new Registry()
  readonly rounds: Rounds
  readonly #deps: MetricsDeps
  readonly #server: MetricsServer
  #unready: (() => readonly Reason[]) | undefined
  #unread = 0
  #saidMs = Number.NEGATIVE_INFINITY
  #isStopping = false

  /** It says that it stops from the abort of `signal` on. */
  constructor(deps: MetricsDeps, place: Place, signal: AbortSignal) {
    this.#deps = deps
    this.rounds = deps.rounds
    const { registry } = this
    const sick = () => (this.#isStopping ? [] : hanging(deps.rounds))
    const log = deps.log.child({ part: 'metrics' })
    this.#server = new MetricsServer({ registry, log, sick, unready: () => this.unready() }, place)
    signal.addEventListener('abort', () => {
      this.#isStopping = true
    })
    collectDefaultMetrics({ register: registry })
    addFigures(registry, () => this, FIGURES)
  }

  /** Throws as `MetricsServer.start`. Returns the URL. */
  start(): Promise<string> {
    return this.#server.start()
  }

  async stop(): Promise<void> {
    await this.#server.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** What runs has started: `unready` says from now on why it does not do what it is for. */
  started(unready: () => readonly Reason[]): void {
    this.#unready = unready
  }

  /** Figures that come of one reading, of what has started and does not stop: else its parts are closed. */
  readonly add = <Source>(read: () => Source, figures: readonly Figure<Source>[]): void => {
    const readIfOpen = () => (this.#unready === undefined || this.#isStopping ? undefined : read())
    addFigures(this.registry, readIfOpen, figures, (error) => this.#failed(error))
  }

  unready(): readonly Reason[] {
    if (this.#isStopping) return [STOPPING]
    if (this.#unready === undefined) return [STARTING]
    try {
      return this.#unready().map(({ code, what }) => ({ code, what: what.replaceAll(URLS, 'a URL') }))
    } catch (error) {
      this.#failed(error)
      return [{ code: 'unknown', what: 'it cannot say how it does: see its log' }]
    }
  }

  get about(): Pick<MetricsDeps, 'version' | 'command' | 'clock'> & { readonly unread: number } {
    return { ...this.#deps, unread: this.#unread }
  }

  #failed(error: unknown): void {
    this.#unread++
    if (performance.now() - this.#saidMs < SAY_MS) return
    this.#saidMs = performance.now()
    this.#deps.log.warn(troubleFacts(error), 'some figures cannot be read now')
  }
}

const FIGURES: readonly Figure<Metrics>[] = [
  {
    name: 'ttx_build_info',
    help: 'Always 1: version of the program, and which of its commands runs',
    labels: ['version', 'command'],
    of: ({ about: { version, command } }) => [[{ version, command }, 1]],
  },
  {
    name: 'ttx_ready',
    help: '1 if /ready says so: the process does what it is for',
    of: (metrics) => (metrics.unready().length === 0 ? 1 : 0),
  },
  {
    name: 'ttx_unready',
    help: '1 for each reason that /ready gives why it does not',
    labels: ['reason'],
    of: (metrics) => [...new Set(metrics.unready().map(({ code }) => code))].map((reason) => [{ reason }, 1]),
  },
  {
    name: 'ttx_part_last_round_timestamp_seconds',
    help: 'When a loop of the process ended its last round, unix seconds',
    labels: ['part'],
    of: ({ rounds, about: { clock } }) => rounds.all().map(({ part, agoMs }) => [{ part }, (clock() - agoMs) / 1_000]),
  },
  {
    name: 'ttx_part_round_limit_seconds',
    help: 'A loop whose last round ended longer ago hangs, seconds: what /health goes by',
    labels: ['part'],
    of: ({ rounds }) => rounds.all().map(({ part, limitMs }) => [{ part }, limitMs / 1_000]),
  },
  {
    name: 'ttx_figures_unread_total',
    help: 'How often figures could not be read when they were asked for: the log says why',
    of: ({ about: { unread } }) => unread,
  },
]

/** The loops that turn no more. */
function hanging(rounds: Rounds): readonly Reason[] {
  return rounds.all().flatMap(({ part, agoMs, limitMs }): Reason[] => {
    if (agoMs <= limitMs) return []
    const [ago, limit] = [agoMs, limitMs].map((ms) => Math.round(ms / 1_000))
    return [{ code: 'part-hangs', what: `the last round of ${part} ended ${ago} s ago, the limit is ${limit} s` }]
  })
}
