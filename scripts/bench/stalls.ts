// For how long nothing else in a miner or a node has a turn while it works on a full block in blobs.

import { contentInParts } from '../../miner/assemble.ts'
import { planBlock, postContent } from '../../miner/plan.ts'
import type { Candidate } from '../../miner/ranking.ts'
import { BlockPool } from '../../node/block-pool.ts'
import { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import { MAX_BLOB_STEPS } from '../../node/protocol/blob.ts'
import { blockId, encodeSealed } from '../../node/protocol/header.ts'
import { later, toSeconds, toTime } from '../../node/protocol/units.ts'
import { inTurns } from '../../node/turns.ts'
import { RULES } from '../assure/models/world.ts'
import { findNonce } from '../devnet/drill/nonce.ts'
import type { Bench } from './measure.ts'
import { check, longestTurnMs, OUTPUTS, policy, scene } from './scene.ts'

const EASIEST = 2n ** 244n - 1n

export const bench: Bench = {
  name: 'stalls',
  title: `the longest wait of anything else while a block of ${MAX_BLOB_STEPS.toLocaleString('en')} steps is worked on, on a state of ${OUTPUTS.toLocaleString('en')} outputs`,
  unit: 'ms',
  rounds: 3,
  limits: [],
  prepare: async () => {
    const { parent, candidates } = scene()
    const ground = { ...parent, header: { ...parent.header, target: EASIEST } }
    const verified = new Map(candidates.map((candidate) => [candidate.infohash, check(candidate)]))
    const known = ({ infohash }: Candidate) => verified.get(infohash)
    const choose = (verify = known) =>
      inTurns(contentInParts(RULES, ground, { queue: [], candidates, verify }, policy, 'auto'))
    const kzg = new KzgPool()
    const plan = async () => {
      const content = await choose()
      return planBlock(RULES, ground, content, await postContent(content, kzg), EASIEST, RULES.bridge)
    }
    const { header, body, work } = await plan()
    if (!('blobs' in body)) throw new RangeError('expected rows in blobs')
    const { nonce } = await findNonce(work)
    const found = { header, seal: { miner: work.miner, nonce } }
    return {
      cases: [
        { name: 'miner: choosing, signatures new', run: () => longestTurnMs(() => choose(check)) },
        { name: 'miner: choosing, signatures known', run: () => longestTurnMs(() => choose()) },
        {
          name: 'miner: states, blobs and their hashes',
          run: async () => {
            const content = await choose()
            return await longestTurnMs(() => postContent(content, kzg))
          },
        },
        {
          name: 'miner: header',
          run: async () => {
            const content = await choose()
            const posted = await postContent(content, kzg)
            return await longestTurnMs(() => {
              planBlock(RULES, ground, content, posted, EASIEST, RULES.bridge)
            })
          },
        },
        {
          name: 'node: a mined block that comes, all of it',
          run: async () => {
            const publishedAt = toTime(1_000_000n)
            const pool = new BlockPool({
              ...{ kzg, rules: RULES, easiestTarget: EASIEST, isPublished: () => false, isJudged: () => false },
              ...{ tip: () => ({ ...ground, publishedAt }), isOnQueue: () => true, queue: () => undefined },
              now: () => later(publishedAt, toSeconds(3_600n)),
            })
            const longest = await longestTurnMs(() => pool.add(encodeSealed(found), body, 'own'))
            if (pool.get(blockId(found)) === undefined) throw new Error('expected the block in the pool')
            return longest
          },
        },
      ],
      stop: () => kzg.stop(),
    }
  },
}
