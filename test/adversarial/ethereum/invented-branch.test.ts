// Attacked: a watcher by one of its two endpoints, which puts blocks onto a branch that it made up and that could be final at once: the wrong one, with a
// time of the far future, or a crowd of wrong ones that died long ago.
// What must hold: the deadline is the earliest that anybody tells, and the dead take no more than the liar's share of the places.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { EthereumReader } from '../../../node/ethereum/reader.ts'
import { encodeRefutation } from '../../../node/ethereum/refute-call.ts'
import { type Hash, keyOf } from '../../../node/protocol/ids.ts'
import { toGasPrice } from '../../../node/protocol/units.ts'
import { both, everythingSucceeds, type Lie } from '../../support/chain/lying-endpoint.ts'
import { lieAboutRecords, WORD, word, wordsOf } from './lying-records.ts'
import { DAY, Watched } from './watched.ts'

const GWEI = 10n ** 9n
const PARENT = `ee${'0'.repeat(62)}`
const BROTHER = `ee${'0'.repeat(61)}1`
const HALF_AN_HOUR = 1_800n
/** More than there are places. */
const DEAD = 24

for (const time of [5_000_000_000n, 2n ** 40n - 1n]) {
  test(`gas is dear, half an hour is left, and one of two endpoints calls the wrong block one of second ${time}`, async (t) => {
    const scene = await Watched.open(t)
    const { stage, liar } = scene
    const sender = await scene.sender(stage.anvil.url, { maxFeePerGas: toGasPrice(5n * GWEI), stuckMs: 4_000 })
    const wrong = await scene.publish('wrong')
    liar.tell(lateBlock(stage.genesisId(), wrong, time, await recordOf(scene, wrong)))
    await stage.skip(DAY - HALF_AN_HOUR)
    await stage.anvil.client.setNextBlockBaseFeePerGas({ baseFeePerGas: 20n * GWEI })
    await stage.anvil.client.mine({ blocks: 1 })
    const urls = [stage.anvil.url, liar.url]
    const readers = urls.map((url) => scene.reader(url))
    scene.watch({ sender, readers, logs: scene.logs(urls) }, { pollMs: 1_000 })
    await stage.until('the death', () => scene.isRefuted(wrong))
    assert.ok((await stage.finalBlock()) === stage.genesisId())
  })
}

test(`one of two endpoints calls ${DEAD} dead blocks alive and most urgent`, async (t) => {
  const scene = await Watched.open(t)
  const { stage, liar } = scene
  const dead: Hash[] = []
  for (let i = 0; i < DEAD; i++) {
    const id = await scene.publish('wrong')
    await stage.anvil.send(stage.bridge.address, encodeRefutation(scene.refutationOf(id)))
    dead.push(id)
  }
  const [first] = dead
  assert(first)
  const wrong = await scene.publish('wrong')
  // It says nothing about nonces either, so that each attempt at a dead one takes as long as an answer may.
  const mute: Lie = ({ method }) => (method === 'eth_getTransactionCount' ? { status: 500 } : undefined)
  liar.tell(both(mute, undead(stage.genesisId(), dead, await recordOf(scene, first)), everythingSucceeds))
  const urls = [stage.anvil.url, liar.url]
  const readers = urls.map((url) => {
    const reader = new EthereumReader({ urls: [url], network: stage.definition.rules, now: Date.now })
    stage.stack.defer(() => reader.close())
    return reader
  })
  const sender = await scene.sender(stage.anvil.url, { timeoutMs: 10_000 })
  scene.watch({ sender, readers, logs: scene.logs(urls) }, { pollMs: 1_000, patienceMs: 10_000 })
  await stage.until('the death', () => scene.isRefuted(wrong))
  assert.equal(await scene.sent(sender), 1)
})

/** On `ground` stands an invented block, on that one another one, and beside it the wrong one. */
function lateBlock(ground: Hex, wrong: Hex, time: bigint, record: Hex): Lie {
  const like = wordsOf(record)
  const work = BigInt(`0x${like[WORD.work]}`)
  const made = (at: bigint, more: bigint) => like.with(WORD.publishedAt, word(at)).with(WORD.work, word(work + more))
  return lieAboutRecords((id, words) => {
    if (`0x${id}` === ground) return words.with(WORD.publishedAt, word(1n)).with(WORD.firstChild, PARENT)
    if (id === PARENT) return made(1n, 1n).with(WORD.firstChild, BROTHER).with(WORD.nextSibling, word(0n))
    if (id === BROTHER) return made(1n, 2n).with(WORD.parent, PARENT).with(WORD.nextSibling, wrong.slice(2))
    if (`0x${id}` === wrong) return made(time, 2n).with(WORD.parent, PARENT).with(WORD.nextSibling, word(0n))
    return words
  })
}

/** On `ground` stands an invented block, and on that one all `dead` ones, alive. */
function undead(ground: Hex, dead: readonly Hash[], record: Hex): Lie {
  const like = wordsOf(record)
    .with(WORD.flags, word(0n))
    .with(WORD.firstChild, word(0n))
    .with(WORD.nextSibling, word(0n))
  const work = BigInt(`0x${like[WORD.work]}`)
  return lieAboutRecords((id, words) => {
    if (`0x${id}` === ground) return words.with(WORD.publishedAt, word(1n)).with(WORD.firstChild, PARENT)
    const i = dead.indexOf(`0x${id}` as Hash)
    const made = like.with(WORD.publishedAt, word(BigInt(2 + i))).with(WORD.work, word(work + (i < 0 ? 1n : 2n)))
    if (id === PARENT) return made.with(WORD.parent, ground.slice(2)).with(WORD.firstChild, dead[0]?.slice(2) ?? '')
    const next = dead[i + 1]?.slice(2) ?? word(0n)
    return i < 0 ? words : made.with(WORD.parent, PARENT).with(WORD.nextSibling, next)
  })
}

async function recordOf({ stage }: Watched, id: Hash): Promise<Hex> {
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'blocks', args: [keyOf(id)] })
  const { data: record } = await stage.anvil.client.call({ to: stage.bridge.address, data })
  assert(record)
  return record
}
