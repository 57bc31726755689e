// Blocks in blobs on a stage whose bridge is told which blobs a transaction carries.

import assert from 'node:assert/strict'
import { encodeFunctionData, parseAbi } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { type BlobBlock, deriveBlobHeader } from '../../../node/protocol/blob-block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { blockId } from '../../../node/protocol/header.ts'
import { type Hash, parseAddress, toBytes, toHash, ZERO_KEY } from '../../../node/protocol/ids.ts'
import { queueIndexes } from '../../../node/protocol/step.ts'
import { postOf } from '../../../scripts/assure/models/blobs/right-blocks.ts'
import type { BlobPost } from '../../../scripts/assure/models/blobs/scene.ts'
import { someHash, type TestBlock, toHex } from './blocks.ts'
import type { Receipt } from './chain.ts'
import { sealedHex } from './fixture.ts'
import type { Stage, Tip } from './stage.ts'

const carryAbi = parseAbi(['function carry(bytes32[] hashes)'])

export type BlobPublication = { readonly block: TestBlock; readonly whole: BlobBlock; readonly receipt: Receipt }

/** Versioned hashes of no blobs. */
export function someBlobHashes(count: number): Hash[] {
  return Array.from({ length: count }, (_, i) =>
    toHash(concat(Uint8Array.of(1), toBytes(someHash(500 + i)).subarray(1))),
  )
}

/** What an honest miner posts of these steps on the tip. Invalid ones change nothing, as a liar may have it. */
export function blobPostOf({ rules, tip }: Stage, steps: readonly Uint8Array[], parent = tip): BlobPost {
  const indexes = queueIndexes(parent.block.header.lanes, steps)
  let { state } = parent
  return postOf(
    steps.map((step, i) => {
      const applied = applyStep(rules, state, indexes[i] ?? 0n, step)
      state = applied.state
      return { step, after: state, growth: applied.growth }
    }),
  )
}

/** From now on all publications carry these. */
export async function carry({ fixture }: Stage, hashes: readonly Hash[]): Promise<void> {
  const data = encodeFunctionData({ abi: carryAbi, functionName: 'carry', args: [hashes] })
  await fixture.chain.send(fixture.bridge, data)
}

/** Publishes what the head says, whatever that is. The receipt is that of the harness, and no header is looked at. */
export async function sendHead(
  stage: Stage,
  head: Partial<BlobPost['head']>,
  parent: Tip = stage.tip,
): Promise<{ receipt: Receipt; draft: TestBlock }> {
  const { fixture } = stage
  const draft = fixture.draft(parent.block)
  const { stepCount = 1, growth = 0, state = someHash(3), entries, requests } = head
  const publication = {
    target: draft.header.target,
    torrent: toHex(toBytes(someHash(1)).subarray(12)),
    miner: draft.seal.miner,
    nonce: draft.seal.nonce,
    beside: ZERO_KEY,
  }
  const args = [
    sealedHex(parent.block),
    publication,
    {
      stepCount,
      growth: growth & 0xffff,
      state,
      entries: toHex(entries ?? new Uint8Array()),
      requests: toHex(requests ?? new Uint8Array()),
    },
  ] as const
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'publishBlobs', args })
  const receipt = await fixture.chain.send(fixture.bridge, data, { value: fixture.bond() })
  return { receipt, draft }
}

/** Publishes a block in blobs of these hashes, and checks that the contract seals the header that follows. */
export async function publishBlobs(
  stage: Stage,
  post: BlobPost,
  hashes: readonly Hash[] = someBlobHashes(post.blobs.length),
  parent: Tip = stage.tip,
): Promise<BlobPublication> {
  const { fixture, rules } = stage
  await carry(stage, hashes)
  const { receipt, draft } = await sendHead(stage, post.head, parent)
  const { target } = draft.header
  const header = deriveBlobHeader(rules, { id: parent.block.id, header: parent.block.header }, target, {
    ...post.head,
    hashes,
  })
  const sealed = { header, seal: draft.seal }
  const id = blockId(sealed)
  const [event] = fixture.events(receipt, 'BlobsPublished')
  assert(event)
  assert.equal(event.args.id, id)
  assert.equal(event.args.header, sealedHex(sealed))
  assert.deepEqual(event.args.hashes, hashes)
  assert.equal(event.args.entries, toHex(post.head.entries))
  assert.equal(event.args.requests, toHex(post.head.requests))
  assert.equal(event.args.parent, parent.block.id)
  assert.equal(parseAddress(event.args.miner.toLowerCase()), draft.seal.miner)
  assert.equal(BigInt(event.args.time), fixture.chain.time)
  fixture.times.set(id, fixture.chain.time)
  const { entries, requests } = post.head
  const whole = { sealed, hashes, entries, requests, blobs: post.blobs }
  return { block: { ...draft, ...sealed, id }, whole, receipt }
}
