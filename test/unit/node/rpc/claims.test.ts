// bridge_claims: pages of requests that can be paid, of a follower on an Ethereum in memory, and what is read for them.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AbstractGetOptions } from 'abstract-level'
import type { BridgeDatabase } from '../../../../node/bridge/records/disk/encoding.ts'
import { claimPages } from '../../../../node/client/claim-pages.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import type { Hash, Infohash } from '../../../../node/protocol/ids.ts'
import { requestLeaf } from '../../../../node/protocol/requests.ts'
import { isInTrace } from '../../../../node/protocol/trace.ts'
import { toBaseUnits } from '../../../../node/protocol/units.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { claimHandlers } from '../../../../node/rpc/handlers/claims.ts'
import { accountOf, pay } from '../../../../scripts/assure/models/world.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { claimed, finalized, type MadeBlock, published } from '../../../support/bridge/scenario.ts'
import { serve } from '../../../support/rpc/serve.ts'

type Claim = Result<'bridge_claims'>['claims'][number]
type Order = { readonly to: string; readonly tokens: bigint }

/** A node in whose final blocks these requests are, a list for each block. */
async function open(t: TestContext, blocks: readonly (readonly Order[])[]) {
  const driver = new Driver(21)
  const { ethereum, forge } = driver
  const { rules, genesis } = forge.network
  let reads = 0
  const following = await TestFollower.start(
    ethereum.connect(),
    forge.network,
    { finalityDepth: 4n },
    undefined,
    (database) => {
      const getSync: BridgeDatabase['getSync'] = database.getSync.bind(database)
      database.getSync = <K, V>(key: K, options?: AbstractGetOptions<K, V>) => {
        if (String(key).startsWith('body/')) reads++
        // As the two forms of the method that it replaces.
        return getSync(key, options as AbstractGetOptions<K, V>) as never
      }
      return database
    },
  )
  t.after(() => following[Symbol.asyncDispose]())
  const { follower } = following
  const places = new Map<Infohash, { readonly id: Hash; readonly step: number }>()
  const [owner] = forge.world.accounts.filter(({ address }) => address === genesis.to)
  assert(owner)
  let [last, parent, time]: [Infohash, MadeBlock, number] = [genesisInfohash(genesis), forge.genesis, 0]
  const made: MadeBlock[] = []
  for (const orders of blocks) {
    const requests = orders.map(({ to, tokens }) => {
      const bridge = { chain: rules.chain, to: accountOf(to).address }
      const request = pay(owner, { to: rules.bridge, tokens, time: time++, prev: [last], bridge }, rules)
      last = request.infohash
      return request
    })
    const block = forge.make(parent, [], { packed: requests.map(({ packed }) => packed) })
    for (const [step, { infohash }] of requests.entries()) places.set(infohash, { id: block.id, step })
    made.push(block)
    ethereum.mine([published(block, ethereum.head.time)])
    ethereum.mine([finalized(block)])
    parent = block
  }
  const poll = async () => assert.equal((await follower.poll()).state, 'live')
  await poll()
  const definition = { ...forge.network, rules }
  // Of the ledger only where a transaction is.
  const ledger = { record: (infohash: Infohash) => ({ block: places.get(infohash) }) as never }
  const parts = { definition: definition as never, follower, ledger, settle: async () => undefined }
  const node = createNodeClient(await serve(t, claimHandlers(parts)))
  const readsOf = async <T>(work: () => Promise<T>) => {
    reads = 0
    return { result: await work(), reads }
  }
  return { ethereum, follower, forge, made, node, places, poll, readsOf, rules }
}

const namesOf = (claims: readonly Claim[]) => claims.map(({ block, step }) => nameOf(block, step))
const nameOf = (block: Hash, step: number) => `${block} ${step}`
const request = (to: string, tokens = 1_000n): Order => ({ to, tokens })

async function pagesOf(pages: AsyncGenerator<Claim[]>): Promise<Claim[][]> {
  const all: Claim[][] = []
  for await (const page of pages) all.push(page)
  return all
}

