// What a miner knows of the races of its own blocks: read only while there is something to lose, and seldom while that takes long.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Defence } from '../../../../miner/defence/defence.ts'
import { type Publication, publicationId } from '../../../../miner/journal.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { encodeSealed, genesisBlock } from '../../../../node/protocol/header.ts'
import { type Hash, type Infohash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { workOf } from '../../../../node/protocol/target.ts'
import { toBaseUnits, toTime, toWei } from '../../../../node/protocol/units.ts'
import { accountOf, pay, World } from '../../../../scripts/assure/models/world.ts'
import { FINAL, idOf } from './tree.ts'

const { rules } = new World(1)
const never = new AbortController().signal
const TARGET = 2n ** 240n
const FEE = 10n ** 16n
const NOTHING = { steps: new Uint8Array(), states: new Uint8Array() }

test('without published blocks that earn something the tree is not read', async () => {
  const scene = open([entry(1, { stage: 'final' }), entry(2, { stage: 'submitted' }), entry(3, { body: NOTHING })])
  assert.equal(scene.defence.firsts(toTime(0n)), undefined)
  await scene.defence.look(never)
  assert.equal(scene.reads, 0)
  assert.deepEqual([...(scene.defence.firsts(toTime(0n)) ?? [])], [])
})

test('a rival beside an own block is seen, with what there is to lose', async () => {
  const mine = entry(1)
  const scene = open([mine])
  scene.blocks = [seen(mine), seen(entry(2), { publishedAt: 60 })]
  await scene.defence.look(never)
  assert.deepEqual([...(scene.defence.firsts(toTime(22n * 3_600n)) ?? [])], [publicationId(mine)])
  assert.deepEqual([...(scene.defence.firsts(toTime(22n * 3_600n + 1n)) ?? [])], [])
  const [stand] = scene.defence.stands(toTime(3_600n), 0)
  assert.ok(stand)
  const { expense, ...stake } = scene.defence.stake(stand)
  assert.deepEqual(stake, {
    blocks: 1,
    fee: toBaseUnits(FEE),
    queueFees: 0n,
    defences: 0,
    spent: { gas: 0n, blobs: 0 },
  })
  assert.ok(expense.gas > 170_000n && expense.blobs === 0)
})

test('an own block that is not first, was refuted, or is not judged has nothing to lose', async () => {
  const mine = entry(1)
  const rival = seen(entry(2), { publishedAt: 60 })
  for (const fate of [{ publishedAt: 90 }, { refuted: true }, { verdict: 'unknown' }, { verdict: 'displaced' }]) {
    const scene = open([mine])
    scene.blocks = [seen(mine, fate), rival]
    await scene.defence.look(never)
    assert.deepEqual(scene.defence.stands(toTime(3_600n), 0), [])
  }
})

test('earlier defences count as spent, in the same race only, and only once they are on Ethereum', async () => {
  const mine = entry(1)
  const id = publicationId(mine)
  const none = { body: NOTHING, fee: toBaseUnits(0n) }
  const entries = [
    mine,
    entry(2, { ...none, defends: id }),
    entry(3, { ...none, defends: id, stage: 'lost' }),
    entry(4, { ...none, defends: idOf('another') }),
    entry(5, { ...none, defends: id, stage: 'submitted', publishedAt: undefined }),
  ]
  const scene = open(entries)
  scene.blocks = [seen(mine), seen(entry(9), { publishedAt: 60 })]
  await scene.defence.look(never)
  const [stand] = scene.defence.stands(toTime(3_600n), 0)
  assert.ok(stand)
  const { defences, spent } = scene.defence.stake(stand)
  assert.deepEqual([defences, spent], [2, { gas: 340_000n, blobs: 0 }])
})

test('a look that took long is repeated the later', async () => {
  const scene = open([entry(1)])
  scene.tookMs = 500
  await scene.defence.look(never)
  scene.nowMs += 4_999
  await scene.defence.look(never)
  assert.equal(scene.reads, 1)
  scene.nowMs += 1
  await scene.defence.look(never)
  assert.equal(scene.reads, 2)
})

test('a node that is not live is not believed, and what was known stays', async () => {
  const mine = entry(1)
  const scene = open([mine])
  scene.blocks = [seen(mine), seen(entry(2), { publishedAt: 60 })]
  await scene.defence.look(never)
  scene.blocks = []
  scene.state = 'syncing'
  await assert.rejects(scene.defence.look(never), { code: 'node-not-ready', retry: true })
  assert.equal(scene.defence.stands(toTime(3_600n), 0).length, 1)
  scene.state = 'live'
  await scene.defence.look(never)
  assert.equal(scene.defence.stands(toTime(3_600n), 0).length, 0)
})

type Seen = { readonly id: Hash; readonly publishedAt: number; readonly verdict: string; readonly refuted: boolean }

function open(entries: readonly Publication[]) {
  const scene = {
    blocks: [] as readonly Seen[],
    state: 'live',
    reads: 0,
    nowMs: 1_000,
    tookMs: 0,
  }
  const node: NodeClient = {
    url: 'none',
    call: async () => {
      scene.reads += 1
      scene.nowMs += scene.tookMs
      return { status: { state: scene.state, final: { id: FINAL, height: 0n } }, blocks: scene.blocks } as never
    },
  }
  const defence = new Defence({ node, journal: { entries: () => entries }, now: () => scene.nowMs })
  return Object.assign(scene, { defence })
}

/** As the node tells of it. */
function seen(own: Publication, fate: Partial<Seen> = {}): Seen {
  const rest = { parent: FINAL, target: TARGET, work: workOf(TARGET) }
  return { id: publicationId(own), publishedAt: 0, verdict: 'valid', refuted: false, ...rest, ...fate }
}

/** An own block with one request. */
function entry(time: number, other: { [Key in keyof Publication]?: Publication[Key] | undefined } = {}): Publication {
  const { header } = genesisBlock({
    ...rules,
    easiestTarget: TARGET,
    state: ZERO_HASH,
  })
  const seal = { miner: rules.token, nonce: ZERO_HASH }
  const earned = other.body === NOTHING ? {} : { requestCount: 1, fee: toBaseUnits(FEE) }
  const sealed = encodeSealed({
    header: { ...header, parent: FINAL, height: BigInt(time), target: TARGET, stepCount: 1, ...earned },
    seal,
  })
  const holder = accountOf('holder')
  const bridge = { chain: rules.chain, to: holder.address }
  const tx = pay(
    holder,
    { to: rules.bridge, tokens: 100n * FEE, time, prev: ['00'.repeat(20) as Infohash], bridge },
    rules,
  )
  const steps = encodeStep({ kind: 'transaction', packed: tx.packed })
  const known = {
    version: 2 as const,
    stage: 'published' as const,
    foundMs: time,
    sinceMs: 0,
    parent: sealed,
    sealed,
    body: { steps, states: new Uint8Array(32) },
  }
  const rest = { fee: toBaseUnits(FEE), attempts: [], bond: toWei(1n), publishedAt: 0 }
  return { ...known, ...rest, ...other } as Publication // a test may leave a member out
}
