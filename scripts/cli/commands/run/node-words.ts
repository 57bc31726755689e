// What a node says of itself, in words: rows for people, and what is wrong with what helps.

import { STUCK_SECONDS } from '../../../../node/metrics/readiness.ts'
import type { Result as RpcResult } from '../../../../node/rpc/api.ts'
import { formatMoment, formatSpan } from '../../time.ts'

type Info = RpcResult<'node_info'>
type Status = RpcResult<'node_status'>
type Row = readonly [name: string, value: string]

/** `code` is for programs; `helps` is what its operator can do. */
export type Trouble = { readonly code: string; readonly what: string; readonly helps: string }

export function statusRows({ version, listenPort, blocks }: Info, status: Status): readonly Row[] {
  const { at, startedAt, peers, transactions, sync, past, diskBytes, memoryBytes } = status
  const { held, unordered, waiting, wanted } = transactions
  return [
    ['version', version],
    ['up', `${formatSpan(Math.max(0, Math.floor((at - startedAt) / 1_000)))}, since ${utc(startedAt, at)}`],
    [
      'peers',
      `${peers.outgoing + peers.incoming}: ${peers.outgoing} dialled, ${peers.incoming} came in; ${peers.inStep} in step${peers.otherBranch === 0 ? '' : `, ${peers.otherBranch} on another branch`} ("ttx peers" names them; BitTorrent port ${listenPort})`,
    ],
    ...ethereumRows(status),
    ...(blocks === undefined ? [] : [keptRow(blocks)]),
    ...(past === undefined ? [] : [['past', pastWords(past)] as const]),
    [
      'transactions',
      `${held} held, of which ${unordered} in no block; ${waiting} without their ancestors, ${wanted} on their way`,
    ],
    ['tells', confirmationWords(status.confirmation)],
    ...(sync === undefined ? [] : [['syncing', syncWords(sync)] as const]),
    ['disk', formatBytes(diskBytes)],
    ['memory', formatBytes(memoryBytes)],
  ]
}

function confirmationWords({ count, weight, block, state }: Status['confirmation']): string {
  return `${count} transactions of ${formatBytes(Number(weight))}, newest block ${block}, state root ${state}`
}

function syncWords({ payments, of, peers, perSecond }: NonNullable<Status['sync']>): string {
  const left = perSecond === 0 ? '' : `, ${formatSpan(Math.ceil((of - payments) / perSecond))} to go`
  return `${payments} of ${of} payments, from ${peers} ${peers === 1 ? 'peer' : 'peers'}, ${perSecond} a second${left}`
}

function ethereumRows({ at, bridge, behind, endpoints }: Status): readonly Row[] {
  const { state, ethereumBlock, tip, final } = bridge
  if (state === 'off') return [['Ethereum', 'not followed: a plain first-seen node']]
  const read = ethereumBlock === undefined ? 'nothing read yet' : `block ${ethereumBlock}`
  const lag = behind === undefined ? '' : `, ${behind.blocks} blocks and ${formatSpan(behind.seconds)} behind`
  return [
    ['Ethereum', `${read}${lag}`],
    ...endpoints.map(({ name, block, answeredAt, problem }): Row => {
      const seen = block === undefined ? 'has named no block yet' : `block ${block}`
      const answered = answeredAt === undefined ? 'has not answered yet' : `answered ${utc(answeredAt, at)}`
      return [
        'endpoint',
        `${name}: ${seen}, ${problem === undefined ? answered : `no answer since ${utc(problem.since, at)}`}`,
      ]
    }),
    ...(bridge.beginning === undefined ? [] : [beginningRow(bridge.beginning)]),
    ['bridge', `${STATES[state]}; height ${tip?.height ?? 0}, final ${final?.height ?? 0}`],
  ]
}

function beginningRow({ step, bytes, total, problem }: NonNullable<Status['bridge']['beginning']>): Row {
  const share =
    bytes === undefined || !total
      ? ''
      : `: ${formatBytes(bytes)} of ${formatBytes(total)}, ${Math.floor((100 * bytes) / total)}%`
  return ['begins', `${BEGINNINGS[step]}${share}${problem === undefined ? '' : ` (last try: ${problem})`}`]
}

