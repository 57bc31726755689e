// What a command that runs until Ctrl-C shows to Prometheus and to whoever watches its process.

import type { Metrics } from '../../node/metrics/metrics.ts'
import type { Reason } from '../../node/metrics/server.ts'
import { Rounds } from '../../node/rounds.ts'
import packageJson from '../../package.json' with { type: 'json' }
import type { CliContext } from './context.ts'

/** `undefined` unless `--metrics` says where. It listens until it is disposed of, after what it shows. Throws as `MetricsServer.start`. */
export async function openMetrics(context: CliContext, command: string): Promise<Metrics | undefined> {
  const place = context.settings.metrics
  if (place === undefined) return undefined
  const { log, signal } = context
  // Loaded only here: most processes do without it.
  const { Metrics } = await import('../../node/metrics/metrics.ts')
  const deps = { log, clock: Date.now, rounds: new Rounds(), version: packageJson.version, command }
  const metrics = new Metrics(deps, place, signal)
  context.say(`metrics  ${await metrics.start()}/metrics`)
  return metrics
}

/** What is in the way of a process, as `/ready` says it. */
export function problemOf(what: string | undefined): readonly Reason[] {
  return what === undefined ? [] : [{ code: 'problem', what }]
}
