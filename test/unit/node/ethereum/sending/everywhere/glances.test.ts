// What endpoints say of Ethereum and of the account: asked once for all who want to know, each endpoint for itself.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Glances } from '../../../../../../node/ethereum/sending/everywhere/glances.ts'
import { ZERO_ADDRESS } from '../../../../../../node/protocol/ids.ts'
import { madeUpId } from '../../../../../support/miner/made-up-tree.ts'
import { MadeUpChain, silence } from '../../../../../support/sending/made-up-chain.ts'

test('several who ask at the same time share one answer, and later ones have another', async () => {
  const { glances, endpoint, asked } = open()
  const [one, other] = await Promise.all([glances.at(endpoint), glances.at(endpoint)])
  assert.equal(one, other)
  assert.equal(asked.heads, 1)
  while ((await glances.at(endpoint)) === one) await delay(5)
  assert.equal(asked.heads, 2)
})

test('endpoints of the same name are asked each for itself', async () => {
  const { glances, endpoint } = open()
  const other = { ...endpoint, id: madeUpId('other'), nonce: async () => 77 }
  assert.equal((await glances.at(endpoint)).latest, 5)
  assert.equal((await glances.at(other)).latest, 77)
})

test('a failure is not kept', async () => {
  const { glances, endpoint, asked } = open()
  asked.isSilent = true
  await assert.rejects(glances.at(endpoint), { code: 'ethereum-silent' })
  asked.isSilent = false
  assert.equal((await glances.at(endpoint)).latest, 5)
})

test('what can be done without may be missing', async () => {
  const { glances, endpoint } = open()
  const no = () => Promise.reject(silence())
  const glance = await glances.at({ ...endpoint, tip: no, balance: no })
  assert.deepEqual([glance.tip, glance.balance, glance.pending], [undefined, undefined, 5])
})

function open() {
  const asked = { heads: 0, isSilent: false }
  const endpoint = new MadeUpChain().endpoint('one', ({ head }) => ({
    head: () => {
      asked.heads += 1
      return asked.isSilent ? Promise.reject(silence()) : head()
    },
  }))
  return { glances: new Glances(ZERO_ADDRESS, 1_000, 20), endpoint, asked }
}
