// How long a node needs for a full block in blobs: reading its steps, replaying its rows, making its torrent.

import { chooseSteps } from '../../miner/assemble.ts'
import { planBlock, postContent } from '../../miner/plan.ts'
import { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import { MAX_BLOB_STEPS } from '../../node/protocol/blob.ts'
import { stepsIn } from '../../node/protocol/blob-block.ts'
import { type ParentBlock, requestsOf } from '../../node/protocol/block.ts'
import { blockTorrent } from '../../node/protocol/block-torrent.ts'
import { concat } from '../../node/protocol/bytes.ts'
import { isInBlobs, replay, replayInParts, type WholeBlock } from '../../node/protocol/replay.ts'
import { STEP_LIMIT } from '../../node/protocol/rules.ts'
import { inTurns } from '../../node/turns.ts'
import { RULES } from '../assure/models/world.ts'
import type { Bench } from './measure.ts'
import { check, cpuMs, OUTPUTS, policy, scene, sealed } from './scene.ts'

const TARGET = 2n ** 216n
const STEPS = MAX_BLOB_STEPS.toLocaleString('en')
const nothing = () => undefined

export const bench: Bench = {
  name: 'full-block',
  title: `a node and a block of ${STEPS} steps in six blobs, on a state of ${OUTPUTS.toLocaleString('en')} outputs; the ratio is to the replay`,
  unit: 'ms',
  rounds: 3,
  limits: [],
  prepare: async () => {
    const { parent, candidates } = scene()
    const supply = { queue: [], candidates, verify: check }
    await using kzg = new KzgPool()
    const plan = async (rows: 'blobs' | 'calldata') => {
      const content = chooseSteps(RULES, parent, supply, policy, rows)
      const { header, body, state } = planBlock(
        RULES,
        parent,
        content,
        await postContent(content, kzg),
        TARGET,
        RULES.bridge,
      )
      const block = { sealed: sealed(header), ...body }
      assertRight(parent, block)
      return { block, state }
    }
    const { block, state } = await plan('blobs')
    const { block: inCalldata } = await plan('calldata')
    if (!('blobs' in block) || !isInBlobs(block)) throw new RangeError('expected rows in blobs')
    const { sealed: header, blobs } = block
    return {
      cases: [
        { name: `replay of ${STEPS} rows`, run: () => cpuMs(() => assertRight(parent, block)) },
        {
          name: 'the same in turns',
          run: () => cpuMs(() => inTurns(replayInParts(RULES, parent, block, nothing))),
        },
        { name: `replay of ${STEP_LIMIT} steps in calldata`, run: () => cpuMs(() => assertRight(parent, inCalldata)) },
        { name: `${STEPS} steps read out of six blobs`, run: () => cpuMs(() => stepsIn(blobs, MAX_BLOB_STEPS)) },
        {
          name: 'its torrent',
          run: () => {
            const steps = stepsIn(blobs, MAX_BLOB_STEPS) ?? []
            return cpuMs(() => {
              blockTorrent({ sealed: header, requests: requestsOf(RULES, concat(...steps)), state, blobs })
            })
          },
        },
      ],
      stop: () => undefined,
    }
  },
}

function assertRight(parent: ParentBlock, block: WholeBlock): void {
  const { verdict } = replay(RULES, parent, block, nothing)
  if (verdict !== 'valid') throw new Error(`expected a right block, got one that is ${verdict}`)
}
