// Sends a call everywhere on a made-up Ethereum, keeps what comes of it, and ends it with the test.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { BridgeCall } from '../../../node/ethereum/calls.ts'
import type { Endpoint } from '../../../node/ethereum/sending/endpoint.ts'
import type { Ending } from '../../../node/ethereum/sending/everywhere/ending.ts'
import { Outbox } from '../../../node/ethereum/sending/outbox.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import type { SenderOptions } from '../../../node/ethereum/sending/sender-options.ts'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { toTime } from '../../../node/protocol/units.ts'
import { log } from '../log.ts'
import { CALL, MadeUpChain } from './made-up-chain.ts'

/** Blocks come every 30 milliseconds. */
export const FAST = { pollMs: 5, stuckMs: 400, answerMs: 100 }
const BLOCK_MS = 30
/** Counted in blocks: only what hangs sees this many. */
const BLOCKS = 300

export type Sent = {
  /** How it ended, if it has. */
  readonly end: { said?: Ending; error?: unknown }
  readonly nonces: () => number
  /** As if its process was killed. */
  readonly kill: () => Promise<void>
}

export class Scene {
  readonly chain = new MadeUpChain()
  /** What lasts longer than a process. */
  readonly outbox = new Outbox()
  readonly #ends: (() => Promise<void>)[] = []

  constructor(t: TestContext) {
    t.after(async () => {
      for (const end of this.#ends) await end()
    })
  }

  /** As of a new process. */
  sender(options: SenderOptions = {}, outbox = this.outbox): TransactionSender {
    const { ethereum } = this.chain
    return new TransactionSender({ ethereum, log, now: Date.now, outbox }, { ...FAST, ...options })
  }

  /** It is called over only when it is. */
  send(
    endpoints: readonly Endpoint[],
    {
      sender = this.sender(),
      call = CALL,
      deadline,
    }: { sender?: TransactionSender; call?: BridgeCall; deadline?: bigint } = {},
  ): Sent {
    const stop = new AbortController()
    const end: Sent['end'] = {}
    let nonces = 0
    const sending = sender
      .sendEverywhere({
        ...{ call, endpoints, signal: stop.signal, ...(deadline === undefined ? {} : { deadline: toTime(deadline) }) },
        isOver: async (endpoint) => (await endpoint.record(ZERO_HASH)).isRefuted,
        onNonce: () => {
          nonces += 1
        },
      })
      .then((said) => {
        if (said.status === 'over') assert.ok(this.chain.isDead, 'it is called over, and is not')
        end.said = said
      })
      .catch((error: unknown) => {
        end.error = error
      })
    const kill = async () => {
      stop.abort(new Error('killed'))
      await sending
    }
    this.#ends.push(kill)
    return { end, nonces: () => nonces, kill }
  }

  async mineUntil(what: string, isTrue: () => boolean): Promise<void> {
    for (let blocks = 0; !isTrue(); blocks++) {
      if (blocks === BLOCKS) throw new Error(`waited ${blocks} blocks in vain for ${what}`)
      await delay(BLOCK_MS)
      this.chain.mine()
    }
  }

  /** Nothing is mined meanwhile. */
  async until(what: string, isTrue: () => boolean): Promise<void> {
    for (let looks = 0; !isTrue(); looks++) {
      if (looks === 10 * BLOCKS) throw new Error(`waited in vain for ${what}`)
      await delay(BLOCK_MS / 10)
    }
  }
}
