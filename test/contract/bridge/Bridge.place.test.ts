// Two names with one place in the tree, on the contract that is deployed: who came first stays, and the other cannot be created. 2^80 work
// makes such names, which nobody has here, so the bridge begins with entries in the places that are wanted.

import assert from 'node:assert/strict'
import { after, beforeEach, it } from 'node:test'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { toBytes, toInfohash } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../node/protocol/queue.ts'
import { balanceOf, type EntryName, stateRoot } from '../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { withPlaceTaken } from '../../../scripts/assure/models/made-up-states.ts'
import { accountOf } from '../../../scripts/assure/models/world.ts'
import { someHash } from '../../support/contract/blocks.ts'
import { genesisTransaction, HOUR, MIN_REQUEST } from '../../support/contract/fixture.ts'
import { Stage } from '../../support/contract/stage.ts'
import {
  assertConvicted,
  assertRight,
  bringOut,
  requestTo,
  transfer,
  withAmounts,
} from '../../support/contract/verdicts.ts'

const GROSS = 1_000n
/** Whose account has lost its place; whose deposits have; and who has money. */
const [homeless, late, rich] = [accountOf('homeless'), accountOf('late'), accountOf('rich')]
const nobody = accountOf('nobody').address
const coin = toInfohash(toBytes(someHash(1)).subarray(12))
const genesis = genesisInfohash(genesisTransaction)

// The names of deposits and of payments follow from the address of the bridge, which is the same each time.
await using probe = await Stage.start('bridge')
const paid = transfer(probe, rich, { to: nobody, tokens: MIN_REQUEST, prev: [coin] })
const changed = transfer(probe, rich, { to: nobody, tokens: MIN_REQUEST - 1n, prev: [coin] })
const deposit = depositTransaction(probe.rules, 0n, { kind: 'deposit', gross: GROSS, to: late.address })
const TAKEN: EntryName[] = [
  { owner: homeless.address },
  { infohash: infohashOf(encodeTransaction(deposit)), owner: late.address },
  { infohash: paid.infohash, owner: nobody },
  { infohash: changed.infohash, owner: rich.address },
]
const held = withAmounts(genesisState(genesisTransaction), [
  [{ infohash: coin, owner: rich.address }, MIN_REQUEST],
  [{ owner: rich.address }, MIN_REQUEST],
  [{ infohash: coin, owner: homeless.address }, MIN_REQUEST],
])
const stage = await Stage.start('bridge', { state: TAKEN.reduce(withPlaceTaken, held), infohash: genesis })
const { fixture } = stage
assert.deepEqual(stage.rules, probe.rules)
const holder = fixture.account(0)
await bringOut(stage, genesis)
const start = fixture.chain.time
let back = await stage.snapshot()

after(() => stage[Symbol.asyncDispose]())
beforeEach(async () => {
  await back()
  back = await stage.snapshot()
  fixture.chain.time = start + HOUR
})

it('a payment is OutputExists where the place of its output is taken, or that of its change', async () => {
  await assertConvicted(stage, 'OutputExists', paid)
  await assertConvicted(stage, 'OutputExists', changed)
  // Any other payment of the same is right: its outputs have other places.
  await assertRight(stage, [transfer(stage, rich, { to: nobody, tokens: MIN_REQUEST, prev: [coin] }).step])
})

it('a payment is OutputExists where the place of the account of its payee is taken', async () => {
  await assertConvicted(
    stage,
    'OutputExists',
    transfer(stage, rich, { to: homeless.address, tokens: 1n, prev: [coin] }),
  )
})

it('nothing is taken from what has the place of an account: its owner has none', async () => {
  for (const body of [{ to: nobody }, requestTo(stage, fixture.account(5))]) {
    await assertConvicted(stage, 'Overspend', transfer(stage, homeless, { ...body, tokens: MIN_REQUEST, prev: [coin] }))
  }
})

it('what has the place of an output is not spent for it', async () => {
  const spent = transfer(stage, late, { to: nobody, tokens: 7n, prev: [infohashOf(encodeTransaction(deposit))] })
  await assertConvicted(stage, 'MissingInput', spent)
})

it('a deposit changes nothing where the place of its output or of its account is taken, and is never invalid', async () => {
  const steps: Uint8Array[] = []
  for (const to of [late.address, homeless.address, late.address]) steps.push(await stage.deposit(GROSS, to, holder))
  fixture.pass(HOUR)
  const [before, [first, second]] = [stage.tip.state, stage.statesOf(steps)]
  assert.deepEqual([first, second].map(stateRoot), [before, before].map(stateRoot))
  const after = await assertRight(stage, steps)
  assert.equal(balanceOf(after.state, late.address), GROSS - GROSS / 100n)
})
