// What there is before the first move: money for everybody, and as many final blocks as the network is old.

import assert from 'node:assert/strict'
import { finalizeCall } from '../../../node/ethereum/calls.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { UNIT } from '../../../node/protocol/rules.ts'
import { type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep } from '../../../node/protocol/step.ts'
import { pay } from '../../../scripts/assure/models/world.ts'
import type { DataMode } from '../../../scripts/devnet/drill/posting.ts'
import { EASIEST, holder, type Stage } from '../../support/stage.ts'
import { type Caller, DONE } from './calls.ts'
import { FINALITY_DEPTH } from './honest.ts'
import type { Model, ModelBlock } from './model.ts'
import { publicationOf } from './publishing.ts'
import { type Kzg, type Posted, sealBlock } from './sealing.ts'

const HOUR = 3_600n
const DAY = 24n * HOUR
const GIFT = 1_000n * UNIT
/** Outputs of each account: a user with only one has to wait for each of their payments. */
const GIFTS = 4
/** Blocks that build on the final one at most. */
const STRETCH = 100

/** What the past is made with. `data` is where the gifts are posted: nothing else of it has steps. */
export type Making = {
  readonly stage: Stage
  readonly model: Model
  readonly caller: Caller
  readonly kzg: Kzg
  readonly data: DataMode
}

/** Ends with everything final, and a day later. */
export async function makePast(making: Making, accounts: readonly Address[], heights: number): Promise<void> {
  const { stage, model, caller } = making
  await publish(making, gifts(stage, model.of(model.genesis), accounts))
  for (let height = 1; height < heights; height++) {
    if (height % STRETCH === 0) await finalizeAll(stage, model, caller)
    const { state } = model.of(model.tip)
    await stage.skip(HOUR)
    await publish(making, { steps: [], states: [], ...(state === undefined ? {} : { state }) })
  }
  await finalizeAll(stage, model, caller)
  await stage.anvil.client.mine({ blocks: FINALITY_DEPTH })
}

/** From the holder of all money to everybody. */
function gifts({ definition }: Stage, { state: before }: ModelBlock, accounts: readonly Address[]): Posted {
  const { rules, genesis } = definition
  let state: State = before
  let last = genesisInfohash(genesis)
  const told = Array.from({ length: GIFTS }, () => accounts).flatMap((all) => {
    return all.map((to) => {
      const { packed, infohash } = pay(holder, { to, tokens: GIFT, time: 1_800_000_000, prev: [last] }, rules)
      const step = encodeStep({ kind: 'transaction', packed })
      const applied = applyStep(rules, state, 0n, step)
      assert.equal(applied.reason, 'None')
      last = infohash
      state = applied.state
      return { step, root: stateRoot(state) }
    })
  })
  return { steps: told.map(({ step }) => step), states: told.map(({ root }) => root), state }
}

async function publish({ stage, model, caller, kzg, data }: Making, posted: Posted): Promise<void> {
  const below = model.of(model.tip)
  const place = { parent: below.id, below: below.sealed, before: below.state, target: EASIEST }
  const block = await sealBlock(stage.definition.rules, kzg, { ...posted, ...place, miner: caller.account, data })
  model.own(block.id, posted.state)
  const { baseFeePerGas } = await stage.anvil.client.getBlock()
  const { bondGas, ...call } = publicationOf(below.bytes, block)
  const value = bondGas * (2n * (baseFeePerGas ?? 0n) + stage.definition.floorPrice)
  assert.equal(await caller.send({ ...call, value }), DONE)
  await model.sync()
}

async function finalizeAll(stage: Stage, model: Model, caller: Caller): Promise<void> {
  await stage.skip(DAY)
  for (let [next] = model.liveChildren(model.final); next !== undefined; [next] = model.liveChildren(model.final)) {
    assert.equal(await caller.send(finalizeCall(model.of(next).bytes)), DONE)
    await model.sync()
  }
}
