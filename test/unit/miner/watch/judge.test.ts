// The judge on chains of forged blocks without Ethereum: its own states, however far down they have to be rebuilt, and nobody's word for a verdict.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Evidence } from '../../../../miner/watch/evidence/evidence.ts'
import type { Source } from '../../../../miner/watch/evidence/source.ts'
import { Judge } from '../../../../miner/watch/judge.ts'
import { encodeRefutation } from '../../../../node/ethereum/refute-call.ts'
import type { ParentBlock } from '../../../../node/protocol/block.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, genesisBlock } from '../../../../node/protocol/header.ts'
import { type Hash, type Infohash, toHash } from '../../../../node/protocol/ids.ts'
import { outputsOf, stateRoot } from '../../../../node/protocol/state.ts'
import type { Step } from '../../../../node/protocol/step.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { log } from '../../../support/log.ts'
import { FakeKzg } from '../../../support/miner/fake-kzg.ts'
import { type Forged, forge } from '../../../support/miner/forge.ts'

const holder = accountOf('holder')
const genesis = genesisOf(holder)
/** No work at all: nobody asks for it here. */
const easiestTarget = 2n ** 256n - 1n
const rootState = genesisState(genesis)
const rootBlock = genesisBlock({ ...RULES, easiestTarget, state: stateRoot(rootState) })
const root: ParentBlock = { id: blockId(rootBlock), header: rootBlock.header, state: rootState }
const { signal } = new AbortController()
const NOTHING: ReadonlySet<Hash> = new Set()

test('a right block is right, a wrong one is wrong at its step, and what stands on it is doomed', async () => {
  const world = new Chain()
  const [one] = world.grow(1)
  assert.ok(one)
  const wrong = world.wrong(one.next)
  const above = world.add(forge(RULES, wrong.next, [], easiestTarget, holder.address))
  const higher = world.add(forge(RULES, above.next, [], easiestTarget, holder.address))
  const judge = world.judge()
  const { verdict, ...rest } = await judge.judge(wrong.next.id, signal)
  assert.equal(verdict, 'invalid')
  assert.partialDeepStrictEqual(rest, { step: 0, problem: 'MissingInput' })
  assert.deepEqual(await judge.judge(one.next.id, signal), { verdict: 'valid' })
  assert.deepEqual(await judge.judge(higher.next.id, signal), { verdict: 'doomed', by: wrong.next.id })
  assert.deepEqual(await judge.judge(above.next.id, signal), { verdict: 'doomed', by: wrong.next.id })
  assert.deepEqual(await judge.judge(root.id, signal), { verdict: 'valid' })
})

test('the queue is read as far back as a replay needs: a grandparent with void steps, five hundred entries below', async () => {
  const world = new Chain()
  const grandparent = world.voids(root, 20)
  // Blocks in between consume this many entries, the last block more of them than it has to; the judge replays it all.
  let tip = grandparent.next
  for (const count of [30, 30, 440]) tip = world.voids(tip, count).next
  const wrong = world.wrong(tip)
  world.finals.add(root.id)
  const judge = world.judge()
  const { verdict } = await judge.judge(wrong.next.id, signal)
  assert.equal(verdict, 'invalid')
  assert.ok(world.entriesAsked.has(0n) && world.entriesAsked.has(519n))
  assert.equal(world.entriesAsked.size, 520, 'and nothing else')
})

test('a block that calls void what is valid is wrong, and its proof holds the transaction', async () => {
  const world = new Chain()
  const { packed } = pay(holder, {
    to: accountOf('payee').address,
    tokens: 5n,
    time: 1,
    prev: [genesisInfohash(genesis)],
  })
  const wrong = world.voids(root, 1, packed)
  const judge = world.judge()
  assert.partialDeepStrictEqual(await judge.judge(wrong.next.id, signal), { verdict: 'invalid', problem: 'WrongVoid' })
  assert.deepEqual((await judge.prove(wrong.next.id, signal)).proof.forced, packed)
})

for (const keptSteps of [0, 1, 5, 1_000]) {
  test(`verdicts are the same with ${keptSteps} steps kept of states, and what was dropped is rebuilt`, async () => {
    const world = new Chain()
    world.finals.add(root.id)
    const trunk = world.grow(12)
    const branch = world.grow(6, trunk[3]?.next)
    const wrong = [trunk[11], branch[5], trunk[0]].map((on) => world.wrong(on?.next ?? root, 'thief'))
    const judge = world.judge({ keptSteps })
    judge.keep(new Set(world.blocks.keys()), new Set([root.id]))
    await judge.hold(root.id, signal)
    for (const { next } of [...trunk, ...branch]) {
      assert.deepEqual(await judge.judge(next.id, signal), { verdict: 'valid' })
    }
    for (const { next } of wrong) {
      assert.equal((await judge.judge(next.id, signal)).verdict, 'invalid')
      assert.match(encodeRefutation(await judge.prove(next.id, signal)), /^0x/)
    }
  })
}

