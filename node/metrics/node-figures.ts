// The figures of a node: what `node_status` says, and what follows from its view of the bridge.

import { finalTimesOf } from '../bridge/final-time.ts'
import { preferredTip } from '../bridge/fork-choice.ts'
import { ancestry, type BridgeBlock, type BridgeView, blockOf } from '../bridge/view.ts'
import type { LedgerSummary } from '../ledger/types.ts'
import { ALONE_SECONDS, SUPPLY } from '../protocol/rules.ts'
import { later, secondsFrom, type Time } from '../protocol/units.ts'
import type { Result } from '../rpc/api.ts'
import { type Figure, oneOf, type Values, whole } from './figures.ts'

export type NodeReading = {
  readonly status: Omit<Result<'node_status'>, 'diskBytes'>
  readonly summary: LedgerSummary
  /** Transactions in blocks that are not final. */
  readonly ordered: number
  /** Absent in a node without Ethereum. `now` is Ethereum's time. */
  readonly bridge?: { readonly view: BridgeView; readonly now: Time }
}

const STATES = ['live', 'syncing', 'unknown', 'dead', 'off'] as const

export const NODE_FIGURES: readonly Figure<NodeReading>[] = [
  {
    name: 'ttx_transactions',
    help: 'Transactions by their standing, number of them: accepted, ordered and final ones add up to those that stand; waiting ones lack an ancestor or a deposit; wanted ones were announced and are not here',
    labels: ['standing'],
    of: ({ summary, ordered, status: { transactions } }) => [
      [{ standing: 'accepted' }, summary.unordered.count],
      [{ standing: 'ordered' }, ordered],
      [{ standing: 'final' }, summary.count - summary.unordered.count - ordered],
      [{ standing: 'conflicting' }, summary.conflicting],
      [{ standing: 'waiting' }, summary.waiting],
      [{ standing: 'wanted' }, transactions.wanted],
    ],
  },
  {
    name: 'ttx_transactions_known',
    help: 'Transactions that stand, genesis and deposits included, number of them: what peers compare',
    of: ({ summary }) => summary.count,
  },
  {
    name: 'ttx_height',
    help: 'Height of a block: the tip that this node prefers, and the newest final one',
    labels: ['block'],
    of: ({ status: { bridge } }) => [
      ...(bridge.tip === undefined ? [] : ([[{ block: 'tip' }, Number(bridge.tip.height)]] as const)),
      ...(bridge.final === undefined ? [] : ([[{ block: 'final' }, Number(bridge.final.height)]] as const)),
    ],
  },
  {
    name: 'ttx_peers',
    help: 'Connected nodes, number of them, by who dialled',
    labels: ['direction'],
    of: ({ status: { peers } }) => [
      [{ direction: 'outgoing' }, peers.outgoing],
      [{ direction: 'incoming' }, peers.incoming],
    ],
  },
  {
    name: 'ttx_peers_agreeing',
    help: 'Connected nodes that say that they have the same transactions and the same newest block, number of them',
    of: ({ status: { peers } }) => peers.inStep,
  },
  {
    name: 'ttx_peers_on_other_branch',
    help: 'Connected nodes that say that they follow another branch of the bridge, number of them',
    of: ({ status: { peers } }) => peers.otherBranch,
  },
  {
    name: 'ttx_ethereum_state',
    help: '1 for how the node stands to Ethereum: live, syncing, unknown (it does not trust what it sees), dead (the bridge), off (no endpoints)',
    labels: ['state'],
    of: ({ status: { bridge } }) => oneOf('state', STATES, bridge.state),
  },
  {
    name: 'ttx_ethereum_block',
    help: 'Number of the newest block of Ethereum that was read',
    of: ({ status: { bridge } }) => number(bridge.ethereumBlock),
  },
  {
    name: 'ttx_ethereum_block_timestamp_seconds',
    help: 'Time of that block, unix seconds',
    of: ({ status: { bridge } }) => bridge.ethereumTime,
  },
  {
    name: 'ttx_ethereum_behind_seconds',
    help: 'How old that block is, seconds',
    of: ({ status: { behind } }) => behind?.seconds,
  },
  {
    name: 'ttx_ethereum_endpoint_answers',
    help: '1 if the last question to an endpoint of Ethereum was answered; endpoints are named by their place in --ethereum and their host',
    labels: ['place', 'endpoint'],
    of: ({ status: { endpoints } }) =>
      endpoints.map(({ name, problem }, i) => [{ place: `${i + 1}`, endpoint: name }, problem === undefined ? 1 : 0]),
  },
  {
    name: 'ttx_blocks',
    help: 'Blocks above the final one that were not refuted, number of them, by the verdict of this node',
    labels: ['verdict'],
    of: ({ bridge }) => bridge && verdictsOf(bridge.view),
  },
  {
    name: 'ttx_rivals',
    help: 'Right blocks beside those of the preferred branch, number of them: each makes a race of two days',
    of: ({ bridge }) => bridge && rivalsOf(bridge.view, bridge.now),
  },
  {
    name: 'ttx_deadline_seconds',
    help: 'Until a block could be final at the earliest that is wrong, or that this node cannot judge, seconds by the clock of Ethereum; absent without such a block',
    labels: ['of'],
    of: ({ bridge }) => bridge && deadlinesOf(bridge.view, bridge.now),
  },
  {
    name: 'ttx_requests_waiting',
    help: 'Requests in blocks of the preferred branch that are not final, number of them',
    of: ({ bridge }) => bridge && sum([...openBlocks(bridge.view)].map(({ requests }) => requests.length)),
  },
  {
    name: 'ttx_payout_worst_seconds',
    help: 'Until the last of these requests can be paid at the latest, seconds by the clock of Ethereum; 0 if there are none',
    of: ({ bridge }) => bridge && worstPayoutOf(bridge.view, bridge.now),
  },
  {
    name: 'ttx_supply_ttx',
    help: 'Where all TTX is as the final block says, TTX: on the TTX side, or on that of Ethereum with what is on its way there and back',
    labels: ['side'],
    of: ({ bridge }) => bridge && supplyOf(bridge.view),
  },
]

