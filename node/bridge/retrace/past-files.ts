// What a replay of the past keeps for the next start: its verdict, and the balances after the last block. Nothing of it is believed but what can be checked.

import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { removeDrafts, writeDurably } from '../../durable.ts'
import { concat } from '../../protocol/bytes.ts'
import { decodeSealed, encodeSealed, SEALED_BYTES, type SealedHeader } from '../../protocol/header.ts'
import { type Hash, isHash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { inTurns } from '../../turns.ts'
import { stateOfSnapshot } from '../snapshot.ts'

export type Wrong = { readonly block: Hash; readonly problem: string }
/** A block, and the outputs after it as in `outputs.bin`. */
export type Saved = { readonly sealed: SealedHeader; readonly outputs: Uint8Array }

const VERDICT = 'past.json'
const SAVED = 'past.bin'
const MAX_VERDICT_BYTES = 65_536

export class PastFiles {
  readonly #verdict: string
  readonly #saved: string

  /** `folder`: of the node. */
  constructor(folder: string) {
    this.#verdict = join(folder, VERDICT)
    this.#saved = join(folder, SAVED)
  }

  /** On the past of a block; undefined where there is none, or it is damaged. */
  async verdict(block: Hash): Promise<'right' | Wrong | undefined> {
    const bytes = await readWhole(this.#verdict, MAX_VERDICT_BYTES)
    const found = bytes && parse(new TextDecoder().decode(bytes))
    if (typeof found !== 'object' || found === null || !('block' in found) || found.block !== block) return undefined
    if ('right' in found && found.right === true) return 'right'
    const wrong = 'wrong' in found ? found.wrong : undefined
    const isWrong = typeof wrong === 'object' && wrong !== null && 'block' in wrong && 'problem' in wrong
    if (!isWrong || !isHash(wrong.block) || typeof wrong.problem !== 'string') return undefined
    return { block: wrong.block, problem: wrong.problem }
  }

  /** Throws `OperationError('write-failed')`; the balances stay then. */
  async keepVerdict(block: Hash, verdict: 'right' | Wrong): Promise<void> {
    await writeDurably(
      this.#verdict,
      JSON.stringify({ block, ...(verdict === 'right' ? { right: true } : { wrong: verdict }) }),
    )
    // Something else may be in its place.
    await rm(this.#saved, { force: true }).catch(() => undefined)
  }

  /** Undefined where there is nothing, or it is damaged. Takes away what a process left that was killed while it wrote. Throws the signal's reason. */
  async saved(signal: AbortSignal): Promise<Saved | undefined> {
    await removeDrafts(this.#saved).catch(() => undefined) // they are in nobody's way
    const bytes = await readWhole(this.#saved)
    if (bytes === undefined) return undefined
    try {
      const sealed = decodeSealed(bytes.subarray(0, SEALED_BYTES))
      const outputs = bytes.subarray(SEALED_BYTES)
      await inTurns(stateOfSnapshot(sealed.header, outputs), signal)
      return { sealed, outputs }
    } catch (error) {
      if (error instanceof RuleError) return undefined
      throw error
    }
  }

  /** Throws `OperationError('write-failed')`. */
  async save({ sealed, outputs }: Saved): Promise<void> {
    await writeDurably(this.#saved, concat(encodeSealed(sealed), outputs))
  }
}

/** Of a file, not of a pipe or a device, from which a read may never return. */
async function readWhole(file: string, most = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
  try {
    const found = await stat(file)
    return found.isFile() && found.size <= most ? await readFile(file) : undefined
  } catch {
    return undefined
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
