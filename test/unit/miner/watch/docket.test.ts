// Judging in order, for each who sees something by itself: nobody’s inventions keep us from what others see.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Docket } from '../../../../miner/watch/docket.ts'
import type { Judgement, Settled } from '../../../../miner/watch/judge.ts'
import type { LivingBlock } from '../../../../miner/watch/living.ts'
import { Names } from '../../../../miner/watch/names.ts'
import type { Seer } from '../../../../miner/watch/view.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { toTime, toWork } from '../../../../node/protocol/units.ts'
import { Troubles } from '../../../../node/trouble.ts'
import { log } from '../../../support/log.ts'
import { madeUpId } from '../../../support/miner/made-up-tree.ts'

test('a wrong only child beside four thousand light blocks that race is judged before all of them', async (t) => {
  const crowd = Array.from({ length: 4_100 }, (_, i) => living(`light ${i}`, { at: BigInt(10 + i), on: 'stale' }))
  const scene = new Scene(t.signal)
  scene.seers.push(
    seer('one', [
      living('stale', { at: 0n }),
      living('trunk', { at: 1n, work: 2n }),
      ...crowd,
      living('wrong', { at: 9_999n, work: 3n, on: 'trunk' }),
    ]),
  )
  // The two at the bottom race with each other, so that all else could be final after two days; the heaviest of it is the wrong one.
  await scene.until(() => scene.judged.length === 4_103)
  assert.deepEqual(scene.judged.slice(0, 2), ['wrong', 'trunk'])
})

test('somebody who has us ask in vain keeps nothing back that another one sees', async (t) => {
  const scene = new Scene(t.signal)
  const inventions = Array.from({ length: 1_000 }, (_, i) =>
    living(`invented ${i}`, { at: BigInt(i), work: 1_000_000n }),
  )
  for (const { id } of inventions) scene.hanging.add(id)
  const real = [living('real', { at: 5n }), living('another', { at: 6n, on: 'real' })]
  scene.seers.push(seer('liar', [...inventions, ...real]), seer('honest', real))
  await scene.until(() => scene.judged.length === 2)
  assert.deepEqual(scene.judged, ['real', 'another'])
})

test('what cannot be judged is told, keeps nobody else back, and is tried again', async (t) => {
  const scene = new Scene(t.signal)
  scene.unknown.add(madeUpId('first'))
  scene.broken.add(madeUpId('second'))
  scene.seers.push(
    seer('one', [
      living('first', { at: 0n }),
      living('second', { at: 1n, on: 'first' }),
      living('third', { at: 2n, on: 'second' }),
    ]),
  )
  await scene.until(() => scene.judged.length === 1)
  assert.deepEqual(scene.judged, ['third'])
  await scene.until(() =>
    /block 0x[0-9a-f]+ \(and 1 more\) cannot be judged now: nobody has it; it is tried again/.test(scene.problem),
  )
  scene.unknown.clear()
  scene.broken.clear()
  await scene.until(() => scene.judged.length === 3)
  await scene.until(() => scene.problem === '')
})

test('a block is new until it was judged, or tried in vain for some seconds', async (t) => {
  const scene = new Scene(t.signal)
  const [right, lost, slow] = [madeUpId('right'), madeUpId('lost'), madeUpId('slow')]
  scene.unknown.add(lost)
  scene.hanging.add(slow)
  const inVain = seer('one', [living('right', { at: 0n }), living('lost', { at: 1n })])
  scene.seers.push(inVain, seer('other', [living('slow', { at: 2n })]))
  assert.ok(scene.docket.isNew([right]))
  let passedMs = 0
  scene.now = () => passedMs
  await scene.until(() => scene.tries === 3)
  await scene.until(() => !scene.docket.isNew([right]))
  assert.ok(scene.docket.isNew([lost]), 'a node may have to read it first')
  await scene.until(() => {
    passedMs += 100
    return !scene.docket.isNew([right, lost])
  })
  assert.ok(passedMs > 5_000, `after ${passedMs} ms`)
  assert.ok(scene.docket.isNew([right, lost, slow]))
  // Somebody else's block, of which nobody here has heard.
  assert.ok(scene.docket.isNew([madeUpId('other')]))
})

test('what comes up meanwhile is put in its place', async (t) => {
  const scene = new Scene(t.signal)
  const crowd = Array.from({ length: 200 }, (_, i) => living(`light ${i}`, { at: BigInt(10 + i) }))
  const one = seer('one', crowd)
  scene.seers.push(one)
  await scene.until(() => scene.judged.length > 0)
  // It is older than all of them, or so it seems now.
  one.view = seer('one', [living('urgent', { at: 0n, work: 9n }), ...crowd]).view
  await scene.until(() => scene.judged.includes('urgent'))
  assert.ok(scene.judged.length < 150, `${scene.judged.length} were judged before`)
})

test('the state after each final block is asked for first', async (t) => {
  const scene = new Scene(t.signal)
  scene.seers.push(seer('one', [living('block', { at: 0n })]))
  await scene.until(() => scene.judged.length === 1)
  assert.ok(scene.held.includes(madeUpId('final')))
})

