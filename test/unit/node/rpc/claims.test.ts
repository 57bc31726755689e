// bridge_claims: pages of requests that can be paid, of a follower on an Ethereum in memory, and what is read for them.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AbstractGetOptions } from 'abstract-level'
import type { BridgeDatabase } from '../../../../node/bridge/records/disk/encoding.ts'
import { claimPages } from '../../../../node/client/claim-pages.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { encodeAsset } from '../../../../node/protocol/asset.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import type { Address, Hash, Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { depositTransaction, type EnteredEntry } from '../../../../node/protocol/queue.ts'
import { requestLeaf } from '../../../../node/protocol/requests.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { isInTrace } from '../../../../node/protocol/trace.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { toBaseUnits, toGwei } from '../../../../node/protocol/units.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { claimHandlers } from '../../../../node/rpc/handlers/claims.ts'
import { accountOf, pay } from '../../../../scripts/assure/models/world.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { claimed, finalized, type MadeBlock, published } from '../../../support/bridge/scenario.ts'
import { serve } from '../../../support/rpc/serve.ts'

type Claim = Result<'bridge_claims'>['claims'][number]
type Order = { readonly to: string; readonly tokens: bigint; readonly asset?: Address }

/** A node in whose final blocks these requests are, a list for each block. */
async function open(
  t: TestContext,
  blocks: readonly (readonly Order[])[],
  entering?: (owner: Address) => EnteredEntry,
) {
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
  const entered = entering?.(owner.address)
  let coin: Infohash | undefined = entered && infohashOf(encodeTransaction(depositTransaction(rules, 0n, entered)))
  if (entered !== undefined) ethereum.mine([{ ...entered, index: 0n, time: ethereum.head.time }])
  for (const orders of blocks) {
    const requests = orders.map(({ to, tokens, asset }) => {
      const bridge = { chain: rules.chain, to: accountOf(to).address }
      const spent = asset !== undefined && coin !== undefined ? coin : last
      const body = ofAsset({ to: rules.bridge, tokens, time: time++, prev: [spent], bridge }, asset)
      const request = pay(owner, body, rules)
      if (asset === undefined) last = request.infohash
      else coin = request.infohash
      return request
    })
    const queue = entered ? [entered] : []
    const block = forge.make(parent, queue, { packed: requests.map(({ packed }) => packed) })
    for (const [i, { infohash }] of requests.entries()) places.set(infohash, { id: block.id, step: queue.length + i })
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

test('bridge_request proves a request of whatever asset, paid or not, once its block is final, and nothing else', async (t) => {
  const asset = accountOf('vault').address
  const { made, node, places, forge } = await open(
    t,
    [[request('a', 2_000n), { to: 'b', tokens: 300n, asset }, { to: 'c', tokens: 1n, asset }]],
    (holder) => ({ kind: 'entered', fee: toGwei(12n), amount: 1_000n, to: holder, asset }),
  )
  const [block] = made
  assert(block)
  const { header } = block.sealed
  assert.equal(header.requestCount, 3)
  const [ofTtx, first, second] = [...places.keys()]
  assert(ofTtx && first && second)
  const asked = [
    [undefined, 2_000n, accountOf('a').address],
    [asset, 300n, accountOf('b').address],
    [asset, 1n, accountOf('c').address],
  ]
  for (const [i, infohash] of [ofTtx, first, second].entries()) {
    const { request: proven } = await node.call('bridge_request', { infohash })
    assert(proven)
    const { block: id, number, step, recipient, tokens, leaf, siblings, asset: moved, sealed } = proven
    assert.deepEqual([id, number, step, proven.infohash], [block.id, BigInt(i), 1 + i, infohash])
    assert.deepEqual([moved, tokens, recipient], asked[i])
    assert.deepEqual(sealed, encodeSealed(block.sealed))
    const own = { step, to: recipient, tokens: toBaseUnits(tokens), asset: encodeAsset(moved) }
    assert.equal(leaf, requestLeaf(own))
    assert(isInTrace(header.requestsRoot, header.requestCount, i, leaf, siblings))
  }
  // Claims are of TTX alone.
  assert.deepEqual(
    (await node.call('bridge_claims', {})).claims.map(({ infohash }) => infohash),
    [ofTtx],
  )
  const ofGenesis = genesisInfohash(forge.network.genesis)
  for (const infohash of ['f'.repeat(40) as Infohash, ofGenesis])
    assert.deepEqual(await node.call('bridge_request', { infohash }), {})
})
