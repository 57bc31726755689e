// A miner's own blocks that a race endangers, and whether they are worth a block in their defence: by the rules of the product's miner.

import { type RaceBlock, racesOf } from '../../../../miner/defence/races.ts'
import { standsIn, targetsOf } from '../../../../miner/defence/stand.ts'
import { decideDefence, type Stake } from '../../../../miner/profit.ts'
import { type Expense, expenseOf, NO_LOAD } from '../../../../miner/rows.ts'
import { isLive } from '../../../../node/bridge/race/eligible.ts'
import { type BridgeBlock, descent } from '../../../../node/bridge/view.ts'
import { feeOf } from '../../../../node/protocol/fee.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { toBaseUnits, toGwei, toTime } from '../../../../node/protocol/units.ts'
import type { Account } from './account.ts'
import { offerOf, policyAt } from './content.ts'
import type { Draft } from './draft.ts'
import type { World } from './world.ts'

export type Danger = {
  readonly on: Hash
  /** The first block of the race. */
  readonly first: Hash
  /** What is searched for, as long as this is the danger. */
  readonly key: string
  readonly targetAt: (time: number) => bigint
}

/** The best defence that is worth it. `defences` are blocks that were mined for one, each with the first block of its race. */
export function dangerTo(
  world: World,
  account: Account,
  hashRate: number,
  defences: ReadonlyMap<Hash, Hash>,
): Danger | undefined {
  const { view, drafts } = world.bridge
  const blocks = [...descent(view, view.final)]
  const own = blocks.flatMap(({ id }) => {
    const draft = drafts.get(id)
    return draft?.miner === account && earns(world, draft) ? [draft] : []
  })
  if (own.length === 0) return undefined
  const races = racesOf(
    view.final,
    blocks.map(raceBlockOf),
    own.map(({ id }) => id),
  )
  const firsts = new Set(races.map(({ first }) => first.id))
  const spent = [...defences].filter(([id, first]) => drafts.has(id) && firsts.has(first)).length
  const at = (time: number) => standsIn(races, toTime(Math.floor(time)), hashRate)
  for (const stand of at(world.now)) {
    const parent = world.block(stand.on.id)
    if (world.liveChildren(parent.id).length > 0) continue
    const lost = own.filter(({ id }) => stand.own.includes(id))
    if (!isWorthIt(world, parent.id, lost, spent)) continue
    return {
      on: parent.id,
      first: stand.first,
      key: `defence ${parent.id} ${stand.first} ${stand.least}`,
      targetAt: (time) => {
        const then = at(time).find(({ on }) => on.id === parent.id)
        const ceiling = world.ceilingOf(parent)(time)
        return then ? targetsOf(then, ceiling).aim : ceiling
      },
    }
  }
  return undefined
}

function isWorthIt(world: World, on: Hash, lost: readonly Draft[], spent: number): boolean {
  const sum = (part: (draft: Draft) => bigint) => lost.reduce((total, draft) => total + part(draft), 0n)
  const stake: Stake = {
    blocks: lost.length,
    fee: toBaseUnits(sum((draft) => feesOf(world, draft).fee)),
    queueFees: toGwei(sum((draft) => feesOf(world, draft).queueFees)),
    expense: sumOf(lost.map(({ rows, load }) => expenseOf(rows, load))),
    defences: spent,
    spent: sumOf(Array.from({ length: spent }, () => expenseOf('calldata', NO_LOAD))),
  }
  const content = world.content(on, 'empty')
  return decideDefence(offerOf(content), policyAt(world.prices), stake).publish
}

function sumOf(expenses: readonly Expense[]): Expense {
  return expenses.reduce((sum, { gas, blobs }) => ({ gas: sum.gas + gas, blobs: sum.blobs + blobs }), {
    gas: 0n,
    blobs: 0,
  })
}

function earns(world: World, draft: Draft): boolean {
  const { fee, queueFees } = feesOf(world, draft)
  return fee > 0n || queueFees > 0n
}

/** What finality pays for it, base units and gwei. */
export function feesOf({ bridge }: World, draft: Draft): { readonly fee: bigint; readonly queueFees: bigint } {
  const from = bridge.countsOf(draft.parent)
  const entries = bridge.entriesOf(draft, from)
  const requests = bridge.requestsOf(draft, from).reduce((sum, { amount }) => sum + feeOf(amount), 0n)
  return {
    fee: entries.reduce((sum, { gross }) => sum + feeOf(gross), requests),
    queueFees: entries.reduce((sum, { fee }) => sum + fee, 0n),
  }
}

function raceBlockOf(block: BridgeBlock): RaceBlock {
  const { id, sealed, work, publishedAt } = block
  const { parent, target } = sealed.header
  return { id, parent, target, work, publishedAt, isRight: isLive(block, 'honest') }
}
