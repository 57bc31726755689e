// Contents of blocks, right and wrong, and the headers that go with them.

import { applyStep } from '../../../node/protocol/apply.ts'
import { deriveHeader, type ParentBlock, requestsOf } from '../../../node/protocol/block.ts'
import { type BlockRows, blockTorrent } from '../../../node/protocol/block-torrent.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import type { Header, SealedHeader } from '../../../node/protocol/header.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { decodeStep, encodeStep } from '../../../node/protocol/step.ts'
import type { Content, Scene, Told } from './scene.ts'

/** A right block. */
export function honestContent({ parent, honest }: Scene): Content {
  const steps = honest.map(({ step }) => step)
  const state = honest.at(-1)?.after ?? parent.state
  return { steps, states: honest.map(({ after }) => stateRoot(after)), state }
}

/** Packed transactions as steps after those that are there. */
export function tellAll(
  rules: Rules,
  parent: ParentBlock,
  before: readonly Told[],
  packed: readonly Uint8Array[],
): Told[] {
  let state = before.at(-1)?.after ?? parent.state
  return packed.map((each) => {
    const step = encodeStep({ kind: 'transaction', packed: each })
    state = applyStep(rules, state, 0n, step).state
    return { step, after: state }
  })
}

/**
 * What posts too few states, or asks for more than there is, has a header all the same, of which a liar has to show the work: the bridge is to
 * refuse the content.
 */
export function headerOf(
  rules: Pick<Rules, 'chain' | 'bridge'>,
  parent: Omit<ParentBlock, 'state'>,
  { steps, states }: Pick<Content, 'steps' | 'states'>,
  target: bigint,
): Header {
  const told = steps.map((_, i) => states[i] ?? parent.header.state)
  try {
    return deriveHeader(rules, parent, target, steps, told)
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    return deriveHeader(rules, parent, target, [], [])
  }
}

/** The infohash of the torrent that a miner would make of it, or `undefined` if the steps have no shape: nobody judges it. */
export function torrentOf(
  rules: Rules,
  sealed: SealedHeader,
  { steps, state }: Content,
  rows: BlockRows,
): Infohash | undefined {
  if (!steps.every((step) => decodeStep(step))) return undefined
  // What else is known of a block in blobs is not in its torrent.
  return blockTorrent({ ...rows, sealed, requests: requestsOf(rules, concat(...steps)), state }).infohash
}
