// What an account has signed and may still count, on disk: a process that was killed goes on with it instead of sending a second one.

import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { concatHex, keccak256 } from 'viem'
import { z } from 'zod'
import { makeFolder } from '../../disk.ts'
import { writeDurably } from '../../durable.ts'
import { OperationError } from '../../errors.ts'
import type { Hash } from '../../protocol/ids.ts'
import { LANES } from '../../protocol/queue.ts'
import { address } from '../../schema.ts'
import type { BridgeCall } from '../calls.ts'
import { type Attempt, attemptRecord, hashText, hexText, wholeText } from './attempt.ts'

const entry = z.object({
  /** See `callId`. */
  call: hashText,
  /** For people. */
  name: z.string(),
  attempts: z.array(attemptRecord),
  /** What it was for, and the call itself, where another one for the same would be another call. */
  errand: z
    .object({
      ...{
        intent: z.string(),
        to: address.optional(),
        data: hexText,
        gas: wholeText,
        bondGas: wholeText,
        bonds: z.number().optional(),
      },
      queues: z.object({ lane: z.enum(LANES), entries: z.number() }).optional(),
    })
    .optional(),
  /** The block of Ethereum in which one of them counted. */
  settledAt: wholeText.optional(),
  /** It had its effect, and the caller that wanted it has not been told yet, as far as is known here. */
  isUntold: z.boolean().optional(),
})
const outbox = z.object({ version: z.literal(1), entries: z.array(entry) })

type Entry = z.output<typeof entry>

/** Blocks of Ethereum that may be reorganised: a call that counted is remembered for this long. */
const KEPT_BLOCKS = 64n
/** One is remembered this long if it is not known what became of it. */
const KEPT_MS = 7 * 86_400_000

/** One for each account and bridge, and one process at a time. Every change is on disk when it resolves; throws `write-failed` (retry). */
export class Outbox {
  readonly #file: string | undefined
  readonly #entries = new Map<Hash, Entry>()

  /** Without a file it lasts as long as the process. */
  constructor(file?: string) {
    this.#file = file
  }

  /** Reads it; an absent file is an empty one. Throws `OperationError('outbox-damaged')` for what this program did not write so. */
  async load(): Promise<void> {
    if (this.#file === undefined) return
    await makeFolder(dirname(this.#file))
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return
    try {
      for (const each of outbox.decode(JSON.parse(text)).entries) this.#entries.set(each.call, each)
    } catch (cause) {
      throw new OperationError(
        'outbox-damaged',
        `expected ${this.#file} to hold transactions as this program writes them, got ${cause}; move the file away once none of the account's transactions is pending`,
        { facts: { file: this.#file }, cause },
      )
    }
  }

  /** What was signed for this very call and not forgotten; `isSettled` if one of them counted, `isUntold` until that is acknowledged. */
  find(
    call: BridgeCall,
  ): { readonly attempts: readonly Attempt[]; readonly isSettled: boolean; readonly isUntold: boolean } | undefined {
    const found = this.#entries.get(callId(call))
    return (
      found && {
        attempts: found.attempts,
        isSettled: found.settledAt !== undefined,
        isUntold: found.isUntold === true,
      }
    )
  }

  /** The call that was signed for this and has not come to its end, or whose success was not reported, as far as is known here. */
  findOpen(intent: string): BridgeCall | undefined {
    for (const { name, errand, settledAt, isUntold } of this.#entries.values()) {
      if (errand?.intent !== intent || (settledAt !== undefined && !isUntold)) continue
      const { to, data, gas, bondGas, bonds, queues } = errand
      return { name, ...(to && { to }), data, gas, bondGas, ...(bonds && { bonds }), ...(queues && { queues }), intent }
    }
    return undefined
  }

  async add(call: BridgeCall, attempt: Attempt): Promise<void> {
    const key = callId(call)
    const attempts = [...(this.#entries.get(key)?.attempts ?? []), attempt]
    const { name, intent, to, data, gas, bondGas, floors, bonds, queues, sidecar } = call
    if (intent !== undefined && (sidecar !== undefined || floors !== undefined))
      throw new RangeError('publications are not kept with an intent')
    const errand = { intent, ...(to && { to }), data, gas, bondGas, ...(bonds && { bonds }), ...(queues && { queues }) }
    await this.#put({ call: key, name, attempts, ...(intent === undefined ? {} : { errand: { ...errand, intent } }) })
  }

  /**
   * One of its attempts is in block `at` of Ethereum. What had its effect (`isDone`) and has an intent is untold until it is acknowledged. Forgets
   * those that are too deep to be reorganised, unless they are untold, and those that are too old to be wanted.
   */
  async settle(call: BridgeCall, at: bigint, isDone = false): Promise<void> {
    const found = this.#entries.get(callId(call))
    if (found === undefined) return
    const newestMs = sentMsOf(found)
    for (const [key, entry] of this.#entries) {
      const isDeep = entry.settledAt !== undefined && entry.settledAt + KEPT_BLOCKS < at
      if ((isDeep && !entry.isUntold) || sentMsOf(entry) + KEPT_MS < newestMs) this.#entries.delete(key)
    }
    await this.#put({ ...found, settledAt: at, isUntold: isDone && found.errand !== undefined })
  }

  /** Its success was reported: the same may be wanted once more. */
  async acknowledge(call: BridgeCall): Promise<void> {
    const found = this.#entries.get(callId(call))
    if (found?.isUntold) await this.#put({ ...found, isUntold: false })
  }

  /** Drops an attempt that was never out there. */
  async withdraw(call: BridgeCall, { hash }: Attempt): Promise<void> {
    const found = this.#entries.get(callId(call))
    if (found === undefined) return
    const attempts = found.attempts.filter((each) => each.hash !== hash)
    if (attempts.length === 0) await this.forget(call)
    else await this.#put({ ...found, attempts })
  }

  async forget(call: BridgeCall): Promise<void> {
    if (this.#entries.delete(callId(call))) await this.#write()
  }

  async #put(next: Entry): Promise<void> {
    this.#entries.set(next.call, next)
    await this.#write()
  }

  async #write(): Promise<void> {
    if (this.#file === undefined) return
    const text = JSON.stringify(outbox.encode({ version: 1, entries: [...this.#entries.values()] }))
    await writeDurably(this.#file, `${text}\n`)
  }
}

function sentMsOf({ attempts }: Entry): number {
  return attempts.at(-1)?.sentMs ?? 0
}

/** Keccak-256 of the call's bytes, followed by the contract that it goes to if that is not the bridge, and by the hashes of its blobs if it has any. */
export function callId({ to, data, sidecar }: BridgeCall): Hash {
  return keccak256(concatHex([data, ...(to ? [to] : []), ...(sidecar?.hashes ?? [])])) as Hash
}
