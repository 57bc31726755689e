// Attacked: all who have to judge a block in blobs, by those whom they get its blobs from. Beacon endpoints have other blobs, too few, or none, hang, or are
// something else; publications name torrents with other bytes in them.
// What must hold: without its blobs a block is unknown, right or wrong, and it is said so; a miner builds neither on it nor beside it. One source that has
// them is enough, whoever it is, and a node needs none for the blocks of its own miner. A wrong block dies, and no right one is ever accused.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Hash, parseHash } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { accountOf, randomOf } from '../../scripts/assure/models/world.ts'
import { FaultyBeacon, HARMFUL, HARMLESS, type Manner } from '../support/chain/faulty-beacon.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

/** Each way to fail, with a right and with a wrong block: the first of the pair is asked for by a source that is first in line, the other by the second. */
const GROUPS = [...Object.keys(HARMLESS), ...Object.keys(HARMFUL), 'no beacon'].flatMap((manner) => [
  { manner: manner as Manner, kinds: ['right', 'wrong'] as const },
  { manner: manner as Manner, kinds: ['wrong', 'right'] as const },
])
/** `npm run soak -- beacons` has them all; the ordinary run has none beside what is told first. */
const groups = Number(process.env['FUZZ_RUNS'] ?? 0)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const PRUNED = 'has pruned them'

