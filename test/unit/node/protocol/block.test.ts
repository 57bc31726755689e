// Bridging blocks: header, target, trace, torrent, assembly and replay. Long, as they share one block.

import assert from 'node:assert'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import createTorrent from 'create-torrent'
import fc from 'fast-check'
import parseTorrent from 'parse-torrent'
import { applyStep } from '../../../../node/protocol/apply.ts'
import {
  assembleBlock,
  deriveHeader,
  type ParentBlock,
  type PublishedBlock,
  replayBlock,
} from '../../../../node/protocol/block.ts'
import {
  BLOCK_PIECE_BYTES,
  type BlockFile,
  blockTorrent,
  decodeOutputs,
} from '../../../../node/protocol/block-torrent.ts'
import { concat, encodeUint, formatHex } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import {
  blockId,
  challengeOf,
  decodeSealed,
  encodeSealed,
  genesisBlock,
  HEADER_BYTES,
  SEALED_BYTES,
  type SealedHeader,
} from '../../../../node/protocol/header.ts'
import {
  type Address,
  type Hash,
  type Infohash,
  toAddress,
  toBytes,
  toHash,
  toInfohash,
  ZERO_HASH,
} from '../../../../node/protocol/ids.ts'
import {
  entryHash,
  LANES,
  type LanePoints,
  nextQueueHash,
  ofLanes,
  type QueueEntry,
} from '../../../../node/protocol/queue.ts'
import type { State } from '../../../../node/protocol/state.ts'
import { stateOf, stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep, splitSteps } from '../../../../node/protocol/step.ts'
import { EASIEST_BOUND, HARDEST_TARGET, targetCeiling, targetFloor, workOf } from '../../../../node/protocol/target.ts'
import {
  isInTrace,
  splitPosted,
  traceDepth,
  traceLeaf,
  traceProof,
  traceRoot,
} from '../../../../node/protocol/trace.ts'
import { insert } from '../../../../node/protocol/tree.ts'
import { toGwei, toSeconds } from '../../../../node/protocol/units.ts'
import { RULES, World } from '../../../../scripts/assure/models/world.ts'
import { entriesOf, readerOf } from '../../../support/queue.ts'

const TARGET = 2n ** 240n

/** A world, a parent block on its genesis state, and a valid block of `count` steps with the queue entries it consumed. */
function blockOf(seed: number, count: number) {
  const world = new World(seed)
  const sealedParent = genesisBlock({ ...RULES, easiestTarget: TARGET, state: stateRoot(world.state) })
  const parent: ParentBlock = { id: blockId(sealedParent), header: sealedParent.header, state: world.state }
  const steps: { step: Uint8Array; after: State }[] = []
  const entries: QueueEntry[] = []
  for (let i = 0; i < count; i++) {
    const kind = i < count / 6 ? 'deposit' : i < count / 3 ? 'applied' : 'transaction'
    let step = world.step()
    while (step.kind !== kind) step = world.step()
    if (step.kind === 'deposit') entries.push(step.entry)
    if (step.kind === 'applied') entries.push({ kind: 'forced', fee: step.fee, packed: step.packed })
    world.apply(step)
    steps.push({ step: encodeStep(step), after: world.state })
  }
  const assembled = assembleBlock(RULES, parent, TARGET, steps)
  const sealed = { header: assembled.header, seal: { miner: RULES.token, nonce: ZERO_HASH } }
  const block: PublishedBlock = { sealed, ...assembled.block }
  return {
    world,
    parent,
    ...assembled,
    content: { ...assembled.content, sealed },
    block,
    queue: readerOf(entries),
    entries,
  }
}

/** The running hash of a lane with these entries. */
function hashOf(entries: readonly QueueEntry[]): Hash {
  return entries.reduce<Hash>((hash, entry) => nextQueueHash(hash, entryHash(entry)), ZERO_HASH)
}

function partsOf(block: PublishedBlock): [steps: Uint8Array[], states: Hash[]] {
  const { steps, states } = splitPosted(block)
  return [steps, states]
}

