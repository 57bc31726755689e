// An output that holds more than the account of its owner, on the contract that is deployed. No right step leads there; the bridge begins
// with such a state, which only a lie can be. (It is what a collision of cut keys would leave, if names were not kept whole.)
//
// Whatever is done with such an output has an answer: the step is right, or one proof kills its block. Nothing is minted.

import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { toBytes, toInfohash } from '../../../node/protocol/ids.ts'
import { type EntryName, outputValue } from '../../../node/protocol/state.ts'
import type { TransactionBody } from '../../../node/protocol/typed-data.ts'
import { accountOf } from '../../../scripts/assure/models/world.ts'
import { appliedStep, proofOf, someHash, voidStep } from '../../support/contract/blocks.ts'
import { genesisTransaction, HOUR, MIN_REQUEST } from '../../support/contract/fixture.ts'
import { Stage } from '../../support/contract/stage.ts'
import {
  assertConvicted,
  assertDies,
  assertRight,
  bringOut,
  requestTo,
  transfer,
  withAmounts,
} from '../../support/contract/verdicts.ts'

/** What the output held before, and the credit that was added to it. */
const UNBACKED = [
  [1_000n, 990n],
  [MIN_REQUEST, 1n],
  [1n, 10n ** 26n],
  [10n ** 26n, MIN_REQUEST],
].map(([own = 0n, credit = 0n], i) => {
  return { own, credit, liar: accountOf(`liar ${i}`), depositor: accountOf(`depositor ${i}`).address }
})
const nobody = accountOf('nobody').address
const coin = toInfohash(toBytes(someHash(1)).subarray(12))
const genesis = genesisInfohash(genesisTransaction)
const unbacked = withAmounts(
  genesisState(genesisTransaction),
  UNBACKED.flatMap(({ own, credit, liar, depositor }): [EntryName, bigint][] => [
    [{ infohash: coin, owner: liar.address }, own + credit],
    [{ owner: liar.address }, own],
    [{ owner: depositor }, credit],
  ]),
)

const stage = await Stage.start('bridge', { state: unbacked, infohash: genesis })
const { fixture } = stage
const holder = fixture.account(0)
const thief = fixture.account(5)
await bringOut(stage, genesis)
const start = fixture.chain.time
let back = await stage.snapshot()

after(() => stage[Symbol.asyncDispose]())
beforeEach(async () => {
  await back()
  back = await stage.snapshot()
  fixture.chain.time = start + HOUR
})

for (const { own, credit, liar, depositor } of UNBACKED) {
  describe(`an output of ${own} and of ${credit} that no account has`, () => {
    const spend = (body: Omit<TransactionBody, 'time' | 'prev'>) => transfer(stage, liar, { ...body, prev: [coin] })
    const pay = (tokens: bigint) => spend({ to: nobody, tokens })

    it('cannot be paid away whole', async () => {
      await assertConvicted(stage, 'Overspend', pay(own + credit))
      await assertConvicted(stage, 'Overspend', spend({ to: depositor, tokens: own + credit }))
    })

    it('cannot be paid away with change, but for what the account has', async () => {
      await assertConvicted(stage, 'Overspend', pay(own + 1n))
      await assertRight(stage, [pay(own).step])
    })

    it('cannot be asked for on Ethereum, but for what the account has', async () => {
      const request = (tokens: bigint) => spend({ ...requestTo(stage, thief), tokens })
      for (const tokens of [own + 1n, own + credit]) {
        if (tokens >= MIN_REQUEST) await assertConvicted(stage, 'Overspend', request(tokens))
      }
      if (own < MIN_REQUEST) return
      const { block } = await assertRight(stage, [request(own).step])
      await fixture.claim(block, proofOf(block, 0))
      assert.equal(await fixture.wttx.balanceOf([thief]), own - own / 100n)
    })

    it('stays what it is where its owner pays himself, and is no better for it', async () => {
      const { step, infohash } = spend({ to: liar.address, tokens: 1n })
      const { state } = await assertRight(stage, [step])
      assert.equal(outputValue(state, infohash, liar.address), own + credit)
      const again = { to: nobody, tokens: own + credit, prev: [infohash] }
      await assertConvicted(stage, 'Overspend', transfer(stage, liar, again))
    })

    it('leaves change without an account, which cannot be spent', async () => {
      const { step, infohash } = pay(own)
      const { state } = await assertRight(stage, [step])
      assert.equal(outputValue(state, infohash, liar.address), credit)
      const change = { to: nobody, tokens: 1n, prev: [infohash] }
      await assertConvicted(stage, 'Overspend', transfer(stage, liar, change))
    })

    it('gives as much more as its owner deposits on top', async () => {
      const step = await stage.deposit(1_000n, liar.address, holder)
      fixture.pass(HOUR)
      await assertRight(stage, [step])
      const most = own + (credit < 990n ? credit : 990n)
      if (credit > 990n) await assertConvicted(stage, 'Overspend', pay(most + 1n))
      await assertRight(stage, [pay(most).step])
    })

    it('makes its forced spending void: who applies it is convicted, and who calls a right one void', async () => {
      const [whole, part] = [pay(own + credit).packed, pay(own).packed]
      const fees = [await stage.force(whole), await stage.force(part)] as const
      fixture.pass(HOUR)
      const applied = await stage.publish(stage.draft([appliedStep(fees[0], whole), appliedStep(fees[1], part)]))
      await assertDies(stage, applied, 0, 'Overspend')
      const voided = await stage.publish(stage.draft([voidStep(fees[0], whole), voidStep(fees[1], part)]))
      await assertDies(stage, voided, 1, 'WrongVoid')
      await assertRight(stage, [voidStep(fees[0], whole), appliedStep(fees[1], part)])
    })
  })
}
