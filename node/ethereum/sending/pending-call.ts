// A call that is on its way to Ethereum, and how it can end.

import type { OperationError } from '../../errors.ts'
import type { Time } from '../../protocol/units.ts'
import type { BridgeCall } from '../calls.ts'
import type { Receipt } from '../reader.ts'
import type { Attempt } from './attempt.ts'

/**
 * `done`. `reverted`: in a block, without effect. `cancelled`: the bridge would by now have refused it (`refusal`), so it was replaced by nothing.
 * `lost`: another transaction of the account took the nonce.
 */
export type Outcome =
  | { readonly status: 'done' | 'reverted'; readonly receipt: Receipt }
  | { readonly status: 'cancelled'; readonly receipt: Receipt; readonly refusal?: OperationError }
  | { readonly status: 'lost' }

/** What holds nonces of the account and sees to them. */
export type Tended = {
  readonly call: BridgeCall
  readonly attempts: readonly Attempt[]
  /** Whether it is seen to at every endpoint, and no single one can keep it from getting in. */
  readonly isEverywhere: boolean
  readonly deadline: Time | undefined
}

export class PendingCall implements Tended {
  readonly isEverywhere = false
  readonly call: BridgeCall
  readonly attempts: Attempt[]
  refusal: OperationError | undefined
  /** The block of Ethereum at which it was last tried out. */
  simulatedAt: string | undefined
  isMined = false
  lostLooks = 0
  /** Unix milliseconds since when another transaction seems to have the nonce. */
  takenMs: number | undefined
  readonly deadline: Time | undefined

  constructor(call: BridgeCall, attempts: Attempt[], deadline?: Time) {
    this.call = call
    this.attempts = attempts
    this.deadline = deadline
  }

  get last(): Attempt {
    const last = this.attempts.at(-1)
    if (last === undefined) throw new RangeError('a pending call has an attempt')
    return last
  }
}

/** A call is as urgent as the most urgent one behind it, which cannot get into a block before it. */
export function deadlineOf({ last }: PendingCall, underWay: Iterable<Tended>): Time | undefined {
  const behind = [...underWay].filter(({ attempts }) => attempts.some(({ nonce }) => nonce >= last.nonce))
  const deadlines = behind.flatMap(({ deadline }) => deadline ?? [])
  return deadlines.toSorted((a, b) => (a < b ? -1 : 1))[0]
}

export function noncesOf(underWay: Iterable<Tended>): ReadonlySet<number> {
  return new Set([...underWay].flatMap(({ attempts }) => attempts.map(({ nonce }) => nonce)))
}
