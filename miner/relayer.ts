// The relayer: pays out requests of final blocks for their recipients, who need no ether of their own to get their wTTX.

import assert from 'node:assert'
import { setTimeout as delay } from 'node:timers/promises'
import { claimPages } from '../node/client/claim-pages.ts'
import { OperationError } from '../node/errors.ts'
import { claimCall } from '../node/ethereum/calls.ts'
import { isAnyRefusal } from '../node/ethereum/refusals.ts'
import type { Logger } from '../node/log.ts'
import type { Hash } from '../node/protocol/ids.ts'
import type { Result } from '../node/rpc/api.ts'
import { Troubles, troubleFacts } from '../node/trouble.ts'
import type { RelayerDeps, RelayerOptions } from './options.ts'
import type { RelayerStatus } from './status.ts'

type Claim = Result<'bridge_claims'>['claims'][number]

const DEFAULTS = { leastNet: 0n, batch: 50, pollMs: 5_000, courtesyMs: 30_000 }

/**
 * Keeps nothing on disk: what is paid is recorded in the contract, which passes over what was paid before. Runs until it is stopped; trouble
 * makes it wait (`status().problem`).
 */
export class Relayer implements AsyncDisposable {
  readonly #deps: RelayerDeps
  readonly #log: Logger
  readonly #options: Required<Omit<RelayerOptions, 'recipients'>>
  readonly #recipients: ReadonlySet<string> | undefined
  readonly #stop = new AbortController()
  /** When this relayer's turn comes to pay the requests of a block, unix milliseconds. */
  readonly #turns = new Map<Hash, number>()
  #running: Promise<void> | undefined
  readonly #troubles: Troubles<'paying'>
  #reason = 'looking for the first time'
  #claimed = 0
  #paid = 0n
  #waiting = 0

  constructor(deps: RelayerDeps, options: RelayerOptions = {}) {
    const { recipients, ...chosen } = options
    this.#deps = deps
    this.#log = deps.log.child({ part: 'relayer' })
    this.#troubles = new Troubles(this.#log, this.#stop.signal)
    this.#options = { ...DEFAULTS, ...chosen }
    this.#recipients = recipients && new Set(recipients)
  }

  start(): void {
    assert(this.#running === undefined && !this.#stop.signal.aborted, 'a relayer is started once')
    this.#running = this.#run()
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#stop.abort(new OperationError('stopped', 'the relayer was stopped'))
    await this.#running
    this.#reason = 'it was stopped'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** A snapshot, at no cost. */
  status(): RelayerStatus {
    const problem = this.#troubles.of('paying') ?? this.#deps.sender.problem
    return {
      account: this.#deps.sender.ethereum.account,
      reason: this.#reason,
      ...(problem === undefined ? {} : { problem: problem.message }),
      claimed: this.#claimed,
      paid: this.#paid,
      waiting: this.#waiting,
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const turned = this.#deps.rounds?.open('paying', this.#options.pollMs)
    while (!signal.aborted) {
      await this.#troubles.try('paying', () => this.#round())
      turned?.()
      await delay(this.#options.pollMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #round(): Promise<void> {
    const { leastNet } = this.#options
    const blocks = new Set<Hash>()
    this.#waiting = 0
    for await (const claims of claimPages(this.#deps.node, { leastNet }, this.#stop.signal)) {
      const wanted = claims.filter(
        ({ recipient, net }) => net >= leastNet && (this.#recipients?.has(recipient) ?? true),
      )
      this.#waiting += wanted.length
      this.#reason = reasonOf(this.#waiting)
      for (const [block, requests] of Map.groupBy(wanted, ({ block }) => block)) {
        blocks.add(block)
        if (this.#isTurn(block)) await this.#payAll(block, requests)
      }
    }
    this.#reason = reasonOf(this.#waiting)
    for (const block of this.#turns.keys()) if (!blocks.has(block)) this.#turns.delete(block)
  }

  async #payAll(block: Hash, requests: readonly Claim[]): Promise<void> {
    for (let i = 0; i < requests.length; i += this.#options.batch) {
      this.#stop.signal.throwIfAborted()
      await this.#pay(block, requests.slice(i, i + this.#options.batch))
    }
  }

  /** Pays what nobody else has paid, which the node may not have seen yet. */
  async #pay(block: Hash, requests: readonly Claim[]): Promise<void> {
    const { sender } = this.#deps
    const before = await sender.ethereum.areClaimed(requests.map(({ number }) => number))
    const due = requests.filter((_, i) => before[i] === false)
    const [first] = due
    if (first === undefined) return
    try {
      const outcome = await sender.send(claimCall(first.sealed, due), { signal: this.#stop.signal })
      if (outcome.status !== 'done') return
      const net = due.reduce((sum, each) => sum + each.net, 0n)
      this.#claimed += due.length
      this.#paid += net
      this.#waiting -= due.length
      this.#reason = reasonOf(this.#waiting)
      this.#log.info({ block, requests: due.length, net: `${net}`, hash: outcome.receipt.hash }, 'paid requests')
    } catch (error) {
      // Not final on our endpoint yet, or reorganised: the next round looks again.
      if (!isAnyRefusal(error)) throw error
      this.#log.debug(troubleFacts(error), 'requests cannot be paid now')
    }
  }

  /** All relayers would pay at the same moment, and all but one for nothing: each waits for a random part of the courtesy. */
  #isTurn(block: Hash): boolean {
    const now = this.#deps.now()
    const turn = this.#turns.get(block) ?? now + this.#deps.random() * this.#options.courtesyMs
    this.#turns.set(block, turn)
    return now >= turn
  }
}

function reasonOf(waiting: number): string {
  if (waiting === 0) return 'no request waits to be paid'
  return waiting === 1 ? '1 request waits to be paid' : `${waiting} requests wait to be paid`
}
