// The line of an account's transactions: which nonces are in use, and every signed form of a call on disk before it leaves.

import { toWei } from '../../protocol/units.ts'
import type { EthereumAccount } from '../account.ts'
import type { BridgeCall } from '../calls.ts'
import type { Attempt } from './attempt.ts'
import type { Fees } from './fees.ts'
import { callId, type Outbox } from './outbox.ts'
import { noncesOf, type Tended } from './pending-call.ts'
import type { SendOptions } from './sender-options.ts'

export type LineDeps = {
  readonly ethereum: Pick<EthereumAccount, 'sign' | 'valueGoingWith'>
  /** Unix milliseconds. */
  readonly now: () => number
  readonly outbox: Outbox | undefined
}

/** `call` is what it is an attempt at; `isCancel`: at nothing in its place. */
export type Draft = {
  readonly call: BridgeCall
  readonly isCancel: boolean
  readonly nonce: number
  readonly fees: Fees
}

type Watching = Pick<SendOptions, 'onAttempt' | 'onSigned'>

export class Line {
  readonly outbox: Outbox | undefined
  /** What is seen to at present: endpoints may not know of it for a moment. */
  readonly underWay = new Set<Tended>()
  readonly #ethereum: Pick<EthereumAccount, 'sign' | 'valueGoingWith'>
  readonly #now: () => number
  /** Given out, and not signed for yet. */
  readonly #reserved = new Set<number>()

  constructor({ ethereum, now, outbox }: LineDeps) {
    this.outbox = outbox
    this.#ethereum = ethereum
    this.#now = now
  }

  /** The first nonce from `from` on that nothing under way has. It belongs to the caller until it is given back. */
  take(from: number): number {
    const held = this.held()
    let nonce = from
    while (held.has(nonce)) nonce += 1
    this.reserve(nonce)
    return nonce
  }

  /** The same for a nonce that was chosen by `held` a moment ago. */
  reserve(nonce: number): void {
    this.#reserved.add(nonce)
  }

  /** Of a nonce whose attempt is under way by now, or that came to nothing. */
  giveBack(nonce: number): void {
    this.#reserved.delete(nonce)
  }

  /** Nonces of what is under way; `everywhere`: only of what no single endpoint can keep from getting in. */
  held(everywhere = false): ReadonlySet<number> {
    const tended = [...this.underWay].filter(({ isEverywhere }) => isEverywhere || !everywhere)
    return new Set([...noncesOf(tended), ...this.#reserved])
  }

  /** What is in the line from nonce `from` up to `to`, that one not included: of each call its last attempt. Without blob transactions. */
  between(from: number, to: number): readonly Attempt[] {
    const last = new Map<number, Attempt>()
    for (const { call, attempts } of this.underWay) {
      if (call.sidecar !== undefined) continue
      for (const attempt of attempts) if (attempt.nonce >= from && attempt.nonce < to) last.set(attempt.nonce, attempt)
    }
    return [...last.values()].toSorted((a, b) => a.nonce - b.nonce)
  }

  /** Of a call that is under way. */
  attemptsOf(call: BridgeCall): readonly Attempt[] {
    const id = callId(call)
    return [...this.underWay].find((tended) => callId(tended.call) === id)?.attempts ?? []
  }

  /** What has to end before a call can be begun: mempools never hold blob transactions and others of one account at the same time. */
  ahead({ sidecar }: BridgeCall): BridgeCall | undefined {
    const isOther = ({ call }: Tended) => (call.sidecar === undefined) !== (sidecar === undefined)
    return [...this.underWay].find(isOther)?.call
  }

  /** Signs an attempt; it is kept, by `onAttempt` or in the outbox, when this resolves. Throws `write-failed` (retry). */
  async sign({ call, isCancel, nonce, fees }: Draft, options: Watching = {}): Promise<Attempt> {
    const { onSigned, onAttempt = async (attempt) => await this.outbox?.add(call, attempt) } = options
    const signed = isCancel
      ? await this.#ethereum.sign(undefined, nonce, fees, toWei(0n))
      : await this.#ethereum.sign(call, nonce, fees, await this.#ethereum.valueGoingWith(call, fees))
    const attempt = { ...signed, nonce, fees, isCancel, sentMs: this.#now() }
    await onSigned?.(attempt)
    await onAttempt(attempt)
    return attempt
  }
}