/** The sealed header that `block.json` tells. */
function readSealed(files: readonly BlockFile[]): SealedHeader {
  const file = files.find(({ name }) => name === 'block.json')
  const { version, miner, nonce, ...told } = JSON.parse(new TextDecoder().decode(file?.bytes))
  assert.strictEqual(version, '2')
  const big = ['chain', 'height', 'target', 'supply', 'fee', 'queueFees', 'firstRequest']
  const parts = Object.entries(told).map(([name, value]) => {
    if (name === 'lanes') return [name, readPoints(value)]
    if (['stepCount', 'growth', 'requestCount'].includes(name)) return [name, Number(value)]
    return [name, big.includes(name) ? BigInt(String(value)) : value]
  })
  return { header: Object.fromEntries(parts), seal: { miner, nonce } }
}

function readPoints(told: unknown): LanePoints {
  const points = told as Record<keyof LanePoints, { count: string; hash: Hash }>
  return ofLanes((lane) => ({ count: BigInt(points[lane].count), hash: points[lane].hash }))
}

describe('header', () => {
  test('has 365 bytes, sealed 417, and comes back from them', () => {
    const { block } = blockOf(1, 6)
    const bytes = encodeSealed(block.sealed)
    assert.deepStrictEqual([bytes.length, HEADER_BYTES, SEALED_BYTES], [417, 365, 417])
    assert.deepStrictEqual(decodeSealed(bytes), block.sealed)
    const challenge = keccak(bytes.subarray(0, HEADER_BYTES))
    assert.strictEqual(challengeOf(block.sealed.header), toHash(challenge))
    assert.strictEqual(blockId(block.sealed), toHash(keccak(concat(challenge, bytes.subarray(HEADER_BYTES)))))
    assert.throws(() => decodeSealed(bytes.subarray(1)), { code: 'bad-header' })
    assert.throws(() => decodeSealed(bytes.fill(1, 0, 1)), { code: 'bad-header' })
  })

  test('counts and hashes the entries of each lane that its first steps consume', () => {
    const { header, entries } = blockOf(2, 12)
    for (const lane of LANES) {
      const consumed = entriesOf(entries, lane)
      assert.strictEqual(consumed.length, lane === 'assets' ? 0 : 2)
      assert.deepStrictEqual(header.lanes[lane], { count: BigInt(consumed.length), hash: hashOf(consumed) })
      assert.match(header.lanes[lane].hash, /0{10}$/)
    }
  })

  test('says in two bytes each how many steps it has, and by how many entries the state has grown, which may be fewer', () => {
    const { block } = blockOf(3, 0)
    for (const [growth, hex] of [
      [0, '0000'],
      [1, '0001'],
      [-1, 'ffff'],
      [32_767, '7fff'],
      [-32_768, '8000'],
    ] as const) {
      const sealed = { ...block.sealed, header: { ...block.sealed.header, stepCount: 3_500, growth } }
      const bytes = encodeSealed(sealed)
      assert.strictEqual(formatHex(bytes.subarray(101, 105)), `0dac${hex}`)
      assert.deepStrictEqual(decodeSealed(bytes), sealed)
    }
  })

  test('says where it leaves the lanes one after another: deposits, assets, forced, 40 bytes each from byte 245', () => {
    const { block } = blockOf(3, 0)
    const points = ofLanes((lane) => {
      const number = LANES.indexOf(lane) + 1
      return { count: BigInt(number), hash: toHash(new Uint8Array(32).fill(16 * number)) }
    })
    const sealed = { ...block.sealed, header: { ...block.sealed.header, lanes: points } }
    const bytes = encodeSealed(sealed)
    for (const [i, lane] of (['deposits', 'assets', 'forced'] as const).entries()) {
      const part = bytes.subarray(245 + 40 * i, 285 + 40 * i)
      assert.deepStrictEqual(part, concat(encodeUint(points[lane].count, 8), toBytes(points[lane].hash)))
    }
    assert.deepStrictEqual(decodeSealed(bytes), sealed)
    const at = HEADER_BYTES
    assert.deepStrictEqual(
      [toAddress(bytes.subarray(at, at + 20)), toHash(bytes.subarray(at + 20))],
      [sealed.seal.miner, sealed.seal.nonce],
    )
  })
})