test('pages follow each other, oldest first, and may end in the middle of a block; each proof is one of its block', async (t) => {
  const { made, node } = await open(t, [[request('a'), request('b'), request('c')], [], [request('d'), request('e')]])
  const all = made.flatMap((block, i) => [[0, 1, 2], [], [0, 1]][i]?.map((step) => nameOf(block.id, step)) ?? [])
  for (const limit of [1, 2, 3, 4, 5, 500]) {
    const names: string[] = []
    let after: Result<'bridge_claims'>['next']
    do {
      const page: Result<'bridge_claims'> = await node.call('bridge_claims', { limit, ...(after ? { after } : {}) })
      assert(page.claims.length <= limit)
      names.push(...namesOf(page.claims))
      after = page.next
    } while (after !== undefined)
    assert.deepEqual(names, all, `limit ${limit}`)
  }
  const { claims } = await node.call('bridge_claims', {})
  assert.deepEqual(
    claims.map(({ number }) => number),
    [0n, 1n, 2n, 3n, 4n],
  )
  for (const { block, number, step, recipient, gross, siblings } of claims) {
    const header = made.find(({ id }) => id === block)?.sealed.header
    assert(header)
    const leaf = requestLeaf({ step, to: recipient, tokens: toBaseUnits(gross) })
    const index = Number(number - header.firstRequest)
    assert(isInTrace(header.requestsRoot, header.requestCount, index, leaf, siblings))
  }
})

test('one request is found among however many others, and what is asked for of a recipient or an amount alone is given', async (t) => {
  const { node, places } = await open(t, [
    [request('a'), request('b', 5_000n)],
    [request('b'), request('c', 9_000n)],
  ])
  const [first, , third] = [...places.keys()]
  assert(first && third)
  const { claims } = await node.call('bridge_claims', { infohash: third })
  assert.deepEqual(
    claims.map(({ infohash, recipient, net }) => [infohash, recipient, net]),
    [[third, accountOf('b').address, 990n]],
  )
  const none = { infohash: 'f'.repeat(40) as Infohash }
  assert.deepEqual(await node.call('bridge_claims', none), { claims: [] })
  assert.deepEqual(await node.call('bridge_claims', { infohash: first, recipient: accountOf('b').address }), {
    claims: [],
  })
  const [ofB] = await pagesOf(claimPages(node, { recipient: accountOf('b').address }))
  assert.deepEqual(
    ofB?.map(({ net }) => net),
    [4_950n, 990n],
  )
  const [large] = await pagesOf(claimPages(node, { leastNet: 4_950n }))
  assert.deepEqual(
    large?.map(({ net }) => net),
    [4_950n, 8_910n],
  )
})

test('a page reads a bounded number of blocks, also where nothing in them is wanted', async (t) => {
  const { node, readsOf } = await open(
    t,
    Array.from({ length: 40 }, (_, i) => [request(i === 39 ? 'late' : 'dust')]),
  )
  const { result, reads } = await readsOf(() => node.call('bridge_claims', { recipient: accountOf('late').address }))
  assert.deepEqual([result.claims, reads], [[], 16])
  assert(result.next)
  const pages = await pagesOf(claimPages(node, { recipient: accountOf('late').address }))
  assert.deepEqual(
    pages.map(({ length }) => length),
    [0, 0, 1],
  )
  const all = await readsOf(() => pagesOf(claimPages(node, {})))
  assert.equal(all.result.flat().length, 40)
  // The block after which a page begins is read again, since it may have more.
  assert(all.reads <= 40 + 3)
})

test('what is paid is read no more, until Ethereum takes the payment back', async (t) => {
  const { ethereum, made, node, poll, readsOf, rules } = await open(t, [[request('a')], [request('b'), request('c')]])
  const [one, two] = made
  assert(one && two)
  ethereum.mine([claimed(rules, one, 0), claimed(rules, two, 1)])
  await poll()
  for (let i = 0; i < 2; i++) {
    const { result, reads } = await readsOf(() => node.call('bridge_claims', {}))
    assert.deepEqual([namesOf(result.claims), reads], [[nameOf(two.id, 0)], 1])
  }
  ethereum.drop(1)
  ethereum.mine([])
  ethereum.mine([])
  await poll()
  assert.deepEqual(namesOf((await node.call('bridge_claims', {})).claims), [
    nameOf(one.id, 0),
    nameOf(two.id, 0),
    nameOf(two.id, 1),
  ])
})

test('a page after a block that is not final (any more) is gone', async (t) => {
  const { ethereum, made, node, poll } = await open(t, [[request('a')], [request('b')]])
  const [one, two] = made
  assert(one && two)
  const page = await node.call('bridge_claims', { after: { block: one.id, step: 0 } })
  assert.deepEqual([namesOf(page.claims), page.next], [[nameOf(two.id, 0)], undefined])
  ethereum.drop(1)
  ethereum.mine([])
  await poll()
  await assert.rejects(node.call('bridge_claims', { after: { block: two.id, step: 0 } }), {
    code: 'page-gone',
    retry: true,
  })
})
