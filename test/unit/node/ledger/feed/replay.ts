// A reader of the feed that holds each event to what was there before, and can undo it.

import assert from 'node:assert/strict'
import type { FeedChange, FeedEvent, TransactionState } from '../../../../../node/ledger/feed/events.ts'
import type { LedgerFeed } from '../../../../../node/ledger/feed/feed.ts'

type State = Pick<TransactionState, 'status' | 'block' | 'moves'>

export class Replay {
  readonly transactions = new Map<string, State>()
  readonly base = new Map<string, unknown>()
  readonly blocks = new Map<string, unknown>()
  readonly branch = new Map<bigint, string>()
  ends: unknown

  /** Fails where the event is not about what is here: it was missed, or came twice. */
  apply(change: FeedChange): void {
    if (change.kind === 'transaction') this.#move(change.infohash, change.before, change.after)
    else if (change.kind === 'base') swap(this.base, change.infohash, change.before, change.after)
    else if (change.kind === 'block') swap(this.blocks, change.block.id, change.before, change.after)
    else {
      assert.deepEqual(this.ends, change.before)
      for (const { height, id } of change.removed) swap(this.branch, height, id, undefined)
      for (const { height, id } of change.added) swap(this.branch, height, undefined, id)
      this.ends = change.after
    }
  }

  undo(change: FeedChange): void {
    if (change.kind === 'transaction') this.#move(change.infohash, change.after, change.before)
    else if (change.kind === 'base') swap(this.base, change.infohash, change.after, change.before)
    else if (change.kind === 'block') swap(this.blocks, change.block.id, change.after, change.before)
    else {
      assert.deepEqual(this.ends, change.after)
      for (const { height, id } of change.added) swap(this.branch, height, id, undefined)
      for (const { height, id } of change.removed) swap(this.branch, height, undefined, id)
      this.ends = change.before
    }
  }

  /** All of it, in one order. */
  get all() {
    const sorted = (map: ReadonlyMap<unknown, unknown>) => [...map].sort(([a], [b]) => (`${a}` < `${b}` ? -1 : 1))
    // What spends of a transaction that was forgotten is dead: what it would move is known only to who has seen it.
    const known = [...this.transactions].map(([infohash, state]): [string, State] => {
      const { moves, ...rest } = state
      return [infohash, state.status === 'conflicting' ? rest : state]
    })
    return {
      transactions: sorted(new Map(known)),
      base: sorted(this.base),
      branch: sorted(this.branch),
      blocks: sorted(this.blocks),
      ends: this.ends,
    }
  }

  #move(infohash: string, before: State | undefined, after: State | undefined): void {
    const known = this.transactions.get(infohash)
    const { moves, ...state } = known ?? { status: 'none' }
    const { moves: oldMoves, ...old } = before ?? { status: 'none' }
    assert.deepEqual(state, old, `of ${infohash}`)
    // Of what was forgotten, and is back by an undo, they are not known.
    if (oldMoves !== undefined && moves !== undefined) assert.deepEqual(moves, oldMoves)
    if (after === undefined) this.transactions.delete(infohash)
    else this.transactions.set(infohash, { ...(moves === undefined ? {} : { moves }), ...after })
  }
}

function swap<K>(map: Map<K, unknown>, key: K, before: unknown, after: unknown): void {
  assert.deepEqual(map.get(key), before)
  if (after === undefined) map.delete(key)
  else map.set(key, after)
}

export async function readAll(feed: LedgerFeed, after = 0): Promise<FeedEvent[]> {
  const events: FeedEvent[] = []
  for (let at = after; ; ) {
    const page = await feed.read({ after: at, limit: 100 })
    events.push(...page.events)
    at = events.at(-1)?.sequence ?? after
    if (page.events.length === 0) return events
  }
}

/** What the pages of a snapshot add up to. */
export async function snapshotOf(feed: LedgerFeed) {
  const replay = new Replay()
  const first = await feed.snapshot(undefined, 50)
  for (let page = first; ; ) {
    for (const change of page.changes) {
      if (change.kind === 'branch') replay.ends = undefined
      replay.apply(change)
    }
    if (page.next === undefined) return { replay, sequence: first.sequence }
    page = await feed.snapshot(page.next, 50)
  }
}
