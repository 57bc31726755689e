// Offers of somebody to whom strangers sent more outputs than a node names at once: payments cost nothing, so anyone can do that to anyone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { pay } from '../../../../scripts/assure/models/world.ts'
import { alice, bob, openOffers } from '../../../support/offers.ts'

const UNIT = 10n ** 18n
/** More than a node names of an address, and than a page of its history has. */
const CROWD = 1_001

test('what others pay its maker hides no offer: it is open, taken and withdrawn as any, and its end is seen', async (t) => {
  const { json, gold, rpcUrl } = await openOffers(t)
  const node = createNodeClient(rpcUrl)
  let [prev] = (await node.call('account_inputs', { owner: alice.address, tokens: 10n ** 26n })).prev as [Infohash]
  let time = 0
  const crowd = async (of: { readonly asset?: Infohash; readonly tokens: bigint }) => {
    for (let i = 0; i < CROWD; i++) {
      const { file, infohash } = pay(alice, { to: bob.address, ...of, time: time++, prev: [prev] })
      await node.call('tx_submit', { file })
      prev = infohash
    }
  }
  const create = async (give: string) => {
    const terms = ['--give', give, '--want', '1', '--want-asset', gold, '--unfinal', '--units', '--wallet', 'bob']
    const made = await json('offer', 'create', ...terms)
    assert.equal(made.exitCode, 0, JSON.stringify(made))
    return made.offer
  }
  // Each of its own output: bob has 100 TTX in one, and gets 50 and 60.
  const singles = await Promise.all(
    [50n, 60n].map(async (tokens) => {
      const { file, infohash } = pay(alice, { to: bob.address, tokens: tokens * UNIT, time: time++, prev: [prev] })
      prev = infohash
      return await node.call('tx_submit', { file })
    }),
  )
  assert.deepEqual(
    singles.map(({ status }) => status),
    ['accepted', 'accepted'],
  )
  const [taken, withdrawn, open] = [await create('40'), await create('55'), await create('90')]
  const inOffers = async () => (await json('balance', 'bob')).inOffers
  assert.equal(await inOffers(), `${210n * UNIT}`)
  await crowd({ tokens: 101n * UNIT })
  assert.equal(await inOffers(), `${210n * UNIT}`)
  const states = async () => {
    const { offers } = await json('offer', 'list')
    const stateOf = (id: string) => offers.find(({ offer }: { offer: string }) => offer === id).state
    return [taken, withdrawn, open].map(stateOf)
  }
  assert.deepEqual(await states(), ['open', 'open', 'open'])
  await json('send', '1', 'alice', '--asset', gold, '--unfinal', '--wallet', 'bob')
  for (const command of [
    ['take', taken, '--yes', '--unfinal', '--wallet', 'alice'],
    ['withdraw', withdrawn, '--wallet', 'bob'],
  ]) {
    const done = await json('offer', ...command)
    assert.equal(done.exitCode, 0, JSON.stringify(done))
  }
  assert.deepEqual(await states(), ['taken', 'withdrawn', 'open'])
  assert.equal(await inOffers(), `${100n * UNIT}`)
})
