// Pursuits of wrong blocks: none waits for another, those that rest or hang take no room, and in spite of every lie the block dies and its case ends.
// All of them play in one made-up scene, which makes the file long.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Cases } from '../../../../miner/watch/cases.ts'
import { type PursuitOptions, Pursuits } from '../../../../miner/watch/pursuits.ts'
import { isRefusal } from '../../../../node/ethereum/refusals.ts'
import type { Refutation } from '../../../../node/ethereum/refute-call.ts'
import type { Endpoint } from '../../../../node/ethereum/sending/endpoint.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { createLogger } from '../../../../node/log.ts'
import { type Hash, parseHash } from '../../../../node/protocol/ids.ts'
import { toGasPrice, toTime } from '../../../../node/protocol/units.ts'
import { Troubles } from '../../../../node/trouble.ts'
import { LIES, PLACES } from '../../../support/sending/lies.ts'
import { refusal } from '../../../support/sending/made-up-chain.ts'
import { Scene } from '../../../support/sending/scene.ts'
import { wrongBlock } from './wrong-block.ts'

const { id, refutation } = wrongBlock(1)
const DAY = 86_400n
/** How much faster than ours the clock is by which pursuits rest, where a test does not set it. */
const HASTE = 200

/** Lies that never end, so that the case of a dead block stays open. */
const ENDLESS = /alive for ever|world of its own/

for (const [place, kinds] of Object.entries(PLACES)) {
  test(`${place} lies: the block dies, and its case is closed when it is dead and not before`, {
    concurrency: 4,
  }, async (t) => {
    const tests = Object.entries(LIES).map(([name, lie]) =>
      t.test(name, async (t) => {
        const scene = new Scene(t)
        const { chain } = scene
        const endpoints = kinds.map((kind, i) => chain.endpoint(`${kind} ${i}`, kind === 'liar' ? lie : undefined))
        const started = Date.now()
        const { pursuits, cases } = open(t, endpoints, {
          sender: scene.sender(),
          now: () => started + HASTE * (Date.now() - started),
        })
        const opened = cases.open(id, 'wrong', toTime(chain.time + DAY), '')
        /** A look of the watcher: the block is alive in somebody's eyes. */
        const look = () => {
          assert.ok(chain.isDead || cases.get(id)?.state === 'open', 'the case of a living block is closed')
          if (cases.get(id)?.state !== 'killed') pursuits.begin(opened, async () => refutation)
        }
        await scene.mineUntil('the death', () => {
          look()
          return chain.isDead
        })
        const liars = kinds.filter((kind) => kind === 'liar').length
        assert.ok(chain.included.length <= 1 + liars, `${chain.included.length} transactions: one for each at most`)
        if (ENDLESS.test(name)) return
        await scene.mineUntil('the end of the case', () => {
          look()
          return cases.get(id)?.state === 'killed'
        })
      }),
    )
    await Promise.all(tests)
  })
}

test('a block that is handed in under another name of its own is under way already', async (t) => {
  const { pursuits, cases } = open(t, [])
  let begun = 0
  const prove = () => {
    begun += 1
    return new Promise<never>((_, reject) => void delay(1).then(() => reject(new Error('nothing to prove'))))
  }
  const first = caseOf(cases, 1)
  const other = `0x${'ab'.repeat(8)}${first.block.slice(18)}` as Hash
  pursuits.begin(first, prove)
  pursuits.begin({ ...first, block: other }, prove)
  assert.deepEqual([pursuits.isUnderWay(first.block), pursuits.isUnderWay(other), begun], [true, true, 1])
  await pursuits.ended()
  pursuits.begin({ ...first, block: other }, prove)
  assert.equal(begun, 1, 'it rests under each of its names')
})

