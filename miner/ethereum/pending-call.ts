// A call that is on its way to Ethereum, and how it can end.

import type { OperationError } from '../../node/errors.ts'
import type { Receipt } from '../ethereum.ts'
import type { Attempt } from './attempt.ts'
import type { BridgeCall } from './calls.ts'

/**
 * `done`. `reverted`: in a block, without effect. `cancelled`: the bridge would have refused it meanwhile (`refusal`), so it was replaced by nothing.
 * `lost`: another transaction of the account took the nonce.
 */
export type Outcome =
  | { readonly status: 'done' | 'reverted'; readonly receipt: Receipt }
  | { readonly status: 'cancelled'; readonly receipt: Receipt; readonly refusal?: OperationError }
  | { readonly status: 'lost' }

export class PendingCall {
  readonly call: BridgeCall
  readonly attempts: Attempt[]
  refusal: OperationError | undefined
  /** The block of Ethereum at which it was last tried out. */
  simulatedAt: string | undefined
  isMined = false
  lostLooks = 0

  constructor(call: BridgeCall, attempts: Attempt[]) {
    this.call = call
    this.attempts = attempts
  }

  get last(): Attempt {
    const last = this.attempts.at(-1)
    if (last === undefined) throw new RangeError('a pending call has an attempt')
    return last
  }
}