function keptRow({ from, keep, states }: NonNullable<Info['blocks']>): Row {
  const past = keep === undefined ? 'all states' : `states of the last ${keep} blocks, and few older ones`
  return [
    'serves',
    `all blocks ${from === 0n ? 'from genesis' : `above height ${from}`}; keeps ${past} (${states} now)`,
  ]
}

/** How far the replay of the past is, or its verdict. */
export function pastWords({ state, block, height, replayed, problem }: NonNullable<Status['past']>): string {
  const why = problem === undefined ? '' : ` (${problem})`
  if (state === 'right') return `right: all ${height} blocks from genesis to ${block}, with which this node began`
  if (state === 'wrong') return `WRONG: ${problem ?? 'it is not said why'}`
  if (state === 'failed') return `not replayed${why}`
  if (state === 'reading') return `to be replayed from genesis to height ${height}: reads the headers${why}`
  return `replayed ${replayed} of ${height} blocks from genesis on, ${(100n * replayed) / height}%${why}`
}

const BEGINNINGS = {
  header: 'at the final block: asks peers for its header',
  torrent: 'at the final block: fetches its balances',
  balances: 'at the final block: checks its balances',
  ledger: 'at the final block: writes its balances',
} as const satisfies Record<NonNullable<Status['bridge']['beginning']>['step'], string>

const STATES = {
  syncing: 'reading what happened',
  live: 'followed to the newest block',
  unknown: 'cannot be judged now',
  dead: 'DEAD: a wrong block is final',
} as const satisfies Record<Exclude<Status['bridge']['state'], 'off'>, string>

/** The worst first; none is a node that does well. */
export function troublesOf(
  { listenPort }: Pick<Info, 'listenPort'>,
  { at, bridge, behind, endpoints, peers }: Status,
): readonly Trouble[] {
  const found: Trouble[] = []
  if (bridge.state === 'dead') {
    found.push({
      code: 'bridge-dead',
      what: 'the bridge made a block final that this node refutes',
      helps: 'deposit and claim nothing; see the log of the node, and compare with nodes of others',
    })
  }
  if (bridge.state === 'unknown') {
    found.push({
      code: 'cannot-see',
      what: `the node does not trust what it sees of Ethereum: ${bridge.problem ?? 'it does not say why'}`,
      helps: 'do what that says; it goes on by itself once that is over',
    })
  }
  for (const { name, problem } of endpoints) {
    if (problem === undefined) continue
    found.push({
      code: problem.code,
      what: `${name} does not answer since ${utc(problem.since, at)}: ${problem.message}`,
      helps: 'wait, or start the node with other endpoints (--ethereum)',
    })
  }
  if (bridge.state === 'live' && behind !== undefined && behind.seconds > STUCK_SECONDS) {
    found.push({
      code: 'ethereum-old',
      what: `the newest block of Ethereum is ${formatSpan(behind.seconds)} old`,
      helps: 'see whether the endpoint follows its chain, and whether the clock of this machine is right',
    })
  }
  if (bridge.state === 'syncing') {
    found.push({
      code: 'syncing',
      what: `the node still reads Ethereum${behind === undefined ? '' : `, ${behind.blocks} blocks to go`}`,
      helps: 'wait: until then it answers from what it has',
    })
  }
  if (bridge.state === 'off') {
    found.push({
      code: 'no-ethereum',
      what: 'the node does not follow Ethereum: it knows no blocks, deposits and claims',
      helps: 'start it with --ethereum URL',
    })
  }
  if (peers.outgoing + peers.incoming === 0) {
    found.push({
      code: 'no-peers',
      what: 'no other node is connected: it gets payments of nobody else, and nobody gets its own',
      helps: `start it with --peers HOST:PORT of another one, or with --network-profile public and port ${listenPort} reachable from outside`,
    })
  }
  return found
}

export function troubleRows(troubles: readonly Trouble[]): readonly Row[] {
  return troubles.flatMap(({ what, helps }): Row[] => [
    ['wrong', what],
    ['helps', helps],
  ])
}

/** As in `1.4 MB`: powers of ten, three digits. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (bytes >= size) return `${(bytes / size).toPrecision(3)} ${unit}`
  return `${bytes} bytes`
}

/** Both unix milliseconds on the clock of the node. */
function utc(moment: number, at: number): string {
  return formatMoment(Math.floor(moment / 1_000), Math.floor(at / 1_000))
}
