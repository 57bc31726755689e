// How long a miner needs for a full block: checking signatures, choosing 500 steps, and hashing states and trace; the same of 3,500 steps in blobs.

import { chooseSteps } from '../../miner/assemble.ts'
import { planBlock, postCalldata, postContent } from '../../miner/plan.ts'
import type { Candidate } from '../../miner/ranking.ts'
import type { Rows } from '../../miner/rows-choice.ts'
import { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import { MAX_BLOB_STEPS, writeBlobs } from '../../node/protocol/blob.ts'
import { blobRowsOf } from '../../node/protocol/blob-block.ts'
import { STEP_LIMIT } from '../../node/protocol/rules.ts'
import { RULES } from '../assure/models/world.ts'
import type { Bench } from './measure.ts'
import { check, cpuMs, OUTPUTS, policy, scene } from './scene.ts'

const CANDIDATES = 600

export const bench: Bench = {
  name: 'assembly',
  title: `CPU time of this thread for a block of ${STEP_LIMIT} steps from ${CANDIDATES} candidates on a state of ${OUTPUTS.toLocaleString('en')} outputs`,
  unit: 'ms',
  rounds: 5,
  limits: [],
  prepare: () => {
    const { parent, candidates } = scene()
    const few = candidates.slice(0, CANDIDATES)
    const verified = new Map(candidates.map((candidate) => [candidate.infohash, check(candidate)]))
    const verify = ({ infohash }: Candidate) => verified.get(infohash)
    const choose = (rows: Rows, isKnown = true) =>
      chooseSteps(
        RULES,
        parent,
        {
          queue: [],
          candidates: rows === 'blobs' ? candidates : few,
          verify: isKnown ? verify : check,
        },
        policy,
        rows,
      )
    const target = 2n ** 216n
    const whole = (isKnown: boolean) => {
      const content = choose('calldata', isKnown)
      planBlock(RULES, parent, content, postCalldata(content), target, RULES.bridge)
    }
    const kzg = new KzgPool()
    return {
      cases: [
        { name: 'all, signatures known', run: () => cpuMs(() => whole(true)) },
        { name: 'all, signatures new', run: () => cpuMs(() => whole(false)) },
        { name: 'choosing, signatures known', run: () => cpuMs(() => choose('calldata')) },
        {
          // What a mere change of the target costs, too.
          name: 'block of steps chosen and hashed before',
          run: () => {
            const content = choose('calldata')
            const body = postCalldata(content)
            return cpuMs(() => planBlock(RULES, parent, content, body, target + 1n, RULES.bridge))
          },
        },
        {
          name: `${MAX_BLOB_STEPS} signatures`,
          run: () => cpuMs(() => candidates.slice(0, MAX_BLOB_STEPS).map(check)),
        },
        { name: `choosing ${MAX_BLOB_STEPS} steps, signatures known`, run: () => cpuMs(() => choose('blobs')) },
        {
          name: `states after ${MAX_BLOB_STEPS} steps, and blobs of them`,
          run: () => {
            const { steps } = choose('blobs')
            return cpuMs(() => writeBlobs(blobRowsOf(steps)))
          },
        },
        {
          name: 'the same with commitments, on another thread',
          run: async () => {
            const content = choose('blobs')
            const start = performance.now()
            await postContent(content, kzg)
            return performance.now() - start
          },
        },
        {
          name: 'header, target changed',
          run: async () => {
            const content = choose('blobs')
            const body = await postContent(content, kzg)
            return cpuMs(() => planBlock(RULES, parent, content, body, target + 1n, RULES.bridge))
          },
        },
      ],
      stop: () => kzg.stop(),
    }
  },
}
