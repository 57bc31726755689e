// Whether a block is worth publishing now, and in plain words why not.

import { addGwei, addWei, type BaseUnits, costOfGas, type Gwei, toBaseUnits, type Wei } from '../node/protocol/units.ts'
import { costOf, type Offer, type Policy, revenueOf } from './assemble.ts'
import { costOfExpense, type Expense } from './rows.ts'

/**
 * `nothing`: nobody asked to cross the bridge, and payments alone have not waited for as long as the miner lets them. `profitable`: the fees exceed the gas. `waited`: somebody has waited for the longest wait.
 * `unprofitable`: neither; `waitUntilMs` says when the wait ends. `defence`: a rival could displace our own blocks; it is published if they are worth it.
 */
export type Decision = {
  readonly publish: boolean
  readonly code: 'nothing' | 'profitable' | 'waited' | 'unprofitable' | 'defence'
  readonly reason: string
  /** Absent where no price is known. */
  readonly worth?: Wei
  readonly cost: Wei
  /** Unix milliseconds. */
  readonly waitUntilMs?: number
}

export type Waiting = {
  /** Since when the oldest request or queue entry waits, unix milliseconds; of a block without them, the oldest payment in it, if there is one. */
  readonly sinceMs: number
  readonly longestMs: number
  /** How long payments alone wait for a block of their own; undefined: forever, and of a block that has none. */
  readonly paymentsMs?: number | undefined
}

/**
 * Requests and queue entries are what a block is for: plain transactions ride along, and never cause one. A request in a published
 * block is payable a day later, so the wait for more fees is short beside that.
 */
export function decide(offer: Offer, policy: Policy, waiting: Waiting, nowMs: number): Decision {
  const cost = costOf(offer, policy)
  const revenue = revenueOf(offer, policy)
  const worth = revenue === undefined ? {} : { worth: revenue }
  if (offer.requests === 0 && offer.queueEntries === 0) return { ...decideAlone(waiting, nowMs), cost, ...worth }
  if (revenue !== undefined && revenue * 100n >= cost * (100n + policy.marginPercent)) {
    const reason = `fees worth ${formatEther(revenue)} ETH exceed the gas of ${formatEther(cost)} ETH`
    return { publish: true, code: 'profitable', reason, cost, ...worth }
  }
  const waitUntilMs = waiting.sinceMs + waiting.longestMs
  const end = { cost, waitUntilMs, ...worth }
  const gas = `gas of ${formatEther(cost)} ETH`
  const fees = revenue === undefined ? undefined : `fees worth ${formatEther(revenue)} ETH`
  if (nowMs >= waitUntilMs) {
    const reason = `the longest wait is over, so it publishes for ${gas}${fees === undefined ? '' : ` and ${fees}`}`
    return { publish: true, code: 'waited', reason, ...end }
  }
  const until = new Date(waitUntilMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const reason =
    fees === undefined
      ? `collecting requests until ${until}, then it publishes for ${gas}; given a --price, as soon as fees pay for that`
      : `collecting requests until ${until}, since ${fees} do not yet pay for ${gas} and ${policy.marginPercent}%`
  return { publish: false, code: 'unprofitable', reason, ...end }
}

/** Of a block that would move no money across the bridge: payments alone are a gift of the miner. */
function decideAlone(
  { sinceMs, paymentsMs }: Waiting,
  nowMs: number,
): Pick<Decision, 'publish' | 'code' | 'reason' | 'waitUntilMs'> {
  const nothing = 'no request and no queue entry waits'
  if (paymentsMs === undefined)
    return { publish: false, code: 'nothing', reason: `${nothing}, and payments alone make no block` }
  const waitUntilMs = sinceMs + paymentsMs
  if (nowMs >= waitUntilMs) {
    const reason = `${nothing}, but the longest wait of payments alone is over`
    return { publish: true, code: 'waited', reason, waitUntilMs }
  }
  const until = new Date(waitUntilMs).toISOString()
  return {
    publish: false,
    code: 'nothing',
    reason: `${nothing}; payments alone are ordered from ${until} on`,
    waitUntilMs,
  }
}

/** What our own blocks on one branch earn if it wins, and what they cost. */
export type Stake = {
  readonly blocks: number
  readonly fee: BaseUnits
  readonly queueFees: Gwei
  /** Of their publication. */
  readonly expense: Expense
  /** Of earlier blocks in defence of the same branch: what they cost counts as well, so that a rival who goes on cannot make it a habit. */
  readonly spent: Expense
  readonly defences: number
}

/**
 * The only block that moves no money across the bridge: it keeps our own ones from being displaced, and so their fees from being lost. Without a
 * price, our own blocks are worth what they cost to publish, as they were worth that before.
 */
export function decideDefence(offer: Offer, policy: Policy, stake: Stake): Decision {
  const { gasPrice, extraGas, marginPercent } = policy
  const costOfAll = (blocks: number, expense: Expense) =>
    addWei([costOfExpense(expense, policy), costOfGas(BigInt(blocks) * extraGas, gasPrice)])
  const cost = addWei([costOf(offer, policy), costOfAll(stake.defences, stake.spent)])
  const fees = { fee: toBaseUnits(stake.fee + offer.fee), queueFees: addGwei([stake.queueFees, offer.queueFees]) }
  const revenue = revenueOf({ ...offer, ...fees }, policy)
  const worth = revenue ?? costOfAll(stake.blocks, stake.expense)
  const publish = revenue === undefined ? worth >= cost : worth * 100n >= cost * (100n + marginPercent)
  const blocks = stake.blocks === 1 ? 'one of our blocks' : `${stake.blocks} of our blocks`
  const value =
    revenue === undefined ? `that cost ${formatEther(worth)} ETH` : `with fees worth ${formatEther(worth)} ETH`
  const price = `${formatEther(cost)} ETH for one more on top`
  const verdict = publish ? `and that is worth ${price}` : `and that is not worth ${price}`
  const reason = `a rival can displace ${blocks} ${value}, ${verdict}`
  return { publish, code: 'defence', reason, cost, ...(revenue === undefined ? {} : { worth }) }
}

/** Ether with up to six significant decimals. */
export function formatEther(wei: Wei): string {
  const whole = wei / 10n ** 18n
  const decimals = (wei % 10n ** 18n).toString().padStart(18, '0').replace(/0+$/, '')
  const leading = /^0*/.exec(decimals)?.[0].length ?? 0
  const shown = decimals.slice(0, whole > 0n ? 6 : leading + 4)
  return shown === '' ? `${whole}` : `${whole}.${shown}`
}
