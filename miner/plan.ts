// The block of a chosen content: its rows as they are posted, and on them its header, in which the search finds a nonce.

import type { KzgPool } from '../node/ethereum/blobs/kzg-pool.ts'
import { assert } from '../node/protocol/assert.ts'
import { writeBlobs } from '../node/protocol/blob.ts'
import { blobHeadOf, blobRowsOf, deriveBlobHeader } from '../node/protocol/blob-block.ts'
import { deriveHeader, type ParentBlock } from '../node/protocol/block.ts'
import { concat } from '../node/protocol/bytes.ts'
import { challengeOf, type Header } from '../node/protocol/header.ts'
import { type Address, toBytes } from '../node/protocol/ids.ts'
import { isInBlobs, type WholeBody } from '../node/protocol/replay.ts'
import type { Rules } from '../node/protocol/rules.ts'
import { type State, stateRoot } from '../node/protocol/state.ts'
import type { Posted } from '../node/protocol/trace.ts'
import { inTurns } from '../node/turns.ts'
import type { Content } from './assemble.ts'
import type { Work } from './work/nonce.ts'

/** A block to search a nonce for. */
export type Plan = {
  readonly work: Work
  readonly header: Header
  readonly content: Content
  readonly body: WholeBody
  /** After the block. */
  readonly state: State
}

/** What is posted of a content, wherever that is. Once for each content: blobs take seconds, since their hashes are part of the header. */
export async function postContent(
  content: Pick<Content, 'rows' | 'steps'>,
  kzg: Pick<KzgPool, 'hashes'>,
): Promise<WholeBody> {
  const { rows, steps } = content
  await inTurns(hashStates(steps))
  if (rows === 'calldata') return postCalldata(content)
  const blobs = writeBlobs(blobRowsOf(steps))
  const hashes = (await kzg.hashes(blobs)).map((hash) => {
    assert(hash !== undefined, 'what the layout writes are blobs')
    return hash
  })
  return { ...blobHeadOf(steps.map(({ step }) => step)), blobs, hashes }
}

export function postCalldata({ steps }: Pick<Content, 'steps'>): Posted {
  return {
    steps: concat(...steps.map(({ step }) => step)),
    states: concat(...steps.map(({ after }) => toBytes(stateRoot(after)))),
  }
}

/** The block of this content, posted as `body`; `target` must be allowed at its publication. */
export function planBlock(
  rules: Rules,
  parent: ParentBlock,
  content: Content,
  body: WholeBody,
  target: bigint,
  miner: Address,
): Plan {
  const { steps } = content
  const state = steps.at(-1)?.after ?? parent.state
  const header = isInBlobs(body)
    ? deriveBlobHeader(rules, parent, target, {
        ...body,
        stepCount: steps.length,
        growth: steps.reduce((sum, { growth }) => sum + growth, 0),
        state: stateRoot(state),
      })
    : deriveHeader(
        rules,
        parent,
        target,
        steps.map(({ step }) => step),
        steps.map(({ after }) => stateRoot(after)),
      )
  return { work: { challenge: challengeOf(header), miner, target }, header, content, body, state }
}

/** Half of the time that a block of thousands of steps takes to assemble; each state keeps its root. */
function* hashStates(steps: Content['steps']): Generator<undefined, void, void> {
  for (const { after } of steps) {
    stateRoot(after)
    yield
  }
}
