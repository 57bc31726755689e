// One of a watcher's endpoints lies. Must hold: it raises the alarm and brings nothing forward, and kills what is wrong all the same; a lie costs
// one transaction in vain at most.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hex, toHex } from 'viem'
import { readAllBlocks } from '../../../node/client/all-blocks.ts'
import {
  both,
  changeAnswer,
  endlessSiblings,
  estimates,
  everythingSucceeds,
  flip,
  frozenAt,
  type Lie,
  lagging,
  NO_ANSWERS,
  otherChildren,
  otherHashes,
  SENSELESS,
  senseless,
} from '../../support/chain/lying-endpoint.ts'
import { DAY, Watched } from './watched.ts'

/** What is only said of a refutation is not a reason to doubt which blocks there are. */
const HARMLESS = new Set(['lets everything fail'])

test('one of two endpoints lies: doubt, a kill all the same, and trust when the lie ends', async (t) => {
  const scene = await Watched.open(t)
  const { stage, liar } = scene
  const { client } = stage.anvil
  const sender = await scene.sender(stage.anvil.url)
  const urls = [stage.anvil.url, liar.url]
  const [readers, logs] = [urls.map((url) => scene.reader(url)), scene.logs(urls)]
  const sense = SENSELESS.filter((_, i) => i % 4 === 0)
  const lies: Readonly<Record<string, Lie>> = {
    ...NO_ANSWERS,
    'says what was true twenty blocks ago': lagging(20), // older than the wrong block, whatever comes after it
    'stands still': frozenAt(await client.getBlockNumber()),
    'has other hashes': otherHashes,
    'has other children of the final block': otherChildren,
    'has another final block': changeAnswer('finalBlock', (answer) => flip(answer, 31)),
    ...Object.fromEntries(
      ['eth_getBlockByNumber', 'eth_call'].flatMap((method) =>
        sense.map((result) => [`gives ${JSON.stringify(result).slice(0, 9)} for ${method}`, senseless(result, method)]),
      ),
    ),
  }
  for (const [name, lie] of Object.entries(lies)) {
    await t.test(name, async () => {
      liar.tellTheTruth()
      await using watcher = scene.watch({ sender, readers, logs })
      await stage.until('it to watch', () => watcher.status().state === 'watching')
      const sent = await scene.sent(sender)
      liar.tell(lie)
      const id = await scene.publish('wrong')
      await stage.until('the death', () => scene.isRefuted(id))
      await client.mine({ blocks: 10 })
      if (!HARMLESS.has(name)) {
        await stage.until('a doubt', () => watcher.status().state === 'unknown')
        assert.equal(watcher.status().valid, 0)
      }
      liar.tellTheTruth()
      await stage.until('it to be sure again', () => watcher.status().state === 'watching')
      await stage.until('it to know', () => {
        return watcher.status().cases.some((each) => each.block === id && each.state === 'killed')
      })
      const more = (await scene.sent(sender)) - sent
      assert.ok(more === 1 || more === 2, `${more} transactions were sent, of which one kills and one may be in vain`)
    })
  }
})

test('siblings without end that one endpoint makes up keep nothing back that another one sees, and nothing is sent because of them', async (t) => {
  const scene = await Watched.open(t)
  const { stage, liar } = scene
  const sender = await scene.sender(stage.anvil.url)
  const urls = [stage.anvil.url, liar.url]
  const right = await scene.publish('right')
  liar.tell(endlessSiblings(right))
  const watcher = scene.watch({ sender, readers: urls.map((url) => scene.reader(url)), logs: scene.logs(urls) })
  await stage.until('a doubt', () => watcher.status().state === 'unknown')
  for (let i = 1; i <= 3; i++) {
    const id = await scene.publish('wrong')
    await stage.until('the death', () => scene.isRefuted(id))
    assert.equal(await scene.sent(sender), i)
  }
  assert.ok(liar.asked('eth_call') > 20)
  assert.equal(watcher.status().valid, 0)
  liar.tellTheTruth()
  await stage.until('it to be sure again', () => watcher.status().valid === 1)
})

test('the endpoint through which it sends lets everything succeed, with hardly any gas: it has enough all the same', async (t) => {
  const scene = await Watched.open(t)
  const { liar } = scene
  liar.tell(both(estimates(80_000n), everythingSucceeds))
  const sender = await scene.sender(liar.url)
  scene.watch({ sender })
  const id = await scene.publish('wrong')
  await scene.stage.until('the death', () => scene.isRefuted(id))
  assert.equal(await scene.sent(sender), 1)
})

test('with an honest endpoint beside it, the lie costs nothing at all', async (t) => {
  const scene = await Watched.open(t)
  const { stage, liar } = scene
  liar.tell(both(estimates(80_000n), everythingSucceeds))
  const sender = await scene.sender(liar.url)
  scene.watch({ sender, readers: [scene.reader(stage.anvil.url)] })
  const id = await scene.publish('wrong')
  await stage.until('the death', () => scene.isRefuted(id))
  assert.equal(await scene.sent(sender), 1)
})

test('times of the future: what is not due is not sent over and over again', async (t) => {
  const scene = await Watched.open(t)
  const { stage, liar } = scene
  const id = await scene.publish('right')
  // Only the newest block is of the future, so that nothing else contradicts it.
  const future: Lie = ({ method, params }) =>
    method === 'eth_getBlockByNumber' && params[0] === 'latest'
      ? { result: (block) => ({ ...(block as object), timestamp: late(block) }) }
      : undefined
  liar.tell(future)
  const node = await scene.nodeOf(liar.url)
  const sender = await scene.sender(liar.url)
  const watcher = scene.watch({ node, sender })
  await stage.until('it to watch', () => watcher.status().state === 'watching' && watcher.status().valid === 1)
  const looks = liar.asked('eth_getBlockByNumber') + 20
  await stage.until('many looks', () => liar.asked('eth_getBlockByNumber') > looks)
  assert.ok((await scene.sent(sender)) <= 1, `${await scene.sent(sender)} transactions were sent in vain`)
  liar.tellTheTruth()
  await stage.skip(DAY)
  await stage.until('its finality', async () => (await stage.finalBlock()) === id)
})

test('a refutation is taken back after the kill: it is killed again', async (t) => {
  const scene = await Watched.open(t)
  const { stage } = scene
  const sender = await scene.sender(stage.anvil.url)
  const node = await scene.nodeOf(stage.anvil.url, 30n)
  const watcher = scene.watch({ node, sender, readers: [scene.reader(stage.anvil.url)] })
  const id = await scene.publish('wrong')
  await stage.until('the death', () => watcher.status().cases[0]?.state === 'killed')
  await stage.anvil.client.mine({ blocks: 6 })
  await stage.until('the node to see it', async () => {
    return (await readAllBlocks(node)).blocks.some(({ refuted }) => refuted)
  })
  await stage.anvil.reorganise(7)
  assert.equal(await scene.isRefuted(id), false)
  await stage.anvil.client.mine({ blocks: 1 })
  await stage.until('the second death', () => scene.isRefuted(id))
})

function late(block: unknown): Hex {
  const time = typeof block === 'object' && block !== null && 'timestamp' in block ? String(block.timestamp) : '0x0'
  return toHex(BigInt(time) + 3n * DAY)
}
