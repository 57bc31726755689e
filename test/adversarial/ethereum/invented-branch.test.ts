// Attacked: a watcher by one of its two endpoints, which puts blocks onto a branch that it made up and that could be final at once: the wrong one, with a
// time of the far future, or a crowd of wrong ones that died long ago.
// What must hold: the deadline is the earliest that anybody tells, and the dead take no more than the liar's share of the places.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { EthereumReader } from '../../../node/ethereum/reader.ts'
import { encodeRefutation } from '../../../node/ethereum/refute-call.ts'
import { type Hash, keyOf, parseKey, ZERO_KEY } from '../../../node/protocol/ids.ts'
import { toGasPrice } from '../../../node/protocol/units.ts'
import { both, everythingSucceeds, type Lie } from '../../support/chain/lying-endpoint.ts'
import { leftWord, lieAboutRecords, WORD, word, wordsOf } from './lying-records.ts'
import { DAY, Watched } from './watched.ts'

const GWEI = 10n ** 9n
const PARENT = parseKey(`0xee${'0'.repeat(30)}`)
const BROTHER = parseKey(`0xee${'0'.repeat(29)}1`)
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
function lateBlock(ground: Hash, wrong: Hash, time: bigint, record: Hex): Lie {
  const like = wordsOf(record)
  const work = BigInt(`0x${like[WORD.work]}`)
  const made = (at: bigint, more: bigint) => like.with(WORD.publishedAt, word(at)).with(WORD.work, word(work + more))
  const nothing = word(0n)
  return lieAboutRecords((key, words) => {
    if (key === keyOf(ground)) return words.with(WORD.publishedAt, word(1n)).with(WORD.firstChild, leftWord(PARENT))
    if (key === PARENT) return made(1n, 1n).with(WORD.firstChild, leftWord(BROTHER)).with(WORD.nextSibling, nothing)
    const below = leftWord(PARENT)
    if (key === BROTHER) {
      return made(1n, 2n)
        .with(WORD.parent, below)
        .with(WORD.nextSibling, leftWord(keyOf(wrong)))
    }
    if (key === keyOf(wrong)) return made(time, 2n).with(WORD.parent, below).with(WORD.nextSibling, nothing)
    return words
  })
}

/** On `ground` stands an invented block, and on that one all `dead` ones, alive. */
function undead(ground: Hash, dead: readonly Hash[], record: Hex): Lie {
  const like = wordsOf(record)
    .with(WORD.flags, word(0n))
    .with(WORD.firstChild, word(0n))
    .with(WORD.nextSibling, word(0n))
  const work = BigInt(`0x${like[WORD.work]}`)
  const keys = dead.map(keyOf)
  const wordAt = (i: number) => leftWord(keys[i] ?? ZERO_KEY)
  return lieAboutRecords((key, words) => {
    if (key === keyOf(ground)) return words.with(WORD.publishedAt, word(1n)).with(WORD.firstChild, leftWord(PARENT))
    const i = keys.indexOf(key)
    const made = like.with(WORD.publishedAt, word(BigInt(2 + i))).with(WORD.work, word(work + (i < 0 ? 1n : 2n)))
    if (key === PARENT) return made.with(WORD.parent, leftWord(keyOf(ground))).with(WORD.firstChild, wordAt(0))
    const { tag = '' } = { tag: words[WORD.tag] }
    return i < 0
      ? words
      : made
          .with(WORD.tag, tag)
          .with(WORD.parent, leftWord(PARENT))
          .with(WORD.nextSibling, wordAt(i + 1))
  })
}

async function recordOf({ stage }: Watched, id: Hash): Promise<Hex> {
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'blocks', args: [keyOf(id)] })
  const { data: record } = await stage.anvil.client.call({ to: stage.bridge.address, data })
  assert(record)
  return record
}