test('the first sixteen are begun in their order, and the others when there is room', async (t) => {
  const { pursuits, cases } = open(t, [])
  const begun: string[] = []
  const ends: (() => void)[] = []
  const look = () => {
    for (let i = 0; i < 20; i++) {
      pursuits.begin(caseOf(cases, i), () => {
        begun.push(`${i}`)
        return new Promise((_, reject) => ends.push(() => reject(new Error('nothing to prove'))))
      })
    }
  }
  look()
  assert.deepEqual(begun, numbers(0, 16))
  assert.ok(pursuits.isFull && pursuits.isUnderWay(blockOf(0)) && !pursuits.isUnderWay(blockOf(16)))
  look()
  assert.deepEqual(begun, numbers(0, 16))
  ends[3]?.()
  ends[7]?.()
  await until('two to end', () => !pursuits.isFull)
  await until('both to be over', () => !pursuits.isUnderWay(blockOf(3)) && !pursuits.isUnderWay(blockOf(7)))
  look()
  assert.deepEqual(begun, numbers(0, 18))
})

test('those that rest take no room, so that one which is more urgent is begun at once', async (t) => {
  const clock = { now: 0 }
  const { pursuits, cases } = open(t, [], { now: () => clock.now })
  const begun: string[] = []
  const look = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      pursuits.begin(caseOf(cases, i), async () => {
        begun.push(`${i}`)
        throw new Error('nothing to prove')
      })
    }
  }
  look(0, 16)
  await pursuits.ended()
  look(0, 20)
  assert.deepEqual(begun, numbers(0, 20))
  await pursuits.ended()
  look(0, 20)
  assert.deepEqual(begun, numbers(0, 20))
  clock.now += 5_000
  look(0, 3)
  assert.deepEqual(begun, [...numbers(0, 20), ...numbers(0, 3)])
})

test('one that never ends makes room, rests, and is begun again', async (t) => {
  const clock = { now: 0 }
  const { pursuits, cases, lines } = open(t, [], { now: () => clock.now }, { most: 1, turnMs: 50 })
  let proofs = 0
  const hang = () => {
    proofs += 1
    return new Promise<Refutation>(() => undefined)
  }
  pursuits.begin(caseOf(cases, 0), hang)
  assert.ok(pursuits.isFull)
  await pursuits.ended()
  assert.ok(!pursuits.isFull)
  assert.ok(lines.some(({ code }) => code === 'refutation-unfinished'))
  pursuits.begin(caseOf(cases, 0), hang)
  assert.equal(proofs, 1)
  clock.now += 5_000
  pursuits.begin(caseOf(cases, 0), hang)
  assert.equal(proofs, 2)
})

test('what nobody has handed in for an hour is forgotten, with its rests', async (t) => {
  const clock = { now: 0 }
  const { pursuits, cases } = open(t, [], { now: () => clock.now })
  let begun = 0
  const fail = async (i: number) => {
    pursuits.begin(caseOf(cases, i), async () => {
      if (i === 0) begun += 1
      throw new Error('nothing to prove')
    })
    await pursuits.ended()
  }
  await fail(0)
  clock.now += 5_000 + 3_600_001
  // Whatever comes to nothing meanwhile.
  await fail(1)
  await fail(0)
  clock.now += 5_000
  await fail(0)
  assert.equal(begun, 3, 'as after the first time')
})

test('an endpoint that never answers holds up no place for longer than a turn, nor any other pursuit', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  const hanging = chain.endpoint('hangs', LIES['hangs'])
  const { pursuits, cases } = open(t, [hanging], { sender: scene.sender() }, { most: 1, turnMs: 100 })
  pursuits.begin(caseOf(cases, 0), async () => refutation)
  await pursuits.ended()
  assert.ok(!pursuits.isFull)
})

