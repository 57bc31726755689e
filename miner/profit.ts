// Whether a block is worth publishing now, and in plain words why not.

import { costOf, type Offer, type Policy, revenueOf } from './assemble.ts'

/**
 * `nothing`: nobody asked to cross the bridge. `profitable`: the fees exceed the gas. `waited`: somebody has waited for the longest wait.
 * `unprofitable`: neither; `waitUntilMs` says when the wait ends.
 */
export type Decision = {
  readonly publish: boolean
  readonly code: 'nothing' | 'profitable' | 'waited' | 'unprofitable'
  readonly reason: string
  /** Wei; `worth` is absent where no price is known. */
  readonly worth?: bigint
  readonly cost: bigint
  /** Unix milliseconds. */
  readonly waitUntilMs?: number
}

export type Waiting = {
  /** Since when the oldest request or queue entry waits, unix milliseconds. */
  readonly sinceMs: number
  readonly longestMs: number
}

/**
 * Requests and queue entries are what a block is for: plain transactions ride along, and never cause one. A request in a published
 * block is payable a day later, so the wait for more fees is short beside that.
 */
export function decide(offer: Offer, policy: Policy, waiting: Waiting, nowMs: number): Decision {
  const cost = costOf(offer, policy)
  const revenue = revenueOf(offer, policy)
  const worth = revenue === undefined ? {} : { worth: revenue }
  if (offer.requests === 0 && offer.queueEntries === 0) {
    const reason = 'no request and no queue entry waits: a block would move no money across the bridge'
    return { publish: false, code: 'nothing', reason, cost, ...worth }
  }
  if (revenue !== undefined && revenue * 100n >= cost * (100n + policy.marginPercent)) {
    const reason = `fees worth ${formatEther(revenue)} ETH exceed the gas of ${formatEther(cost)} ETH`
    return { publish: true, code: 'profitable', reason, cost, ...worth }
  }
  const waitUntilMs = waiting.sinceMs + waiting.longestMs
  const comparison =
    revenue === undefined
      ? `no price of TTX is set, and the gas costs ${formatEther(cost)} ETH`
      : `fees worth ${formatEther(revenue)} ETH do not exceed the gas of ${formatEther(cost)} ETH by ${policy.marginPercent}%`
  const end = { cost, waitUntilMs, ...worth }
  if (nowMs >= waitUntilMs) {
    return { publish: true, code: 'waited', reason: `${comparison}, but the longest wait is over`, ...end }
  }
  const until = new Date(waitUntilMs).toISOString()
  return { publish: false, code: 'unprofitable', reason: `${comparison}: waiting for more until ${until}`, ...end }
}

/** Ether with up to six significant decimals. */
export function formatEther(wei: bigint): string {
  const whole = wei / 10n ** 18n
  const decimals = (wei % 10n ** 18n).toString().padStart(18, '0').replace(/0+$/, '')
  const leading = /^0*/.exec(decimals)?.[0].length ?? 0
  const shown = decimals.slice(0, whole > 0n ? 6 : leading + 4)
  return shown === '' ? `${whole}` : `${whole}.${shown}`
}