test('without the state after a final block what needs it not is judged all the same, and it is asked for again', async (t) => {
  const scene = new Scene(t.signal)
  scene.lacking.add(madeUpId('final'))
  scene.seers.push(seer('one', [living('block', { at: 0n })]))
  await scene.until(() => scene.judged.length === 1)
  await scene.until(() => /block 0x[0-9a-f]+ cannot be judged now: nobody has the state/.test(scene.problem))
  assert.ok(scene.trouble instanceof OperationError && scene.trouble.code === 'not-judged')
  scene.lacking.clear()
  await scene.until(() => scene.problem === '')
})

test('what cannot be judged rests for twice as long each time, a minute at most, and not once it has died and come back', async (t) => {
  const scene = new Scene(t.signal)
  const clock = { now: 0 }
  scene.now = () => clock.now
  scene.unknown.add(madeUpId('first'))
  scene.seers.push(seer('one', [living('first', { at: 0n })]))
  const rounds = async () => {
    const before = scene.held.length
    await scene.until(() => scene.held.length >= before + 3)
    return scene.tries
  }
  assert.equal(await rounds(), 1)
  let tries = 1
  for (const ms of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    clock.now += ms - 1
    assert.equal(await rounds(), tries, `before ${ms}`)
    clock.now += 1
    tries += 1
    assert.equal(await rounds(), tries, `after ${ms}`)
  }
  scene.docket.keep(new Set([madeUpId('first')]))
  assert.equal(await rounds(), tries)
  scene.docket.keep(new Set())
  assert.equal(await rounds(), tries + 1)
})

test('a block that turned out to have another name is not a trouble: the next view calls it by that', async (t) => {
  const scene = new Scene(t.signal)
  const short = madeUpId('block')
  const whole = `0x00000000ffffffff${short.slice(18)}` as Hash
  scene.unknown.add(short)
  scene.seers.push(seer('one', [living('block', { at: 0n })]))
  await scene.until(() => scene.problem.includes(short))
  scene.names.prove(whole)
  await scene.until(() => scene.problem === '')
  assert.equal(scene.judged.length, 0)
})

type Movable = { -readonly [Key in keyof Seer]: Seer[Key] }

class Scene {
  readonly seers: Movable[] = []
  readonly judged: string[] = []
  readonly held: Hash[] = []
  readonly hanging = new Set<Hash>()
  readonly unknown = new Set<Hash>()
  /** Final blocks whose state nobody has. */
  readonly lacking = new Set<Hash>()
  readonly names = new Names()
  tries = 0
  now: () => number = Date.now
  readonly docket: Docket
  readonly broken = new Set<Hash>()
  readonly #settled = new Map<Hash, Settled>()
  readonly #troubles: Troubles<string>
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor(signal: AbortSignal) {
    this.#troubles = new Troubles(log, this.#stop.signal)
    signal.addEventListener('abort', () => this.#stop.abort())
    const judge = {
      verdictOn: (id: Hash) => this.#settled.get(id),
      hold: async (id: Hash) => {
        this.held.push(id)
        if (this.lacking.has(id)) throw new OperationError('no-evidence', 'nobody has the state', { retry: true })
      },
      judge: async (id: Hash): Promise<Judgement> => {
        this.tries += 1
        await delay(0)
        if (this.hanging.has(id)) await delay(3_600_000, undefined, { signal: this.#stop.signal, ref: false })
        if (this.broken.has(id)) throw new TypeError('a bug of ours')
        if (this.unknown.has(id)) return { verdict: 'unknown', why: 'nobody has it' }
        this.judged.push(NAMES.get(id) ?? id)
        this.#settled.set(id, { verdict: 'valid' })
        return { verdict: 'valid' }
      },
    }
    const deps = {
      judge,
      names: this.names,
      seers: this.seers,
      troubles: this.#troubles,
      now: () => this.now(),
      signal: this.#stop.signal,
    }
    this.docket = new Docket(deps, 5)
  }

  get trouble(): Error | undefined {
    return this.#troubles.first()
  }

  get problem(): string {
    return this.trouble?.message ?? ''
  }

  async until(isTrue: () => boolean): Promise<void> {
    this.#running ??= this.docket.run()
    const end = Date.now() + 60_000
    while (!isTrue()) {
      if (Date.now() > end)
        throw new Error(`waited in vain; judged: ${this.judged.slice(0, 10).join(', ')}; problem: ${this.problem}`)
      await delay(2)
    }
  }
}

const NAMES = new Map<Hash, string>()

function living(
  name: string,
  { at, work = 1n, on = 'final' }: { at: bigint; work?: bigint; on?: string },
): LivingBlock {
  const id = madeUpId(name)
  NAMES.set(id, name)
  return { id, parent: madeUpId(on), publishedAt: toTime(at), work: toWork(work) }
}

function seer(name: string, blocks: readonly LivingBlock[]): Movable {
  const tree = {
    final: madeUpId('final'),
    blocks: new Map(blocks.map((block) => [block.id, block])),
    refuted: new Set<Hash>(),
  }
  return { name, view: { tree, look: 1 } }
}
