// Numbers that no Ethereum will see, where the contract has fewer bits for them than the EVM: it refuses, and never cuts off.

import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { keyOf } from '../../../node/protocol/ids.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture } from '../../support/contract/fixture.ts'

const GWEI = 10n ** 9n
const fixture = await Fixture.deploy('harness')
const { chain, read } = fixture
await chain.request('hardhat_setBalance', [fixture.account(0), `0x${(2n ** 200n).toString(16)}`])

after(() => fixture[Symbol.asyncDispose]())

it('a bond of 2^48 gwei is refused, and one below is kept whole', async () => {
  const block = fixture.draft(fixture.genesis)
  const value = 2n ** 48n * GWEI
  await assertReverts(fixture.publish(fixture.genesis, block, { value }), 'SafeCastOverflowedUintDowncast')
  await fixture.publish(fixture.genesis, block, { value: value - 1n })
  assert.equal((await read.blocks([keyOf(block.id)])).bond, 2 ** 48 - 1)
})
