// The tree of the living: what the links of the contract say, in how many questions, and what a liar can make of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { type LivingQuestion, readLiving } from '../../../../miner/watch/living.ts'
import { EthereumAccount } from '../../../../node/ethereum/account.ts'
import type { Links } from '../../../../node/ethereum/reader.ts'
import {
  type BlockKey,
  type Hash,
  isSameBlock,
  keyOf,
  shortId,
  tagOf,
  ZERO_HASH,
} from '../../../../node/protocol/ids.ts'
import { toTime, toWork } from '../../../../node/protocol/units.ts'
import { readRecord } from '../../../support/chain/record.ts'
import { Author } from '../../../support/miner/author.ts'
import { linksOf, MadeUpTree, madeUpId } from '../../../support/miner/made-up-tree.ts'
import { Stage } from '../../../support/stage.ts'

const DAY = 86_400n
const { signal } = new AbortController()

test('the tree of the living is read from links, with siblings, descendants and without the dead', async (t) => {
  const stage = await Stage.open(t)
  const author = await Author.open(stage)
  await stage.skip(DAY)
  const { rules } = stage.definition
  const deps = {
    urls: [stage.anvil.url],
    network: rules,
    signer: privateKeyToAccount(generatePrivateKey()),
    now: Date.now,
  }
  const ethereum = new EthereumAccount(deps)
  stage.stack.defer(() => ethereum.close())
  const genesis = stage.genesisId()
  const read = async (known: readonly Hash[]) => {
    const { number: at } = await ethereum.head()
    return await readLiving(ethereum, { at, known, signal })
  }
  assert.deepEqual(await read([]), { final: genesis, blocks: new Map(), refuted: new Set() })
  const one = await author.publish(author.genesis, { payments: 0 })
  const two = await author.publish(author.genesis, { payments: 0, theft: 'thief', rival: true })
  const three = await author.publish(author.genesis, { payments: 0, theft: 'second thief', rival: true })
  await stage.skip(DAY)
  const four = await author.publish(two)
  const five = await author.publish(four)
  const all = [one, two, three, four, five].map(({ id }) => id)
  for (const known of [[], [genesis, five.id, one.id, madeUpId('nothing')]]) {
    const { blocks, problem } = await read(known)
    assert.equal(problem, undefined)
    // Those that nobody knew are named by what the contract keeps of their ids.
    const wholeOrShort = all.map((id) => (known.includes(id) ? id : shortId(tagOf(id), keyOf(id))))
    assert.deepEqual(new Set(blocks.keys()), new Set(wholeOrShort))
    assert.ok(all.every((id) => [...blocks.keys()].some((each) => isSameBlock(each, id))))
    for (const { id, parent, publishedAt, work } of blocks.values()) {
      const record = await readRecord(stage.anvil.client, stage.bridge, id)
      assert.deepEqual([keyOf(parent), publishedAt, work], [record.parent, BigInt(record.publishedAt), record.work])
    }
  }
})

for (const [shape, make] of [
  ['siblings', () => MadeUpTree.flat(10_000)],
  ['branches of 128 blocks', () => MadeUpTree.branches(10_000, 128)],
] as const) {
  test(`ten thousand ${shape} that were known before take twenty questions`, async () => {
    const tree = make()
    const { blocks, problem } = await readLiving(tree, question({ known: tree.ids }))
    assert.equal(problem, undefined)
    assert.deepEqual(new Set(blocks.keys()), new Set(tree.ids))
    assert.ok(tree.questions <= 21, `it took ${tree.questions}`)
    const seen = new Set<Hash>([tree.final])
    for (const { id, parent } of blocks.values()) {
      assert.ok(seen.has(parent), 'parents come first')
      seen.add(id)
    }
  })

  test(`ten thousand ${shape} that others know of take one question more, and all is asked about once`, async () => {
    const tree = make()
    const { blocks } = await readLiving(tree, question({ hints: [tree.ids] }))
    assert.equal(blocks.size, 10_000)
    assert.ok(tree.questions <= 23, `it took ${tree.questions}`)
    assert.ok(tree.asked <= 10_001, `about ${tree.asked} blocks`)
  })
}

test('what nobody knows of is found all the same, a question for each generation', async () => {
  const tree = MadeUpTree.branches(1_000, 100)
  const { blocks } = await readLiving(tree, question({}))
  assert.equal(blocks.size, 1_000)
  assert.ok(tree.questions <= 112, `it took ${tree.questions}`)
})

test('somebody who makes hints up wastes one question', async () => {
  const tree = MadeUpTree.flat(10)
  const invented = Array.from({ length: 50_000 }, (_, i) => madeUpId(`invented ${i}`))
  const { blocks } = await readLiving(tree, question({ hints: [invented, tree.ids] }))
  assert.equal(blocks.size, 10)
  // One for the final block, one for the invented ones, one for the right ones, and one for the first link.
  assert.equal(tree.questions, 4)
})

