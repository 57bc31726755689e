// Contents of blocks, right and wrong, and the headers that go with them.

import { applyStep } from '../../../node/protocol/apply.ts'
import { deriveHeader, type ParentBlock, requestsOf } from '../../../node/protocol/block.ts'
import { blockTorrent } from '../../../node/protocol/block-torrent.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import type { Header } from '../../../node/protocol/header.ts'
import { toBytes } from '../../../node/protocol/ids.ts'
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

/** With the torrent that a miner would make of it; any other infohash where the steps have no shape: it is never judged. */
export function headerOf(rules: Rules, parent: ParentBlock, { steps, states, state }: Content, target: bigint): Header {
  // What posts too few states has a header all the same: the bridge is to refuse it for the states.
  const told = steps.map((_, i) => states[i] ?? parent.header.state)
  const header = deriveHeader(rules, parent, target, steps, told)
  if (!steps.every((step) => decodeStep(step))) return { ...header, torrent: parent.header.torrent }
  const packed = concat(...steps)
  const content = {
    header,
    requests: requestsOf(rules, packed),
    state,
    steps: packed,
    states: concat(...states.map(toBytes)),
  }
  return { ...header, torrent: blockTorrent(content).infohash }
}
