// What honest peers and users get from a node that is attacked: payments, places, answers of the RPC, and payments fetched by stock clients. Attackers are
// in a process of their own, at as many addresses of loopback as they want. With `--against FOLDER` the victim is of another checkout.

import { execFileSync } from 'node:child_process'
import { Stage } from './hostile/stage.ts'
import type { Attack } from './hostile/world.ts'
import type { Bench, Case } from './measure.ts'

type Row = {
  readonly name: string
  readonly attack?: Attack
  readonly attackers?: number
  readonly measured: (stage: Stage) => Promise<number>
}

/** Each row has a victim of its own: bans and grades would last. */
function benchOf(title: string, unit: string, rows: readonly Row[], limits: Bench['limits']): Bench {
  return {
    name: 'hostile',
    title,
    unit,
    rounds: 1,
    limits,
    prepare: ({ against } = {}) => ({
      cases: rows.map(
        ({ name, attack, attackers = 0, measured }): Case => ({
          name,
          run: async () => {
            await using stage = await Stage.start(against)
            if (attack !== undefined) await stage.attack(attack, attackers)
            return await measured(stage)
          },
        }),
      ),
      stop: () => {},
    }),
  }
}

const newcomers = (stage: Stage) => stage.newcomersTaken()
const fetches = (stage: Stage) => stage.stockFetches()
const rpc = (stage: Stage) => stage.slowRpc()
const load = (stage: Stage) => stage.load()
const payments = (stage: Stage) => stage.slowestPayment()
const HELD = 98

export const benches: readonly Bench[] = [
  benchOf(
    'the slowest of six payments, from an honest neighbour to whoever is behind the victim',
    'ms',
    [
      { name: 'no attack', measured: payments },
      { name: '5 spies announce first and answer after 19 s', attack: 'withhold', attackers: 5, measured: payments },
      { name: '40 announce what is known', attack: 'announce known', attackers: 40, measured: payments },
    ],
    [{ case: '5 spies announce first and answer after 19 s', of: 'median', atMost: 2_000 }],
  ),
  benchOf(
    `of four who come while ${HELD} hostile connections are held, how many are served`,
    'of 4',
    (['half-open', 'handshake', 'introduce'] as const).flatMap((attack) => [
      { name: `nodes, ${attack}`, attack, attackers: HELD, measured: newcomers },
      { name: `stock clients, ${attack}`, attack, attackers: HELD, measured: fetches },
    ]),
    (['half-open', 'handshake', 'introduce'] as const).flatMap((attack) => [
      { case: `nodes, ${attack}`, of: 'median', atLeast: 4 },
      { case: `stock clients, ${attack}`, of: 'median', atLeast: 4 },
    ]),
  ),
  benchOf(
    'the RPC, 99th percentile of node_info',
    'ms',
    [
      { name: 'no attack', measured: rpc },
      { name: '40 announce what is known', attack: 'announce known', attackers: 40, measured: rpc },
      { name: '40 ask for lists', attack: 'list', attackers: 40, measured: rpc },
      { name: '40 ask for files', attack: 'get', attackers: 40, measured: rpc },
    ],
    [{ case: '40 announce what is known', of: 'median', atMost: 100 }],
  ),
  benchOf(
    'how many processors the victim keeps busy',
    'cores',
    [
      { name: 'no attack', measured: load },
      { name: '40 announce what is known', attack: 'announce known', attackers: 40, measured: load },
      { name: '40 ask for lists', attack: 'list', attackers: 40, measured: load },
      { name: '40 ask for files', attack: 'get', attackers: 40, measured: load },
    ],
    [],
  ),
  ...(hasLibtorrent()
    ? [
        benchOf(
          'random payments fetched by one libtorrent client, which has 60 s',
          's',
          [300, 1_000].map((count) => ({
            name: `${count}`,
            measured: (stage: Stage) => stage.manyByLibtorrent(count),
          })),
          [{ case: '1000', of: 'median', atMost: 60 }],
        ),
      ]
    : []),
]

/** Debian's package python3-libtorrent; without it that row is left out. */
function hasLibtorrent(): boolean {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import libtorrent'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
