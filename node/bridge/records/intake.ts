// The events of one step along Ethereum become part of a view: checked, judged where that costs no more than they have paid for, applied.

import type { BridgeEvent } from '../../ethereum/chain.ts'
import { decodeSealed } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import { isInBlobs, isWhole, type PostedBody } from '../../protocol/replay.ts'
import { settledBlock } from '../branch.ts'
import { applyEvent, type DraftView, type Finding, isRelevant, namedIn, type StoredEvent } from './fold.ts'
import type { Verdicts } from './judging/verdicts.ts'
import { checkPublication, type Terms } from './publication.ts'

export type Taken = {
  /** What was relevant, with the content of publications. */
  readonly added: readonly { readonly event: StoredEvent; readonly body?: PostedBody }[]
  readonly found: ReadonlyMap<Hash, Finding>
}

export class Intake {
  readonly #terms: Terms
  readonly #verdicts: Verdicts
  readonly #finalityDepth: bigint
  readonly #arriving = new Map<Hash, PostedBody>()

  constructor(terms: Terms, verdicts: Verdicts, finalityDepth: bigint) {
    this.#terms = terms
    this.#verdicts = verdicts
    this.#finalityDepth = finalityDepth
  }

  /** Content of a block that is being read, and is not on disk yet. */
  arriving(id: Hash): PostedBody | undefined {
    return this.#arriving.get(id)
  }

  /** Changes the draft. Throws `OperationError('ethereum-logs-incomplete')`. */
  async take(view: DraftView, events: readonly BridgeEvent[], signal: AbortSignal): Promise<Taken> {
    const added: { event: StoredEvent; body?: PostedBody }[] = []
    const found = new Map<Hash, Finding>()
    try {
      for (const told of events) {
        signal.throwIfAborted()
        const event = told.kind === 'nominated' ? namedIn(view, told) : told
        if (event === undefined || !isRelevant(view, event)) continue
        if (event.kind === 'published') {
          const { body, ...kept } = event
          const finding = await this.#judge(view, event, signal)
          if (finding !== undefined) found.set(event.id, finding)
          const stored = isInBlobs(body) ? { ...kept, blobs: body.hashes } : kept
          applyEvent(view, stored, found)
          added.push({ event: stored, body })
          continue
        }
        // The contract's word on what was not looked at here yet: that is looked at first.
        const findings = event.kind === 'finalized' ? await this.#verdicts.ofOne(view, event.id, signal) : []
        for (const [id, finding] of findings) found.set(id, finding)
        applyEvent(view, event, found)
        added.push({ event })
      }
    } finally {
      this.#arriving.clear()
    }
    return { added, found }
  }

  async #judge(
    view: DraftView,
    event: Extract<BridgeEvent, { kind: 'published' }>,
    signal: AbortSignal,
  ): Promise<Finding | undefined> {
    checkPublication(this.#terms, view, event)
    const { id, body } = event
    this.#arriving.set(id, body)
    const settled = settledBlock(view, event.place.number, this.#finalityDepth).id
    if (!isWhole(body)) return await this.#verdicts.ofUnseen(view, { id, parent: event.parent }, settled)
    return await this.#verdicts.ofArrived(view, { id, sealed: decodeSealed(event.sealed), ...body }, settled, signal)
  }
}

/** The blocks that these events say something new of, and those that a new one builds on. */
export function touchedBy(added: Taken['added']): Hash[] {
  return added.flatMap(({ event }) => {
    if (event.kind === 'published') return [event.parent, event.id]
    if (event.kind === 'nominated') return [event.parent]
    return event.kind === 'refuted' || event.kind === 'finalized' ? [event.id] : []
  })
}