test('how endpoints differ is told once, and again only where it has changed', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  chain.isFull = true
  const clock = { now: 0 }
  const code = { now: 'StepIsRight' }
  const refuses = chain.endpoint('liar', () => ({ simulate: () => Promise.reject(refusal(code.now)) }))
  const deps = { now: () => clock.now, sender: scene.sender() }
  const { pursuits, cases, lines } = open(t, [chain.endpoint('honest'), refuses], deps, { turnMs: 50 })
  const told = () => lines.filter(({ msg }) => /endpoints differ/.test(msg)).map(({ doubts }) => doubts)
  const turn = async () => {
    pursuits.begin(caseOf(cases, 0), async () => refutation)
    await pursuits.ended()
    clock.now += 60_000
  }
  for (let turns = 0; turns < 3; turns++) await turn()
  assert.deepEqual(told(), [[{ endpoint: 'liar', code: 'StepIsRight' }]])
  code.now = 'UnknownBlock'
  await turn()
  assert.deepEqual(told()[1], [{ endpoint: 'liar', code: 'UnknownBlock' }])
})

test('what all call dead is closed without a transaction, and what none accepts is a trouble with its reason', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  const both = [chain.endpoint('one'), chain.endpoint('two')]
  const { pursuits, cases, troubles } = open(t, both, { sender: scene.sender() })
  chain.isDead = true
  pursuits.begin(caseOf(cases, 0), async () => refutation)
  await pursuits.ended()
  assert.deepEqual([cases.get(blockOf(0))?.state, cases.get(blockOf(0))?.by], ['killed', 'others'])
  chain.isDead = false
  chain.isWrong = false
  pursuits.begin(caseOf(cases, 1), async () => refutation)
  await pursuits.ended()
  assert.ok(isRefusal(troubles.first(), 'StepIsRight'))
  assert.equal(chain.included.length, 0)
})

test('after an end that was good a block rests as it did at first', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  const clock = { now: 0 }
  const { pursuits, cases } = open(t, [chain.endpoint('one')], { now: () => clock.now })
  const nothing = () => Promise.reject(new Error('nothing to prove'))
  const turn = async (prove: () => Promise<Refutation>) => {
    pursuits.begin(caseOf(cases, 0), prove)
    const isBegun = pursuits.isUnderWay(blockOf(0))
    await pursuits.ended()
    return isBegun
  }
  chain.isDead = true
  const turns: boolean[] = []
  for (const prove of [nothing, async () => refutation, nothing, nothing]) {
    turns.push(await turn(prove))
    clock.now += 5_000
  }
  assert.deepEqual(turns, [true, true, true, true])
})

test('what was killed and lives again is open while it is pursued', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  chain.isFull = true
  const { pursuits, cases } = open(t, [chain.endpoint('one')], { sender: scene.sender() })
  const opened = caseOf(cases, 0)
  cases.close({ ...opened, by: 'us' })
  pursuits.begin(opened, async () => refutation)
  await until('it to be sent', () => chain.waiting.length === 1)
  assert.equal(cases.get(opened.block)?.state, 'open')
})

test('a refutation pays more than the cap when its deadline is near', async (t) => {
  const GWEI = 1_000_000_000n
  const scene = new Scene(t)
  const { chain } = scene
  chain.baseFee = 40n * GWEI
  const sender = scene.sender({ maxFeePerGas: toGasPrice(30n * GWEI) })
  const { pursuits, cases } = open(t, [chain.endpoint('one')], { sender })
  pursuits.begin(cases.open(id, 'wrong', toTime(chain.time + 7_200n), ''), async () => refutation)
  await scene.mineUntil('the death', () => chain.isDead)
  assert.ok((chain.included[0]?.price ?? 0n) > 30n * GWEI)
})