test('which of the known blocks were refuted is said too', async () => {
  const tree = MadeUpTree.flat(3)
  const dead = madeUpId('dead')
  tree.records.set(dead, { ...tree.record(tree.final), parent: tree.final, publishedAt: toTime(5n), isRefuted: true })
  const { blocks, refuted } = await readLiving(tree, question({ known: [dead, madeUpId('nothing')] }))
  assert.deepEqual(refuted, new Set([dead]))
  assert.equal(blocks.size, 3)
})

const LIES: Readonly<Record<string, (tree: MadeUpTree) => void>> = {
  'that is a child of another block': (tree) => tree.change(2, { parent: madeUpId('another') }),
  'that was refuted': (tree) => tree.change(2, { isRefuted: true }),
  'that was never published': (tree) => tree.change(2, { publishedAt: toTime(0n) }),
  'of the same second as the sibling before it': (tree) =>
    tree.change(2, { publishedAt: toTime(tree.record(tree.id(1)).publishedAt) }),
  'that is older than its sibling': (tree) => tree.change(2, { publishedAt: toTime(1n) }),
  'that comes again': (tree) => tree.change(2, { nextSibling: tree.id(0) }),
  'that is the final block': (tree) => tree.change(1, { nextSibling: tree.final }),
}

for (const [name, lie] of Object.entries(LIES)) {
  test(`a link to a block ${name} is not followed, and told`, async () => {
    const tree = MadeUpTree.flat(5)
    lie(tree)
    const { blocks, problem } = await readLiving(tree, question({}))
    assert.match(problem ?? '', /says of it what cannot be so/)
    assert.deepEqual([...blocks.keys()].slice(0, 2), [tree.id(0), tree.id(1)], 'what came before is there')
    assert.ok(blocks.size <= 3)
  })
}

test('a child that is older than its parent, or has no more work, cannot be', async () => {
  for (const change of [{ publishedAt: toTime(1n) }, { work: toWork(0n) }]) {
    const tree = MadeUpTree.branches(3, 3)
    tree.change(1, change)
    const { blocks, problem } = await readLiving(tree, question({}))
    assert.match(problem ?? '', /what cannot be so/)
    assert.equal(blocks.size, 1)
  }
})

test('an endpoint that has ever more siblings is left when time is up, with what it said so far', async () => {
  const end = new AbortController()
  let asked = 0
  const endless = {
    name: 'endless',
    links: async (keys: readonly BlockKey[]) => {
      asked += 1
      if (asked === 200) end.abort(new Error('time is up'))
      await delay(0)
      return { final: madeUpId('0'), links: keys.map(nextOf) }
    },
  }
  const { blocks, problem } = await readLiving(endless, question({ signal: end.signal }))
  assert.match(problem ?? '', /took too long/)
  assert.ok(blocks.size > 150 && blocks.size <= 200)
})

test('an endpoint that never answers is left as well; before it said anything there is nothing to go by', async () => {
  const silent = { name: 'silent', links: () => new Promise<never>(() => undefined) }
  await assert.rejects(readLiving(silent, question({ signal: AbortSignal.timeout(10) })), { name: 'TimeoutError' })
})

test('fewer records than were asked for, or another final block on the way, are no answer', async () => {
  const tree = MadeUpTree.flat(600)
  const short = { name: 'short', links: async () => ({ final: tree.final, links: [] }) }
  await assert.rejects(readLiving(short, question({ known: tree.ids })), { code: 'ethereum-refused', retry: true })
  let asked = 0
  const torn = async (keys: readonly BlockKey[]) => {
    asked += 1
    return { ...(await tree.links(keys)), final: asked === 1 ? tree.final : madeUpId('another') }
  }
  const reading = readLiving({ name: 'torn', links: torn }, question({ known: tree.ids }))
  await assert.rejects(reading, { code: 'ethereum-reorganised', retry: true })
})

function question(chosen: Partial<LivingQuestion>): LivingQuestion {
  return { at: 1n, known: [], signal, ...chosen }
}

/** Of block N the next sibling is block N + 1. */
function nextOf(key: BlockKey): Links {
  const number = BigInt(key)
  const id = madeUpId(`${number}`)
  const next = madeUpId(`${number + 1n}`)
  const common = { isRefuted: false, publishedAt: toTime(number), work: toWork(number === 0n ? 0n : 1n) }
  if (number === 0n) return linksOf(id, { ...common, parent: ZERO_HASH, firstChild: next, nextSibling: ZERO_HASH })
  return linksOf(id, { ...common, parent: madeUpId('0'), firstChild: ZERO_HASH, nextSibling: next })
}
