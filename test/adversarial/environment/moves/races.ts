// Moves that anybody may make about published blocks: nominations, finalizations, refutations, bonds and claims, called for or not.

import { type Opener, proveRow, proveStep, refuteStep } from '../../../../miner/watch/refutation.ts'
import {
  claimCall,
  finalizeCall,
  nominateCall,
  TRANSACTION_GAS,
  withdrawBondCall,
  withdrawCall,
} from '../../../../node/ethereum/calls.ts'
import { encodeRefutation } from '../../../../node/ethereum/refute-call.ts'
import { replay } from '../../../../node/protocol/replay.ts'
import type { Move } from './move.ts'

const GAS = TRANSACTION_GAS - 1n
const NODE_MS = 5_000

const nominate: Move = {
  name: 'nominate',
  weight: 5,
  async make({ model, caller }, chance) {
    const living = [...model.living()]
    const all = [...model.tree.keys()]
    const block = chance.pick(chance.isLucky(0.7) ? living.slice(-20) : all)
    const parent = chance.isLucky(0.7) ? model.final : chance.pick(all)
    if (block === undefined || parent === undefined) return undefined
    return `${block.slice(0, 10)} for ${parent.slice(0, 10)}: ${await caller.send(nominateCall(parent, block))}`
  },
}

const finalize: Move = {
  name: 'finalize',
  weight: 4,
  async make({ model, caller }, chance) {
    const id = chance.pick(model.liveChildren(model.final))
    if (id === undefined) return undefined
    return `${model.of(id).verdict} ${id.slice(0, 10)}: ${await caller.send(finalizeCall(model.of(id).bytes))}`
  },
}

const withdrawBond: Move = {
  name: 'withdraw a bond',
  weight: 3,
  async make({ model, caller }, chance) {
    const id = chance.pick([...model.tree.keys()])
    if (id === undefined) return undefined
    const outcome = await caller.send(withdrawBondCall(model.of(id).bytes))
    const payout = await caller.send(withdrawCall(caller.account))
    return `of ${id.slice(0, 10)}: ${outcome}; what is owed: ${payout}`
  },
}

const refute: Move = {
  name: 'refute an own wrong block',
  weight: 4,
  async make({ model, caller, rules, kzg }, chance) {
    const wrong = [...model.tree.values()].filter(({ id, refuted }) => !refuted && model.of(id).verdict === 'wrong')
    const block = chance.pick(wrong)
    if (block === undefined) return undefined
    const { sealed, body } = model.of(block.id)
    const below = model.of(sealed.header.parent)
    const queue = model.entryAt
    const parent = { id: below.id, header: below.sealed.header, state: below.state }
    const verdict = replay(rules, parent, { sealed, ...body }, queue)
    if (verdict.verdict !== 'invalid') throw new RangeError(`${block.id} is called wrong, and is not`)
    const before = { sealed: below.sealed, state: below.state }
    const open: Opener = (blobs, elements) => kzg.openings(blobs, elements)
    const data = encodeRefutation(await refuteStep(rules, before, { sealed, ...body }, queue, verdict, open))
    return `${block.id.slice(0, 10)}: ${await caller.send({ data, gas: GAS })}`
  },
}

const accuse: Move = {
  name: 'accuse a right block',
  weight: 2,
  async make({ model, caller, rules, kzg }, chance) {
    const right = [...model.living()].filter((id) => model.of(id).verdict === 'right' && id !== model.final)
    const id = chance.pick(right)
    const place = chance.number()
    if (id === undefined) return undefined
    const { sealed, body } = model.of(id)
    const { stepCount, parent } = sealed.header
    if (stepCount === 0) return undefined
    const below = model.of(parent)
    const step = Math.floor(place * stepCount)
    // The state before the step is not the one that is opened, unless it is the first.
    const scene = { parent: below.sealed }
    const proof =
      'blobs' in body
        ? await proveRow(rules, { ...scene, block: { sealed, ...body } }, below.state, step, (blobs, elements) =>
            kzg.openings(blobs, elements),
          )
        : proveStep(rules, { ...scene, block: { sealed, ...body } }, below.state, step)
    const data = encodeRefutation(proof)
    return `${id.slice(0, 10)}: ${await caller.send({ data, gas: GAS })}`
  },
}

const claim: Move = {
  name: 'claim for others',
  weight: 2,
  async make({ honest, caller }, chance) {
    const signal = AbortSignal.timeout(NODE_MS)
    const answer = await honest.nodes['node-0'].call('bridge_claims', {}, signal).catch(() => undefined)
    const one = chance.pick(answer?.claims ?? [])
    if (one === undefined) return undefined
    const claims = answer?.claims.filter(({ block }) => block === one.block) ?? []
    return `${claims.length} of ${one.block.slice(0, 10)}: ${await caller.send(claimCall(one.sealed, claims))}`
  },
}

export const RACE_MOVES: readonly Move[] = [nominate, finalize, withdrawBond, refute, accuse, claim]
