// The figures of a watcher.

import { type Figure, oneOf, type Values } from '../../node/metrics/figures.ts'
import { secondsFrom, toTime } from '../../node/protocol/units.ts'
import type { Case } from '../watch/cases.ts'
import type { WatcherStatus } from '../watch/watcher.ts'

/** `nowMs` is unix milliseconds. */
export type WatcherReading = { readonly status: WatcherStatus; readonly nowMs: number }

const STATES = ['starting', 'watching', 'unknown', 'stopped'] as const satisfies readonly WatcherStatus['state'][]

export const WATCHER_FIGURES: readonly Figure<WatcherReading>[] = [
  {
    name: 'ttx_watcher_state',
    help: '1 for how the watcher does; unknown: node and endpoints do not see the same',
    labels: ['state'],
    of: ({ status }) => oneOf('state', STATES, status.state),
  },
  {
    name: 'ttx_watcher_right_blocks',
    help: 'Living blocks above the final one that it finds right, number of them; 0 while not all see the same',
    of: ({ status }) => status.valid,
  },
  {
    name: 'ttx_watcher_cases',
    help: 'Wrong blocks that it knows, number of them: open and tried ones live, doubtful ones only the node finds wrong',
    labels: ['state'],
    of: ({ status: { cases } }) => countsOf(cases),
  },
  {
    name: 'ttx_watcher_failed_refutations',
    help: 'Transactions against wrong blocks that are alive which had no effect, number of them',
    of: ({ status: { cases } }) => cases.filter(isAlive).reduce((failed, { failures = 0 }) => failed + failures, 0),
  },
  {
    name: 'ttx_deadline_seconds',
    help: 'Until a block could be final at the earliest that is wrong, seconds by the clock of this machine; absent without such a block',
    labels: ['of'],
    of: ({ status: { cases }, nowMs }) => deadlineOf(cases, nowMs),
  },
]

function countsOf(cases: readonly Case[]): Values {
  const counts = { open: 0, tried: 0, killed: 0, doubtful: 0 }
  for (const { state } of cases) counts[state]++
  return Object.entries(counts).map(([state, count]) => [{ state }, count])
}

function deadlineOf(cases: readonly Case[], nowMs: number): Values {
  const now = toTime(Math.floor(nowMs / 1_000))
  const left = cases.filter(isAlive).map(({ deadline }) => Number(secondsFrom(now, deadline)))
  return left.length === 0 ? undefined : [[{ of: 'wrong-block' }, left.reduce((least, each) => Math.min(least, each))]]
}

function isAlive({ state }: Case): boolean {
  return state === 'open' || state === 'tried'
}
