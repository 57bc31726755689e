// What a miner owes the bridge and the bridge owes it: nominations and finalizations that are due, its own bonds and coins.

import { WITHDRAW_GAS, withdrawBondCall, withdrawCall } from '../node/ethereum/calls.ts'
import type { Head } from '../node/ethereum/reader.ts'
import { isRefusal } from '../node/ethereum/refusals.ts'
import { decodeSealed } from '../node/protocol/header.ts'
import type { Address } from '../node/protocol/ids.ts'
import { BOND_SECONDS } from '../node/protocol/rules.ts'
import { costOfGas, later, toBaseUnits, toTime, toWei } from '../node/protocol/units.ts'
import { DueCalls, type DueDeps, doDuty } from './due-calls.ts'
import { type Journal, type Publication, publicationId, withoutBody } from './journal.ts'

export type DutiesDeps = DueDeps & { readonly journal: Journal }

export type DutiesOptions = { readonly payout: Address; readonly courtesyMs: number }

/** Coins are fetched once they are worth this many times the gas of fetching them. */
const WITHDRAW_FACTOR = 50n

export class Duties {
  readonly #deps: DutiesDeps
  readonly #options: DutiesOptions
  readonly #due: DueCalls

  constructor(deps: DutiesDeps, options: DutiesOptions) {
    this.#deps = deps
    this.#options = options
    this.#due = new DueCalls(deps, {
      courtesyMs: options.courtesyMs,
      isOwn: (block, miner) => (miner === undefined ? deps.journal.get(block) !== undefined : miner === options.payout),
    })
  }

  /** One look, and all that is to be done now. Throws `OperationError`s; what was done stays done. */
  async round(head: Head, signal: AbortSignal): Promise<void> {
    await this.#follow(signal)
    await this.#due.round(signal)
    await this.#releaseBonds(head, signal)
    await this.#withdraw(head, signal)
  }

  /** Keeps the journal in step with what the contract did to our own blocks. A block that Ethereum forgot is to be published again. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { journal, sender, log } = this.#deps
    const published = journal.entries().filter(({ stage }) => stage === 'published')
    const [any] = published
    // Read before the records: what is not final by then, at a height that is, never will be.
    const finalHeight = any ? (await sender.ethereum.standing(publicationId(any))).finalHeight : 0n
    for (const entry of published) {
      signal.throwIfAborted()
      const id = publicationId(entry)
      const record = await sender.ethereum.record(id)
      if (record.publishedAt === 0n) {
        log.warn({ block: id }, 'Ethereum was reorganised and no longer has one of our blocks: it is published again')
        const { publishedAt: _, ...rest } = entry
        await journal.put({ ...rest, stage: 'submitted', bond: toWei(0n), attempts: [] })
      } else if (record.isRefuted) {
        log.error(
          { block: id },
          'one of our blocks was refuted: this miner or its node is wrong about the rules, or the disk lies',
        )
        await journal.put({ ...withoutBody(entry), stage: 'lost', problem: 'it was refuted', ...bondLost(entry) })
      } else if (record.isFinal) {
        const fee = record.isUnpaid ? toBaseUnits(0n) : decodeSealed(entry.sealed).header.fee
        log.info({ block: id, fee: `${fee}` }, 'one of our blocks is final')
        await journal.put({
          ...withoutBody(entry),
          stage: 'final',
          fee,
          ...(record.isUnpaid ? { isUnpaid: true } : {}),
        })
      } else if (decodeSealed(entry.sealed).header.height <= finalHeight) {
        const problem = 'another block became final in its place'
        log.warn({ block: id, problem }, 'one of our blocks is lost')
        await journal.put({ ...withoutBody(entry), stage: 'lost', problem })
      }
    }
  }

  async #releaseBonds(head: Head, signal: AbortSignal): Promise<void> {
    const { journal, sender } = this.#deps
    const { ethereum } = sender
    for (const entry of journal.entries()) {
      if (entry.bond === 0n || entry.publishedAt === undefined) continue
      if (head.time < later(toTime(entry.publishedAt), BOND_SECONDS)) continue
      const end = await doDuty(this.#deps, withdrawBondCall(entry.sealed), { block: publicationId(entry) }, signal)
      const isGone = isRefusal(end, 'NoBond')
      // One that is lost otherwise is not looked after any more, and may have been refuted since.
      if (isGone && (await ethereum.record(publicationId(entry))).isRefuted)
        await journal.put({ ...entry, ...bondLost(entry) })
      else if (end === 'done' || isGone) await journal.put({ ...entry, bond: toWei(0n) })
      else if (isRefusal(end, 'BondForfeited')) {
        const stage = entry.stage === 'final' ? 'final' : 'lost'
        const problem = 'its bond is burned: it was the rival of a block that still counts'
        await journal.put({ ...withoutBody(entry), stage, problem, ...bondLost(entry) })
      }
    }
  }

  async #withdraw(head: Head, signal: AbortSignal): Promise<void> {
    const { ethereum } = this.#deps.sender
    const owed = await ethereum.owed(this.#options.payout)
    if (owed === 0n || owed < costOfGas(WITHDRAW_FACTOR * WITHDRAW_GAS, head.baseFee)) return
    await doDuty(this.#deps, withdrawCall(this.#options.payout), { owed: `${owed}` }, signal)
  }
}

/** The contract keeps it. */
function bondLost({ bond }: Publication): Pick<Publication, 'bond' | 'bondLost'> {
  return { bond: toWei(0n), bondLost: bond }
}