test('a refutation that always fails is repeated to the end, in rests of an eighth of what is left at most', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  chain.isWrong = false
  const accepts = chain.endpoint('liar', () => ({ simulate: async () => undefined }))
  const started = Number(chain.time)
  const clock = { seconds: started }
  const { pursuits, cases } = open(t, [accepts, chain.endpoint('honest')], {
    sender: scene.sender(),
    now: () => 1_000 * clock.seconds,
  })
  const LEFT = 800
  const deadline = chain.time + BigInt(LEFT)
  const opened = cases.open(id, 'wrong', toTime(deadline), '')
  const at: number[] = []
  for (; clock.seconds <= started + LEFT + 1_300; clock.seconds++) {
    chain.time = BigInt(clock.seconds)
    pursuits.begin(opened, async () => {
      at.push(clock.seconds - started)
      return refutation
    })
    while (pursuits.isUnderWay(id)) {
      await delay(5)
      chain.mine()
      chain.time = BigInt(clock.seconds)
    }
  }
  const before = at.filter((seconds) => seconds < LEFT)
  for (const [i, seconds] of before.entries()) {
    const next = at[i + 1]
    const longest = Math.max((LEFT - seconds) / 8, 1) + 2
    assert.ok(next !== undefined && next - seconds <= longest, `${next} comes late after ${seconds}`)
  }
  assert.ok(before.length >= 20 && before.length <= 60, `${before.length} before the deadline`)
  const after = at.length - before.length
  assert.ok(after >= 2 && after <= 4, `${after} in twenty minutes past it`)
  assert.equal(cases.get(id)?.failures, at.length)
  assert.ok(chain.included.every(({ fate }) => fate === 'reverted'))
})

test('what a liar has sent in vain counts as a failure, and rests like one', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  let proofs = 0
  // In its world every attempt has lost its nonce to another by the next run.
  const liar = chain.endpoint('liar', (honest) => ({
    ...LIES['lives in a world of its own']?.(honest, chain),
    nonce: async () => 100 * proofs,
  }))
  const clock = { now: 1_000 * Number(chain.time) }
  const deps = { now: () => clock.now, sender: scene.sender() }
  const { pursuits, cases } = open(t, [liar, chain.endpoint('honest')], deps)
  const opened = cases.open(id, 'wrong', toTime(chain.time + DAY), '')
  const prove = async () => {
    proofs += 1
    return refutation
  }
  for (const restMs of [15_000, 30_000, 60_000]) {
    const before = proofs
    pursuits.begin(opened, prove)
    await scene.mineUntil('the turn to end', () => !pursuits.isUnderWay(id))
    clock.now += restMs - 1
    pursuits.begin(opened, prove)
    assert.deepEqual([proofs, pursuits.isUnderWay(id)], [before + 1, false])
    clock.now += 1
  }
  assert.ok(chain.isDead)
  assert.deepEqual([cases.get(id)?.failures, cases.get(id)?.state], [3, 'open'])
})

test('a pursuit that is stopped leaves nothing under way', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  chain.isFull = true
  const { pursuits, cases, stop } = open(t, [chain.endpoint('one')], { sender: scene.sender() })
  pursuits.begin(caseOf(cases, 0), async () => refutation)
  await until('it to be sent', () => chain.waiting.length === 1)
  stop()
  await pursuits.ended()
  assert.ok(!pursuits.isUnderWay(blockOf(0)))
})

type Line = { readonly msg: string; readonly code?: string; readonly doubts?: unknown }

function open(
  t: TestContext,
  endpoints: readonly Endpoint[],
  { now = Date.now, sender }: { now?: () => number; sender?: TransactionSender } = {},
  options: PursuitOptions = {},
) {
  const stop = new AbortController()
  const lines: Line[] = []
  const log = createLogger(
    { level: 'info', json: true, colors: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  const cases = new Cases(log)
  const troubles = new Troubles<string>(log, stop.signal)
  const pursuits = new Pursuits(
    { log, now, cases, troubles, endpoints, signal: stop.signal, ...(sender && { sender }) },
    { answerMs: 100, ...options },
  )
  const end = () => stop.abort(new Error('enough'))
  t.after(async () => {
    end()
    await pursuits.ended()
  })
  return { pursuits, cases, troubles, lines, stop: end }
}

function blockOf(i: number): Hash {
  return parseHash(`0x${i.toString(16).padStart(64, 'b')}`)
}

function caseOf(cases: Cases, i: number) {
  return cases.open(blockOf(i), 'wrong', toTime(2n ** 33n), '')
}

function numbers(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, i) => `${from + i}`)
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let looks = 0; !isTrue(); looks++) {
    if (looks === 2_000) throw new Error(`waited in vain for ${what}`)
    await delay(5)
  }
}