/** Newest first, without the final one. */
function* openBlocks(view: BridgeView): Generator<BridgeBlock> {
  for (const block of ancestry(view, preferredTip(view).id)) {
    if (block.id === view.final) return
    yield block
  }
}

function verdictsOf(view: BridgeView): Values {
  const counts = { valid: 0, invalid: 0, doomed: 0, displaced: 0, unknown: 0 }
  for (const { verdict } of above(view)) counts[verdict.verdict]++
  return Object.entries(counts).map(([verdict, count]) => [{ verdict }, count])
}

function rivalsOf(view: BridgeView, now: Time): number {
  return new Set([...finalTimesOf(view, now).values()].flatMap(({ rivals }) => rivals)).size
}

function deadlinesOf(view: BridgeView, now: Time): Values {
  const earliest = new Map<string, number>()
  for (const { verdict, publishedAt } of above(view)) {
    const of = { invalid: 'wrong-block', unknown: 'unjudged-block' }[verdict.verdict as string]
    if (of === undefined) continue
    const seconds = Number(secondsFrom(now, later(publishedAt, ALONE_SECONDS)))
    earliest.set(of, Math.min(seconds, earliest.get(of) ?? Number.POSITIVE_INFINITY))
  }
  return [...earliest].map(([of, seconds]) => [{ of }, seconds])
}

function worstPayoutOf(view: BridgeView, now: Time): number {
  const times = finalTimesOf(view, now)
  const waits = [...openBlocks(view)].flatMap(({ id, requests }) => {
    const latest = requests.length === 0 ? undefined : times.get(id)?.latest
    return latest === undefined ? [] : [Number(secondsFrom(now, latest))]
  })
  return waits.reduce((most, each) => Math.max(most, each), 0)
}

function supplyOf(view: BridgeView): Values {
  const { supply } = blockOf(view, view.final).sealed.header
  return [
    [{ side: 'ttx' }, whole(supply)],
    [{ side: 'ethereum' }, whole(SUPPLY - supply)],
  ]
}

/** What is alive above the final block, as far as nobody has refuted it. */
function above(view: BridgeView): BridgeBlock[] {
  const { height } = blockOf(view, view.final).sealed.header
  return [...view.blocks.values()].filter(({ refuted, sealed }) => !refuted && sealed.header.height > height)
}

function number(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
