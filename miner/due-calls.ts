// The calls that anyone may send to bring the right branch forward: nominations and finalizations that are due.

import type { NodeClient } from '../node/client/rpc.ts'
import type { OperationError } from '../node/errors.ts'
import { type BridgeCall, finalizeCall, nominateCall } from '../node/ethereum/calls.ts'
import { isAnyRefusal, refusalName } from '../node/ethereum/refusals.ts'
import type { Outcome } from '../node/ethereum/sending/pending-call.ts'
import type { Logger } from '../node/log.ts'
import { blockId, decodeSealed } from '../node/protocol/header.ts'
import type { Address, Hash } from '../node/protocol/ids.ts'
import type { Sends } from './money/counted-sender.ts'

export type DueDeps = {
  readonly node: NodeClient
  readonly sender: Sends
  readonly log: Logger
  /** Unix milliseconds. */
  readonly now: () => number
  /** At least 0, below 1. */
  readonly random: () => number
}

export type DueOptions = {
  /** Others get a chance for up to this long where the block is not our own. */
  readonly courtesyMs: number
  /** `miner` is who is paid for a block that can be finalized; absent for one that is to be nominated. */
  readonly isOwn: (block: Hash, miner?: Address) => boolean
  /** What is not right in our own eyes is not brought forward. Default: the node's are good enough. */
  readonly isRight?: (block: Hash) => boolean
  /** Where nobody competes, a nomination would be for nothing. Default: the node's word is good enough. */
  readonly isContested?: (parent: Hash) => boolean
}

type Duty = { readonly key: string; readonly block: Hash; readonly isOwn: boolean; readonly call: BridgeCall }

/** After a call that reverted the next try waits this long, then twice as long, up to an hour. */
const REST_MS = 60_000
const LONGEST_REST_MS = 3_600_000

export class DueCalls {
  readonly #deps: DueDeps
  readonly #options: DueOptions
  /** When a duty that anyone may do becomes ours, unix milliseconds. */
  readonly #turns = new Map<string, number>()

  /** How often a duty reverted. */
  readonly #reverts = new Map<string, number>()

  constructor(deps: DueDeps, options: DueOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** Does what is due and ours to do by now. Throws `OperationError`s; what was done stays done. */
  async round(signal: AbortSignal): Promise<void> {
    const { isOwn, isRight = () => true, isContested = () => true } = this.#options
    const { nominate, finalize } = await this.#deps.node.call('bridge_due', {}, signal)
    // A finalization waits for no nomination: each takes a block of Ethereum, and up to 127 races above may want one.
    const duties: readonly Duty[] = [
      ...finalize.flatMap(({ block, sealed }) => {
        const decoded = decodeSealed(sealed)
        const { miner } = decoded.seal
        if (blockId(decoded) !== block) return [] // anyone who says so lies
        return { key: `finalize ${block}`, block, isOwn: isOwn(block, miner), call: finalizeCall(sealed) }
      }),
      ...nominate
        .filter(({ parent }) => isContested(parent))
        .map(({ parent, block }) => {
          return { key: `nominate ${parent} ${block}`, block, isOwn: isOwn(block), call: nominateCall(parent, block) }
        }),
    ].filter(({ block }) => isRight(block))
    const keys = new Set(duties.map(({ key }) => key))
    for (const known of [this.#turns, this.#reverts]) {
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key)
    }
    for (const duty of duties) {
      if (!this.#isTurn(duty)) continue
      const end = await doDuty(this.#deps, duty.call, { block: duty.block }, signal)
      if (end === 'reverted') this.#rest(duty.key)
      else this.#turns.delete(duty.key)
    }
  }

  /** What reverted has cost gas, and the node calls it due all the same: somebody lies, or is late. */
  #rest(key: string): void {
    const reverts = this.#reverts.get(key) ?? 0
    this.#reverts.set(key, reverts + 1)
    this.#turns.set(key, this.#deps.now() + Math.min(REST_MS * 2 ** reverts, LONGEST_REST_MS))
  }

  /** Whose block it is pays first; all others wait for a random part of the courtesy, so that they rarely pay twice for one thing. */
  #isTurn({ key, isOwn }: Duty): boolean {
    const now = this.#deps.now()
    const pause = isOwn ? 0 : (0.5 + this.#deps.random() / 2) * this.#options.courtesyMs
    const turn = this.#turns.get(key) ?? now + pause
    this.#turns.set(key, turn)
    return now >= turn
  }
}

/** Sends a call; returns what became of it, or why the bridge refused it: mostly because somebody else was faster. */
export async function doDuty(
  { sender, log }: Pick<DueDeps, 'sender' | 'log'>,
  call: BridgeCall,
  facts: object,
  signal: AbortSignal,
): Promise<Outcome['status'] | OperationError> {
  try {
    const outcome = await sender.send(call, { signal })
    log.info({ call: call.name, outcome: outcome.status, ...facts }, 'did a duty')
    return outcome.status
  } catch (error) {
    if (!isAnyRefusal(error)) throw error
    log.debug({ call: call.name, ...facts, refusal: refusalName(error) }, 'a duty is done already, or not due yet')
    return error
  }
}
