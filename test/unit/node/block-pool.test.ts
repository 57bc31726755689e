// The pool of mined blocks: it takes what the contract would take, and nothing that costs its sender no work.

import assert from 'node:assert'
import { describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { BlockPool, type PoolView } from '../../../node/block-pool.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { assembleBlock, type ParentBlock } from '../../../node/protocol/block.ts'
import { encodeUint } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import {
  blockId,
  encodeSealed,
  genesisBlock,
  type Header,
  SEALED_BYTES,
  type SealedHeader,
} from '../../../node/protocol/header.ts'
import { type Hash, toHash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { EMPTY_LANES, LANES, type LanePoints, type QueueEntry } from '../../../node/protocol/queue.ts'
import { LANE_SHARE } from '../../../node/protocol/rules.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep, splitSteps } from '../../../node/protocol/step.ts'
import { traceOf, traceRoot } from '../../../node/protocol/trace.ts'
import { later, type Time, toBaseUnits, toGwei, toSeconds, toTime } from '../../../node/protocol/units.ts'
import { RULES, World } from '../../../scripts/assure/models/world.ts'

const EASIEST = 2n ** 244n - 1n
const HOUR = toSeconds(3_600n)

/** These blocks are in calldata. */
const kzg: PoolView['kzg'] = {
  hashes: async () => {
    throw new Error('there are no blobs')
  },
}

const world = new World(77)
const genesis = genesisBlock({
  ...RULES,
  easiestTarget: EASIEST,
  state: stateRoot(world.state),
})
const tip: ParentBlock & { publishedAt: Time } = {
  id: blockId(genesis),
  header: genesis.header,
  state: world.state,
  publishedAt: toTime(1_000_000n),
}

function poolOf(view: Partial<PoolView> = {}): BlockPool {
  return new BlockPool({
    kzg,
    rules: RULES,
    easiestTarget: EASIEST,
    tip: () => tip,
    isPublished: () => false,
    isJudged: () => true,
    queue: () => undefined,
    isOnQueue: (lanes) => isDeepStrictEqual(lanes, EMPTY_LANES),
    now: () => later(tip.publishedAt, HOUR),
    ...view,
  })
}

/** Searches a nonce, as a liar has to as well. */
function seal(header: Header, start = 0): SealedHeader {
  for (let nonce = start; ; nonce++) {
    const sealed = { header, seal: { miner: RULES.token, nonce: toHash(encodeUint(nonce, 32)) } }
    if (BigInt(blockId(sealed)) <= header.target) return sealed
  }
}

function payment(): Uint8Array {
  return encodeStep({ kind: 'transaction', packed: world.transaction().packed })
}

/** A block on the tip, empty or with one payment. */
function mined(count: 0 | 1, change: Partial<Header> = {}, target = EASIEST, step = payment()) {
  const steps = count === 0 ? [] : [{ step, after: applyStep(RULES, tip.state, 0n, step).state }]
  const { header, block } = assembleBlock(RULES, tip, target, steps)
  const sealed = seal({ ...header, ...change })
  return { id: blockId(sealed), sealed: encodeSealed(sealed), ...block }
}

describe('block pool', () => {
  test('takes a block that the contract would take, once, and serves its torrent', async () => {
    const pool = poolOf()
    const block = mined(1)
    assert(pool.isWanted(block.sealed))
    const pooled = await pool.add(block.sealed, block, 'peer')
    assert.strictEqual(pooled.id, block.id)
    assert.strictEqual(pool.byTorrent(pooled.torrent), pooled)
    assert(!pool.isWanted(block.sealed))
    assert.strictEqual(await pool.add(block.sealed, block, 'peer'), pooled)
    assert.strictEqual(pool.blocks.length, 1)
  })

  test('forgets blocks once they are on Ethereum', async () => {
    const published = new Set<Hash>()
    const pool = poolOf({ isPublished: (id) => published.has(id) })
    const block = mined(0)
    await pool.add(block.sealed, block, 'own')
    published.add(block.id)
    pool.prune()
    assert.strictEqual(pool.get(block.id), undefined)
    assert(!pool.isWanted(block.sealed))
  })

  test('faults only what nobody would take: no work, another bridge, too many steps, too many bytes', async () => {
    const pool = poolOf()
    const { header } = assembleBlock(RULES, tip, EASIEST, [])
    const lazy = encodeSealed({
      header: { ...header, target: 2n ** 160n },
      seal: { miner: RULES.token, nonce: ZERO_HASH },
    })
    assert.throws(() => pool.isWanted(lazy), { code: 'bad-work' })
    assert.throws(() => pool.isWanted(mined(0, { chain: 1n }).sealed), { code: 'bad-header' })
    assert.throws(() => pool.isWanted(mined(0, { stepCount: 3_501 }).sealed), { code: 'bad-header' })
    assert.throws(() => pool.isWanted(new Uint8Array(SEALED_BYTES)), { code: 'bad-header' })
    const block = mined(0)
    await assert.rejects(pool.add(block.sealed, { steps: new Uint8Array(122_881), states: new Uint8Array() }, 'peer'), {
      code: 'bad-steps',
    })
  })

  test('passes over, without blaming anybody, what depends on its own view', async () => {
    const block = mined(0)
    const notWanted = async (view: Partial<PoolView>) => {
      const pool = poolOf(view)
      assert(!pool.isWanted(block.sealed))
      await assert.rejects(pool.add(block.sealed, block, 'peer'), {
        code: 'block-not-wanted',
        retry: true,
      })
    }
    await notWanted({ tip: () => undefined })
    await notWanted({ now: () => toTime(0n) })
    await notWanted({ tip: () => ({ ...tip, id: ZERO_HASH }) })
    const elsewhere = mined(0, { parent: toHash(encodeUint(5, 32)) })
    assert(!poolOf().isWanted(elsewhere.sealed))
  })

  test('takes no deposit that is not in the queue, however much work stands behind it', async () => {
    const entry: QueueEntry = { kind: 'deposit', gross: 10n ** 28n, to: RULES.token }
    const step = encodeStep({ kind: 'deposit', entry })
    const { state } = applyStep(RULES, tip.state, 0n, step)
    const { header, block } = assembleBlock(RULES, tip, EASIEST, [{ step, after: state }])
    const sealed = encodeSealed(seal(header))
    assert(!poolOf().isWanted(sealed))
    await assert.rejects(poolOf().add(sealed, block, 'peer'), { code: 'block-not-wanted' })
  })

  test('passes over a block that consumes more of a lane than a block may, or gives entries back, and takes as much of each lane', async () => {
    const counting = (lane: keyof LanePoints, count: number, onTip = 0) => {
      const at = (entries: number): LanePoints => ({
        ...EMPTY_LANES,
        [lane]: { count: BigInt(entries), hash: ZERO_HASH },
      })
      const pool = poolOf({
        isOnQueue: () => true,
        tip: () => ({ ...tip, header: { ...tip.header, lanes: at(onTip) } }),
      })
      return { pool, block: mined(0, { lanes: at(onTip + count) }) }
    }
    for (const lane of LANES) {
      for (const [count, onTip] of [
        [LANE_SHARE, 0],
        [LANE_SHARE, 7],
        [0, 7],
      ] as const) {
        const { pool, block } = counting(lane, count, onTip)
        assert(pool.isWanted(block.sealed), `${count} of ${lane}`)
      }
      for (const [count, onTip] of [
        [LANE_SHARE + 1, 0],
        [LANE_SHARE + 1, 7],
        [-1, 7],
      ] as const) {
        const { pool, block } = counting(lane, count, onTip)
        assert(!pool.isWanted(block.sealed), `${count} of ${lane}`)
        await assert.rejects(pool.add(block.sealed, block, 'peer'), {
          code: 'block-not-wanted',
          message: new RegExp(`too many entries of the lane of ${lane}`),
        })
      }
    }
    // What a block has of one lane takes nothing away from the others.
    const full = Object.fromEntries(
      LANES.map((lane) => [lane, { count: BigInt(LANE_SHARE), hash: ZERO_HASH }]),
    ) as LanePoints
    assert(poolOf({ isOnQueue: () => true }).isWanted(mined(0, { lanes: full }).sealed))
  })

  test('says that it cannot judge a block with an entry of the queue that it does not have', async () => {
    const step = encodeStep({ kind: 'void', fee: toGwei(1n), packedHash: toHash(keccak(new Uint8Array(127))) })
    const { header, block } = assembleBlock(RULES, tip, EASIEST, [{ step, after: tip.state }])
    const sealed = encodeSealed(seal(header))
    const pool = poolOf({ isOnQueue: (lanes) => isDeepStrictEqual(lanes, header.lanes) })
    assert(pool.isWanted(sealed))
    await assert.rejects(pool.add(sealed, block, 'peer'), { code: 'block-not-judged', retry: true })
    assert.strictEqual(pool.blocks.length, 0)
  })

  test('replays what it takes', async () => {
    const pool = poolOf()
    const block = mined(1)
    const states = block.states.slice().fill(9)
    await assert.rejects(pool.add(block.sealed, { steps: block.steps, states }, 'peer'), { code: 'bad-header' })
    const wrong = toHash(states)
    const trace = traceRoot(traceOf(splitSteps(block.steps), [wrong]))
    const lying = mined(1, { state: wrong, traceRoot: trace }, EASIEST, block.steps)
    await assert.rejects(pool.add(lying.sealed, { steps: block.steps, states }, 'peer'), { code: 'invalid-block' })
    const other = mined(0, { state: toHash(encodeUint(1, 32)) })
    await assert.rejects(pool.add(other.sealed, other, 'peer'), { code: 'bad-header' })
    const { header } = assembleBlock(RULES, tip, EASIEST, [])
    const changes: readonly Partial<Header>[] = [
      { supply: toBaseUnits(header.supply + 1n) },
      { fee: toBaseUnits(1n) },
      { queueFees: toGwei(1n) },
      { firstRequest: 1n },
      { requestCount: 1 },
      { requestsRoot: toHash(encodeUint(1, 32)) },
      { stepCount: 1 },
      { traceRoot: toHash(encodeUint(1, 32)) },
      { height: 2n },
    ]
    for (const change of changes) {
      const lie = mined(0, change)
      const name = Object.keys(change).join()
      await assert.rejects(pool.add(lie.sealed, lie, 'peer'), { code: 'bad-header' }, name)
    }
    assert.strictEqual(pool.blocks.length, 0)
  })

  test('cannot be filled by peers at the cost of own or harder blocks', async () => {
    const pool = poolOf()
    const own = mined(0)
    await pool.add(own.sealed, own, 'own')
    for (let nonce = 0, taken = 0; taken < 8; taken++) {
      const { header } = assembleBlock(RULES, tip, EASIEST, [])
      const sealed = seal(header, nonce)
      nonce = Number(BigInt(sealed.seal.nonce)) + 1
      if (blockId(sealed) === own.id) taken--
      else await pool.add(encodeSealed(sealed), { steps: new Uint8Array(), states: new Uint8Array() }, 'peer')
    }
    const easy = mined(1)
    assert(!pool.isWanted(easy.sealed))
    const harder = mined(0, {}, EASIEST / 2n)
    assert(pool.isWanted(harder.sealed))
    await pool.add(harder.sealed, harder, 'peer')
    assert.strictEqual(pool.blocks.length, 9)
    assert(pool.get(own.id) && pool.get(harder.id))
  })
})