describe('target', () => {
  const target = fc.bigInt({ min: HARDEST_TARGET, max: EASIEST_BOUND - 1n })
  const elapsed = fc.bigInt({ min: -10_000n, max: 2n ** 40n })

  /** The formula without saturation, in unbounded integers. */
  function plainCeiling(parent: bigint, seconds: bigint, easiest: bigint): bigint {
    const s = seconds > 2_700n ? seconds - 2_700n : 0n
    const [n, r] = [s / 900n, s % 900n]
    const base = (parent * (900n + r)) / 900n
    const eased = n > 600n ? easiest : n === 0n ? base / 2n : base * 2n ** (n - 1n)
    const capped = eased > easiest ? easiest : eased
    return capped < HARDEST_TARGET ? HARDEST_TARGET : capped
  }

  test('follows the formula, only eases, and always leaves a choice', () => {
    fc.assert(
      fc.property(target, target, elapsed, fc.bigInt({ min: 0n, max: 100_000n }), (a, b, seconds, more) => {
        const [parent, easiest] = a < b ? [a, b] : [b, a]
        const ceiling = targetCeiling(parent, toSeconds(seconds), easiest)
        assert.strictEqual(ceiling, plainCeiling(parent, seconds, easiest))
        assert(targetCeiling(parent, toSeconds(seconds + more), easiest) >= ceiling)
        assert(targetFloor(parent) <= ceiling)
      }),
      { seed: 1, numRuns: 2_000 },
    )
  })

  test('halves for a child within 45 minutes, stays after an hour, doubles every 15 minutes from then', () => {
    const p = 2n ** 200n
    const at = (minutes: bigint) => targetCeiling(p, toSeconds(minutes * 60n), 2n ** 243n)
    assert.deepStrictEqual([0n, 45n, 60n, 75n, 90n].map(at), [p / 2n, p / 2n, p, 2n * p, 4n * p])
    assert.strictEqual(at(10n ** 9n), 2n ** 243n)
  })

  test('stands for the hashes that it takes', () => {
    assert.strictEqual(workOf(2n ** 256n - 1n), 1n)
    assert.strictEqual(workOf(2n ** 255n - 1n), 2n)
    assert.strictEqual(workOf(HARDEST_TARGET), 2n ** 80n - 1n)
  })
})

describe('trace', () => {
  test('proves each leaf with exactly the depth of the tree, and nothing else', () => {
    for (const count of [1, 2, 3, 5, 8, 13, 500]) {
      const leaves = Array.from({ length: count }, (_, i) => traceLeaf(Uint8Array.of(i & 255, i >> 8), ZERO_HASH))
      const root = traceRoot(leaves)
      for (const i of [0, count >> 1, count - 1]) {
        const leaf = leaves[i] ?? ZERO_HASH
        const proof = traceProof(leaves, i)
        assert.strictEqual(proof.length, traceDepth(count))
        assert(isInTrace(root, count, i, leaf, proof))
        assert(!isInTrace(root, count, i, ZERO_HASH, proof))
        assert(!isInTrace(root, count, count, leaf, proof))
        assert(!isInTrace(root, count, i, leaf, [...proof, ZERO_HASH]))
        if (proof.length > 0) assert(!isInTrace(root, count, i, leaf, proof.slice(1)))
      }
    }
    assert.strictEqual(traceRoot([]), ZERO_HASH)
    assert.throws(() => traceProof([], 0), RangeError)
  })
})

describe('torrent of a block', () => {
  test('has the infohash that create-torrent gives to its files', async () => {
    for (const count of [0, 4, 30]) {
      const { content, block } = blockOf(count + 40, count)
      const { files, infohash } = blockTorrent(content)
      assert.deepStrictEqual(readSealed(files), block.sealed)
      const buffers = files.map(({ name, bytes }) => Object.assign(Buffer.from(bytes), { name }))
      const options = { name: 'block', pieceLength: BLOCK_PIECE_BYTES, announceList: [], createdBy: '', comment: '' }
      assert.strictEqual((await parseTorrent(await promisify(createTorrent)(buffers, options))).infoHash, infohash)
    }
  })

  test('holds the snapshot from which the state can be rebuilt', () => {
    const { content, header } = blockOf(50, 20)
    const outputs = blockTorrent(content).files.find(({ name }) => name === 'outputs.bin')
    assert(outputs)
    assert.strictEqual(stateRoot(stateOf(decodeOutputs(outputs.bytes))), header.state)
    assert.throws(() => decodeOutputs(outputs.bytes.subarray(1)), { code: 'bad-snapshot' })
    assert.throws(() => decodeOutputs(new Uint8Array(56)), { code: 'bad-snapshot' })
    assert.throws(() => decodeOutputs(new Uint8Array(112).fill(255)), { code: 'bad-snapshot' })
  })

  test('holds a snapshot of very many outputs', () => {
    const { content } = blockOf(51, 1)
    const count = 150_000
    const outputs = Array.from({ length: count }, (_, i) => {
      const id = encodeUint(i, 20)
      return { infohash: toInfohash(id), owner: toAddress(id), value: 1n }
    })
    const name = (owner: Address, infohash?: Infohash) => (infohash ? { owner, infohash } : { owner })
    const keyOf = (place: number) => concat(encodeUint(place, 20), new Uint8Array(12))
    // Not hashed: only the files are of interest, and the tree is plain data.
    const leaves = outputs.flatMap(({ infohash, owner, value }, i) => [
      { key: keyOf(i), value, name: name(owner, infohash) },
      { key: keyOf(i + count), value, name: name(owner) },
    ])
    const state = leaves.reduce<State>((tree, leaf) => insert(tree, leaf), undefined)
    const { files } = blockTorrent({ ...content, state })
    const file = files.find((one) => one.name === 'outputs.bin')
    assert.deepStrictEqual(decodeOutputs(file?.bytes ?? new Uint8Array()), outputs)
  })
})