test('the state after the final block is taken from whoever has it; else it is replayed from where that ends, down to genesis', async () => {
  const world = new Chain()
  const trunk = world.grow(10)
  const final = trunk[8]
  assert.ok(final)
  for (const { next } of trunk.slice(0, 9)) world.finals.add(next.id)
  const wrong = world.wrong(final.next)
  for (const served of [[8], [3], []]) {
    world.served.clear()
    world.bodies.clear()
    for (const i of served) world.served.add(trunk[i]?.next.id ?? root.id)
    assert.equal((await world.judge().judge(wrong.next.id, signal)).verdict, 'invalid')
    const lowest = served[0] ?? 0
    const asked = trunk.flatMap(({ next }, i) => (world.bodies.has(next.id) ? [i] : []))
    assert.deepEqual(
      asked,
      Array.from({ length: 9 - lowest }, (_, i) => lowest + i),
    )
  }
})

test('a wrong state for the final block is no state, and ends nothing', async () => {
  const world = new Chain()
  const trunk = world.grow(4)
  const final = trunk[3]
  assert.ok(final)
  for (const { next } of trunk) world.finals.add(next.id)
  world.served.add(final.next.id)
  world.lies.set(final.next.id, trunk[0]?.next ?? root)
  const wrong = world.wrong(final.next)
  assert.equal((await world.judge().judge(wrong.next.id, signal)).verdict, 'invalid')
})

test('what is alive is judged, whoever serves a state for it, or calls it final', async () => {
  const world = new Chain()
  const wrong = world.wrong(root)
  const above = world.add(forge(RULES, wrong.next, [], easiestTarget, holder.address))
  world.finals.add(root.id)
  // The state that it states is there for everybody who asks.
  world.served.add(wrong.next.id)
  world.finals.add(wrong.next.id)
  const judge = world.judge()
  judge.keep(new Set([wrong.next.id, above.next.id]), new Set([root.id]))
  assert.deepEqual(await judge.judge(above.next.id, signal), { verdict: 'doomed', by: wrong.next.id })
})

test('a wrong block that somebody calls final is found out with its verdict, and with it whatever was built on it', async () => {
  const world = new Chain()
  const wrong = world.wrong(root)
  const above = world.add(forge(RULES, wrong.next, [], easiestTarget, holder.address))
  world.finals.add(root.id)
  world.served.add(wrong.next.id)
  const judge = world.judge()
  judge.keep(new Set([wrong.next.id, above.next.id]), new Set([root.id, wrong.next.id]))
  assert.deepEqual(await judge.judge(above.next.id, signal), { verdict: 'valid' }, 'on the word of the liar')
  assert.equal((await judge.judge(wrong.next.id, signal)).verdict, 'invalid')
  assert.deepEqual(await judge.judge(above.next.id, signal), { verdict: 'doomed', by: wrong.next.id })
})

test('a block that nobody has all of is unknown, and judged once somebody has; one that nobody knows is an error', async () => {
  const world = new Chain()
  const [below, block] = world.grow(2)
  assert.ok(below && block)
  const judge = world.judge()
  world.broken = true
  const judgement = await judge.judge(block.next.id, signal)
  assert.ok(judgement.verdict === 'unknown')
  assert.match(judgement.why, /got it from none/)
  world.broken = false
  world.blocks.delete(below.next.id)
  const unknown = await judge.judge(block.next.id, signal)
  assert.ok(unknown.verdict === 'unknown')
  assert.match(unknown.why, new RegExp(below.next.id))
  world.add(below)
  assert.deepEqual(await judge.judge(block.next.id, signal), { verdict: 'valid' })
  const nobody = toHash(keccak(Uint8Array.of(1)))
  await assert.rejects(judge.judge(nobody, signal), { code: 'unknown-block' })
})

test('a header that no bridge can have taken is never judged, though its hash is right', async () => {
  const world = new Chain()
  const odd: ParentBlock = { ...root, header: { ...root.header, height: 7n } }
  const leap = world.add(forge(RULES, odd, [], easiestTarget, holder.address))
  const richer = { ...root, header: { ...root.header, state: toHash(keccak(Uint8Array.of(2))) } }
  const jump = world.add(forge(RULES, richer, [], easiestTarget, holder.address))
  for (const { next } of [leap, jump]) {
    const judgement = await world.judge().judge(next.id, signal)
    assert.ok(judgement.verdict === 'unknown')
    assert.match(judgement.why, /it was made up/)
  }
})

