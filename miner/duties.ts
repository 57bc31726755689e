// What a miner owes the bridge and the bridge owes it: nominations and finalizations that are due, own bonds and coins.

import type { OperationError } from '../node/errors.ts'
import type { Logger } from '../node/log.ts'
import { decodeSealed } from '../node/protocol/header.ts'
import type { Address, Hash } from '../node/protocol/ids.ts'
import type { NodeClient } from '../node/rpc/client.ts'
import {
  type BridgeCall,
  finalizeCall,
  nominateCall,
  WITHDRAW_GAS,
  withdrawBondCall,
  withdrawCall,
} from './ethereum/calls.ts'
import { isAnyRefusal, isRefusal } from './ethereum/refusals.ts'
import type { Outcome, TransactionSender } from './ethereum/sender.ts'
import type { Head } from './ethereum.ts'
import { type Journal, type Publication, publicationId } from './journal.ts'

export type DutiesDeps = {
  readonly node: NodeClient
  readonly sender: TransactionSender
  readonly journal: Journal
  readonly log: Logger
  /** Unix milliseconds. */
  readonly now: () => number
  /** At least 0, below 1. */
  readonly random: () => number
}

export type DutiesOptions = { readonly payout: Address; readonly courtesyMs: number }

type Duty = { readonly key: string; readonly block: Hash; readonly isOwn: boolean; readonly call: BridgeCall }

/** Seconds after which the contract releases a bond. */
const BOND_SECONDS = 48 * 3600
/** Coins are fetched once they are worth so many times the gas of fetching them. */
const WITHDRAW_FACTOR = 50n

export class Duties {
  readonly #deps: DutiesDeps
  readonly #options: DutiesOptions
  /** When a duty that anybody may do becomes ours, unix milliseconds. */
  readonly #turns = new Map<string, number>()

  constructor(deps: DutiesDeps, options: DutiesOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** One look, and all that is to be done now. Throws `OperationError`s; what was done stays done. */
  async round(head: Head, signal: AbortSignal): Promise<void> {
    await this.#follow(signal)
    await this.#bringForward(signal)
    await this.#releaseBonds(head, signal)
    await this.#withdraw(head, signal)
  }

  /** Keeps the journal in step with what the contract did to own blocks. A block that Ethereum forgot is to be published again. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { journal, sender, log } = this.#deps
    for (const entry of journal.entries()) {
      signal.throwIfAborted()
      if (entry.stage !== 'published') continue
      const id = publicationId(entry)
      const record = await sender.ethereum.record(id)
      if (record.publishedAt === 0n) {
        log.warn({ block: id }, 'Ethereum was reorganised and no longer has an own block: it is published again')
        const { publishedAt: _, ...rest } = entry
        await journal.put({ ...rest, stage: 'submitted', bond: 0n, attempts: [] })
      } else if (record.isRefuted) {
        log.error(
          { block: id },
          'an own block was refuted: this miner or its node is wrong about the rules, or the disk lies',
        )
        await journal.put({ ...withoutBytes(entry), stage: 'lost', problem: 'it was refuted', bond: 0n })
      } else if (record.isFinal) {
        const fee = record.isUnpaid ? 0n : record.fee
        log.info({ block: id, fee: `${fee}` }, 'an own block is final')
        await journal.put({ ...withoutBytes(entry), stage: 'final', fee })
      }
    }
  }

  async #bringForward(signal: AbortSignal): Promise<void> {
    const { nominate, finalize } = await this.#deps.node.call('bridge_due', {}, signal)
    const duties: Duty[] = [
      ...nominate.map(({ parent, block }) => {
        const isOwn = this.#deps.journal.get(block) !== undefined
        return { key: `nominate ${parent} ${block}`, block, isOwn, call: nominateCall(parent, block) }
      }),
      ...finalize.map(({ block, sealed }) => {
        const isOwn = decodeSealed(sealed).seal.miner === this.#options.payout
        return { key: `finalize ${block}`, block, isOwn, call: finalizeCall(sealed) }
      }),
    ]
    const keys = new Set(duties.map(({ key }) => key))
    for (const key of this.#turns.keys()) if (!keys.has(key)) this.#turns.delete(key)
    for (const duty of duties) {
      if (!this.#isTurn(duty)) continue
      await this.#do(duty.call, { block: duty.block }, signal)
      this.#turns.delete(duty.key)
    }
  }

  /** Whose block it is pays first; all others wait for a random part of the courtesy, so that they rarely pay twice for one thing. */
  #isTurn({ key, isOwn }: Duty): boolean {
    const now = this.#deps.now()
    const pause = isOwn ? 0 : (0.5 + this.#deps.random() / 2) * this.#options.courtesyMs
    const turn = this.#turns.get(key) ?? now + pause
    this.#turns.set(key, turn)
    return now >= turn
  }

  async #releaseBonds(head: Head, signal: AbortSignal): Promise<void> {
    const { journal } = this.#deps
    for (const entry of journal.entries()) {
      if (entry.bond === 0n || entry.publishedAt === undefined) continue
      if (head.time < BigInt(entry.publishedAt + BOND_SECONDS)) continue
      const end = await this.#do(withdrawBondCall(entry.sealed), { block: publicationId(entry) }, signal)
      if (end === 'done' || isRefusal(end, 'NoBond')) await journal.put({ ...entry, bond: 0n })
      else if (isRefusal(end, 'BondForfeited')) {
        await journal.put({ ...withoutBytes(entry), stage: 'lost', problem: 'it lost its race as a rival', bond: 0n })
      }
    }
  }

  async #withdraw(head: Head, signal: AbortSignal): Promise<void> {
    const { ethereum } = this.#deps.sender
    if (this.#options.payout !== ethereum.account) return // only who is owed can fetch it
    const owed = await ethereum.owed()
    if (owed === 0n || owed < WITHDRAW_FACTOR * WITHDRAW_GAS * head.baseFee) return
    await this.#do(withdrawCall(), { owed: `${owed}` }, signal)
  }

  /** Sends a call; answers what became of it, or why the bridge refused it: mostly because somebody else was faster. */
  async #do(call: BridgeCall, facts: object, signal: AbortSignal): Promise<Outcome['status'] | OperationError> {
    const { sender, log } = this.#deps
    try {
      const outcome = await sender.send(call, { signal })
      log.info({ call: call.name, outcome: outcome.status, ...facts }, 'did a duty')
      return outcome.status
    } catch (error) {
      if (!isAnyRefusal(error)) throw error
      log.debug({ call: call.name, ...facts, refusal: error.code }, 'a duty is done already, or not due yet')
      return error
    }
  }
}

function withoutBytes(entry: Publication): Publication {
  return { ...entry, steps: new Uint8Array(), states: new Uint8Array(), attempts: [] }
}