describe('replay', () => {
  test('takes valid blocks and gives the state after them', () => {
    for (const count of [0, 1, 7, 25]) {
      const { parent, block, world, queue } = blockOf(count + 60, count)
      const verdict = replayBlock(RULES, parent, block, queue)
      assert.strictEqual(verdict.verdict, 'valid')
      assert.strictEqual(stateRoot(verdict.state), stateRoot(world.state))
      assert.deepStrictEqual(deriveHeader(RULES, parent, TARGET, ...partsOf(block)), block.sealed.header)
    }
  })

  test('names the first step whose state is not what follows', () => {
    const { parent, block, queue } = blockOf(70, 10)
    for (const wrong of [0, 4, 9]) {
      const states = block.states.slice()
      states[32 * wrong + 5] = (states[32 * wrong + 5] ?? 0) ^ 1
      const verdict = replayBlock(RULES, parent, { ...block, states }, queue)
      assert.partialDeepStrictEqual(verdict, { verdict: 'invalid', step: wrong, problem: 'WrongState' })
    }
    assert.throws(() => replayBlock(RULES, parent, { ...block, states: block.states.subarray(1) }, queue), {
      code: 'bad-steps',
    })
  })

  test('names the first step that is invalid', () => {
    const { parent, block, queue } = blockOf(71, 9)
    const steps = splitSteps(block.steps)
    const last = steps.at(-1) ?? new Uint8Array()
    const twice = {
      ...block,
      steps: concat(block.steps, last),
      states: concat(block.states, block.states.subarray(-32)),
    }
    const verdict = replayBlock(RULES, parent, twice, queue)
    assert.partialDeepStrictEqual(verdict, { verdict: 'invalid', step: 9, problem: 'MissingInput' })
  })

  test('judges a void by the forced transaction behind it, and says unknown where it does not have it', () => {
    const { parent, world } = blockOf(72, 0)
    const valid = world.transaction()
    const voided = (packed: Uint8Array) => {
      const step = encodeStep({ kind: 'void', fee: toGwei(1n), packedHash: toHash(keccak(packed)) })
      const { block, header } = assembleBlock(RULES, parent, TARGET, [{ step, after: parent.state }])
      return { ...block, sealed: { header, seal: { miner: RULES.token, nonce: ZERO_HASH as Hash } } }
    }
    const forced = (packed: Uint8Array) => (): QueueEntry => ({ kind: 'forced', fee: toGwei(1n), packed })
    const wrong = replayBlock(RULES, parent, voided(valid.packed), forced(valid.packed))
    assert.partialDeepStrictEqual(wrong, { verdict: 'invalid', step: 0, problem: 'WrongVoid' })
    const garbage = valid.packed.slice()
    garbage[20] = (garbage[20] ?? 0) ^ 1
    assert.strictEqual(applyStep(RULES, parent.state, 0n, concat(Uint8Array.of(4), garbage)).reason === 'None', false)
    assert.strictEqual(replayBlock(RULES, parent, voided(garbage), forced(garbage)).verdict, 'valid')
    assert.strictEqual(replayBlock(RULES, parent, voided(garbage), () => undefined).verdict, 'unknown')
    assert.strictEqual(replayBlock(RULES, parent, voided(garbage), forced(valid.packed)).verdict, 'unknown')
    assert.deepStrictEqual(toBytes(toHash(keccak(garbage))).length, 32)
  })
})