test('whatever sources of blobs say, nobody believes a wrong one, and one right one is enough', async (t) => {
  const ofNode = await beaconsOf(t, ['has other ones', 'no beacon'])
  const ofWatcher = await beaconsOf(t, ['has one in place of all', 'has pruned them'])
  const arena = await Arena.open(t, { node: { TTX_BEACON: urlsOf(ofNode) } })
  for (const beacon of [...ofNode, ...ofWatcher]) beacon.target = arena.stage.anvil.url
  const liar = await arena.startLiar()
  const { node } = arena
  const blockAt = (id: Hash) => node.call('bridge_block', { id })
  /** Of a node that cannot judge all it has seen: `arena.tip` would wait for that. */
  const tip = async () => (await node.call('node_info', {})).bridge.tip?.id

  const payment = arena.sign(holder, { to: stranger('payee'), tokens: UNIT, prev: [arena.genesis] })
  const miner = await arena.startMiner('miner', ['--rows', 'blobs'])
  await miner.running.said(/"state":"resting"/)
  const right = await liar.publish({ data: 'blobs', spareBlobs: 1, content: [payment.packed] })
  await t.test('a right block whose blobs nobody has is unknown, and it is said who has failed', async () => {
    await arena.process('node-0').said(/"code":"blobs-wrong".*a source of blobs fails/)
    await arena.process('node-0').said(/"code":"beacon-refused".*a source of blobs fails/)
    const { verdict, problem, blobs } = await blockAt(right.id)
    assert.deepEqual([verdict, blobs], ['unknown', 2])
    assert.match(problem ?? '', /has still to get its blobs/)
    assert.equal(await tip(), arena.stage.genesisId())
    const verified = await arena.ttx('reader', ['verify', right.id, '--beacon', urlsOf(ofWatcher), '--json'])
    assert.equal(verified.exitCode, 0, verified.err)
    const { verdict: own, why } = JSON.parse(verified.out)
    assert.deepEqual([own, /all 2 blobs of block/.test(why)], ['unknown', true], verified.out)
  })

  /** What the holder can spend. */
  let last = payment.infohash
  await t.test(
    'a miner says that it waits for the verdict, which comes with the first source that has the blobs',
    async () => {
      await miner.running.said(new RegExp(`the node cannot judge block ${right.id} yet`))
      assert.equal(await tip(), arena.stage.genesisId())
      const [, second] = ofNode
      assert(second)
      second.manner = 'behind others'
      await arena.until('the verdict', async () => (await blockAt(right.id)).verdict === 'valid')
      second.manner = 'says nothing'
    },
  )

  await t.test(
    'what its own miner publishes a node judges without any source, and other nodes have it from there',
    async () => {
      const request = arena.signRequest(holder, [last], UNIT, stranger('recipient'))
      await arena.submit(request)
      last = request.infohash
      const block = await arena.ordered(last)
      const { parent, blobs, verdict, miner: payout } = await blockAt(block)
      assert.deepEqual([parent, blobs, verdict, payout], [right.id, 1, 'valid', miner.account.address])
      await miner.running.stop()
      const peer = await arena.startNode(undefined, undefined, { TTX_BEACON: urlsOf(ofNode) })
      await arena.until('the verdict', async () => (await peer.call('bridge_block', { id: block })).verdict === 'valid')
      await arena.process('node-1').stop()
    },
  )

  await t.test('a wrong block dies as soon as one of its watcher’s sources has the blobs, and no other', async () => {
    const watcher = await arena.startWatcher('watcher', node, { TTX_BEACON: urlsOf(ofWatcher) })
    const { torrent } = await blockAt(right.id)
    const thief = accountOf('thief')
    const theft = arena.sign(thief, { to: thief.address, tokens: UNIT, prev: [payment.infohash] })
    const order = { data: 'blobs', spareBlobs: 1, content: [theft.packed] } as const
    const wrong = await liar.publish({ ...order, ...(torrent && { torrent }) })
    assert.equal(wrong.verdict, 'invalid')
    await watcher.running.said(new RegExp(`not-judged.*block ${wrong.id}.*all 2 blobs`))
    assert.equal((await blockAt(wrong.id)).verdict, 'unknown')
    assert.deepEqual(await arena.refutations(), [])
    const [, second] = ofWatcher
    assert(second)
    second.manner = 'honest'
    await arena.until('its death', () => arena.isRefuted(wrong.id))
    await arena.skipTo(right.id, 24n * HOUR)
    await arena.until('the finality of the right one', () => arena.isFinal(right.id))
    assert.deepEqual(
      (await arena.refutations()).map(({ args }) => args.id),
      [wrong.id],
    )
    assert.equal((await blockAt(wrong.id)).verdict, 'unknown', 'the node has nobody to tell it')
    await watcher.running.stop()
  })
  await arena.countMoney()

  const wrongs: Hash[] = (await arena.refutations()).map(({ args }) => parseHash(args.id))
  if (groups === 0) return
  await t.test('after a minute without the blobs there is an alarm', async () => {
    await arena.process('node-0').said(new RegExp(`"code":"blobs-missing","block":"${wrongs[0]}"`))
  })
  const { torrent: other } = await blockAt(right.id)
  for (const beacon of ofNode) beacon.manner = 'honest'
  for (const [i, { manner, kinds }] of shuffled(GROUPS, seed).slice(0, groups).entries()) {
    await t.test(`${manner}: ${kinds.join(' and then ')}`, async () => {
      const name = `watcher-${i}`
      const [own, watching] = [await beaconsOf(t, [manner, PRUNED]), await beaconsOf(t, [manner, PRUNED])]
      for (const beacon of [...own, ...watching]) beacon.target = arena.stage.anvil.url
      const judging = await arena.startNode(undefined, undefined, { TTX_BEACON: urlsOf(own) })
      const watcher = await arena.startWatcher(name, judging, { TTX_BEACON: urlsOf(watching) })
      for (const [place, kind] of kinds.entries()) {
        const others = [own, watching].flatMap((pair) => pair.filter((_, k) => k !== place))
        for (const pair of [own, watching])
          for (const [k, each] of pair.entries()) each.manner = k === place ? manner : PRUNED
        await arena.stage.skip(2n * HOUR)
        await arena.seen()
        const from = kind === 'right' ? holder : accountOf('thief')
        const { packed, infohash } = arena.sign(from, { to: from.address, tokens: UNIT, prev: [last] })
        if (kind === 'right') last = infohash
        // Peers have the torrent that is named, with other blobs in it.
        const order = { data: 'blobs', spareBlobs: 1, content: [packed] } as const
        const { id, verdict: truth } = await liar.publish({ ...order, ...(other && { torrent: other }) })
        assert.equal(truth, kind === 'right' ? 'valid' : 'invalid')
        const verdict = async () => {
          const { blocks } = await judging.call('bridge_blocks', {})
          return blocks.find((block) => block.id === id)?.verdict
        }
        if (!(manner in HARMLESS)) {
          const before = others.map(({ asked }) => asked)
          await arena.until('all to be asked', () => others.every(({ asked }, k) => asked >= (before[k] ?? 0) + 2))
          assert.equal(await verdict(), 'unknown')
          assert.equal(await arena.isRefuted(id), false)
          for (const each of others) each.manner = 'honest'
        }
        await arena.until('the verdict', async () => (await verdict()) === (kind === 'right' ? 'valid' : 'invalid'))
        if (kind === 'right') continue
        wrongs.push(id)
        await arena.until('its death', () => arena.isRefuted(id))
      }
      await watcher.running.stop()
      await arena.process(`node-${i + 2}`).stop()
      assert.deepEqual(
        (await arena.refutations()).map(({ args }) => args.id),
        wrongs,
      )
    })
  }
})

async function beaconsOf(t: TestContext, manners: readonly Manner[]): Promise<readonly FaultyBeacon[]> {
  const beacons = await Promise.all(manners.map((manner) => FaultyBeacon.start(manner)))
  t.after(() => Promise.all(beacons.map((beacon) => beacon[Symbol.asyncDispose]())))
  return beacons
}

function urlsOf(beacons: readonly FaultyBeacon[]): string {
  return beacons.map(({ url }) => url).join(',')
}

function shuffled<T>(all: readonly T[], seed: number): readonly T[] {
  const random = randomOf(seed)
  return all
    .map((each) => ({ each, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ each }) => each)
}