test('verdicts are kept as long as the block lives, and what is judged by several at once is replayed once', async () => {
  const world = new Chain()
  world.finals.add(root.id)
  const trunk = world.grow(3)
  const ids = trunk.map(({ next }) => next.id)
  const [, , top] = ids
  assert.ok(top)
  const judge = world.judge()
  judge.keep(new Set(ids), new Set([root.id]))
  const [first, again] = await Promise.all([top, top, ...ids].map((id) => judge.judge(id, signal)))
  assert.equal(first, again, 'it is one and the same')
  assert.deepEqual(judge.verdictOn(top), { verdict: 'valid' })
  world.blocks.clear()
  assert.deepEqual(await judge.judge(top, signal), { verdict: 'valid' })
  judge.keep(NOTHING, new Set([top]))
  assert.deepEqual(judge.verdictOn(top), { verdict: 'valid' })
  judge.keep(NOTHING, NOTHING)
  assert.equal(judge.verdictOn(top), undefined)
})

test('a stop ends a judgement', async () => {
  const world = new Chain()
  const blocks = world.grow(3)
  const stop = new AbortController()
  stop.abort(new RangeError('stopped'))
  await assert.rejects(world.judge().judge(blocks[2]?.next.id ?? root.id, stop.signal), { message: 'stopped' })
})

/** Forged blocks, and one source that has what a test lets it have. */
class Chain {
  readonly blocks = new Map<Hash, Forged>()
  readonly finals = new Set<Hash>()
  /** After which blocks it has the state, and after which it serves that of another one. */
  readonly served = new Set<Hash>()
  readonly lies = new Map<Hash, ParentBlock>()
  /** What it was asked for. */
  readonly bodies = new Set<Hash>()
  readonly entriesAsked = new Set<bigint>()
  broken = false
  readonly #queue: Uint8Array[] = []
  readonly #last = new Map<Hash, Infohash>([[root.id, genesisInfohash(genesis)]])

  judge(options: { readonly keptSteps?: number } = {}): Judge {
    const source: Source = {
      name: 'the chain of the test',
      limitMs: 1_000,
      block: async (id) => {
        if (this.broken) throw new TypeError('broken')
        this.bodies.add(id)
        return this.blocks.get(id)
      },
      forced: async (indices) => {
        for (const index of indices) this.entriesAsked.add(index)
        return new Map(indices.map((index) => [index, this.#queue[Number(index)] ?? new Uint8Array()]))
      },
      isFinal: async (id) => this.finals.has(id),
      snapshot: async (id) => {
        const of = this.lies.get(id) ?? this.blocks.get(id)?.next
        return this.served.has(id) && of ? outputsOf(of.state) : undefined
      },
    }
    const kzg = new FakeKzg()
    const start = { sealed: rootBlock, transaction: genesis }
    const evidence = new Evidence({ sources: [source], log, blobs: kzg, genesis: start })
    return new Judge({ evidence, rules: RULES, log, kzg }, options)
  }

  add(block: Forged): Forged {
    this.blocks.set(block.next.id, block)
    return block
  }

  /** Right blocks, each with two payments on the one before. */
  grow(count: number, on: ParentBlock = root): Forged[] {
    const grown: Forged[] = []
    for (let i = 0; i < count; i++) {
      const parent = grown.at(-1)?.next ?? on
      let last = this.#last.get(parent.id) ?? genesisInfohash(genesis)
      const steps = [0, 1].map((time): Step => {
        const to = accountOf(`${this.blocks.size} ${time}`).address
        const { packed, infohash } = pay(holder, { to, tokens: 5n, time, prev: [last] })
        last = infohash
        return { kind: 'transaction', packed }
      })
      const block = this.add(forge(RULES, parent, steps, easiestTarget, holder.address))
      this.#last.set(block.next.id, last)
      grown.push(block)
    }
    return grown
  }

  wrong(parent: ParentBlock, name = 'thief'): Forged {
    const thief = accountOf(name)
    const { packed } = pay(thief, { to: thief.address, tokens: 1n, time: 1, prev: [genesisInfohash(genesis)] })
    return this.add(forge(RULES, parent, [], easiestTarget, holder.address, packed))
  }

  /** A block of void steps only; `packed` is what they call so, or noise. */
  voids(parent: ParentBlock, count: number, packed?: Uint8Array): Forged {
    const steps = Array.from({ length: count }, (): Step => {
      const entry =
        packed ??
        Uint8Array.from({ length: 127 }, (_, at) => (at < 7 ? 0 : (this.#queue.length >> (at % 2 === 0 ? 0 : 8)) % 256))
      this.#queue.push(entry)
      return { kind: 'void', fee: toGwei(10n), packedHash: toHash(keccak(entry)) }
    })
    return this.add(forge(RULES, parent, steps, easiestTarget, holder.address))
  }
}
