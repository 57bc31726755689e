// One thing changed anywhere in a right block, by a liar who is careless or who tells the rest of the story to match.

import { applyStep } from '../../../node/protocol/apply.ts'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import { toBytes } from '../../../node/protocol/ids.ts'
import { outputsOf, type State, stateRoot } from '../../../node/protocol/state.ts'
import { decodeStep, encodeStep, queueIndexes } from '../../../node/protocol/step.ts'
import { flipBit } from '../../../scripts/assure/models/step-cases.ts'
import { pay, type World } from '../../../scripts/assure/models/world.ts'
import { forge } from '../../../scripts/devnet/drill/forge.ts'
import type { RightBlock } from './random-chain.ts'
import type { Tip } from './stage.ts'

/** What is posted: any bytes. The parent's header and the target are the right ones where they are left out. */
export type Posted = {
  readonly steps: Uint8Array
  readonly states: Uint8Array
  readonly parent?: Uint8Array
  readonly target?: bigint
}

type Mutation = (world: World, right: RightBlock, tip: Tip) => Posted | undefined

/** Each returns `undefined` if the block has nothing of its kind. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a bit of a step': (world, right) => ({ ...postedOf(right), steps: flipBit(world, postedOf(right).steps) }),
  'a bit of a state': (world, right) => ({ ...postedOf(right), states: flipBit(world, postedOf(right).states) }),
  'two states swapped': (world, { steps, states }) => {
    const [a, b] = twoPlaces(world, steps.length)
    return post(steps, swap(states, a, b))
  },
  'two steps swapped': (world, { steps, states }) => {
    const [a, b] = twoPlaces(world, steps.length)
    return post(swap(steps, a, b), states)
  },
  'two steps swapped with their states': (world, { steps, states }) => {
    const [a, b] = twoPlaces(world, steps.length)
    return post(swap(steps, a, b), swap(states, a, b))
  },
  'a step removed': (world, { steps, states }) => {
    const at = place(world, steps.length)
    return post(steps.toSpliced(at, 1), states.toSpliced(at, 1))
  },
  'a step repeated': (world, { steps, states }) => {
    const at = place(world, steps.length)
    return post(steps.toSpliced(at, 0, steps[at] as Uint8Array), states.toSpliced(at, 0, states[at] as State))
  },
  'a step repeated at the end': (world, { steps, states }) => {
    const step = steps[place(world, steps.length)] as Uint8Array
    return post([...steps, step], [...states, states.at(-1) as State])
  },
  'a step without its state': (world, { steps, states }) => {
    const at = place(world, steps.length)
    return post(steps.toSpliced(at, 1), states)
  },
  'a byte cut off': (world, right) => {
    const posted = postedOf(right)
    return world.random() < 0.5
      ? { ...posted, steps: posted.steps.slice(0, -1) }
      : { ...posted, states: posted.states.slice(0, -1) }
  },
  'the header of the parent': (world, right, { block }) => ({
    ...postedOf(right),
    parent: flipBit(world, encodeSealed(block)),
  }),
  'the target': (world, right, { block }) => ({
    ...postedOf(right),
    target: block.header.target >> BigInt(2 + place(world, 80)),
  }),
  'money from nowhere, spent on': (world, { steps, states }, tip) => {
    const at = place(world, steps.length)
    const output = world.pick(outputsOf(states[at] as State))
    const change = 1n + BigInt(place(world, 1_000))
    const names = world.pick([[output], [{ owner: output.owner }], [output, { owner: output.owner }]])
    const forged = names.reduce((state, name) => forge(state, name, change), states[at] as State)
    return post(steps, [...states.slice(0, at), forged, ...tell(world, tip, steps, at + 1, forged)])
  },
  'a theft': (world, { steps, states }, tip) => {
    const queueSteps = steps.filter((step) => decodeStep(step)?.kind !== 'transaction').length
    const at = queueSteps + place(world, steps.length - queueSteps + 1)
    const before = states[at - 1] ?? tip.state
    const { infohash, owner, value } = world.pick(outputsOf(before))
    const thief = world.pick(world.accounts.filter(({ address }) => address !== owner))
    const { packed } = pay(thief, { to: thief.address, tokens: value, time: 1, prev: [infohash] }, world.rules)
    const told = forge(forge(before, { owner: thief.address }, value), { infohash, owner: thief.address }, value)
    const all = steps.toSpliced(at, 0, encodeStep({ kind: 'transaction', packed }))
    const after = world.random() < 0.5 ? told : before
    return post(all, [...states.slice(0, at), after, ...tell(world, tip, all, at + 1, after)])
  },
  'applied called void': (world, { steps, states }, tip) => {
    const at = pickKind(world, steps, 'applied')
    if (at === undefined) return undefined
    const step = steps[at] as Uint8Array
    const all = steps.with(at, concat(Uint8Array.of(3), step.slice(1, 9), keccak(step.slice(9))))
    const before = states[at - 1] ?? tip.state
    return post(all, [...states.slice(0, at), ...tell(world, tip, all, at, before)])
  },
  'void called applied': (world, right, tip) => {
    const at = pickKind(world, right.steps, 'void')
    const packed = at === undefined ? undefined : right.forced[at]
    if (at === undefined || packed === undefined) return undefined
    const step = right.steps[at] as Uint8Array
    const all = right.steps.with(at, concat(Uint8Array.of(2), step.slice(1, 9), packed))
    return post(all, [...right.states.slice(0, at), ...tell(world, tip, all, at, right.states[at - 1] ?? tip.state)])
  },
  'another fee of a queue step': (world, { steps, states }) => {
    const at = pickKind(world, steps, world.pick(['applied', 'void', 'deposit']))
    if (at === undefined) return undefined
    const step = steps[at] as Uint8Array
    const fee = encodeUint(place(world, 2 ** 30), 8)
    return post(steps.with(at, concat(step.slice(0, 1), fee, step.slice(9))), states)
  },
}

export function postedOf({ steps, states }: RightBlock): Posted {
  return post(steps, states)
}

/** The states of a liar's steps from `from` on: those that are invalid change nothing. */
function tell({ rules }: World, tip: Tip, steps: readonly Uint8Array[], from: number, state: State): State[] {
  const indexes = queueIndexes(tip.block.header.lanes, steps)
  let next = state
  return steps.slice(from).map((step, i) => {
    next = applyStep(rules, next, indexes[from + i] ?? 0n, step).state
    return next
  })
}

function post(steps: readonly Uint8Array[], states: readonly State[]): Posted {
  return { steps: concat(...steps), states: concat(...states.map((state) => toBytes(stateRoot(state)))) }
}

function place(world: World, below: number): number {
  return Math.floor(world.random() * below)
}

/** Two different places. */
function twoPlaces(world: World, below: number): [number, number] {
  const a = place(world, below)
  return [a, (a + 1 + place(world, below - 1)) % below]
}

function swap<T>(items: readonly T[], a: number, b: number): T[] {
  return items.with(a, items[b] as T).with(b, items[a] as T)
}

function pickKind(world: World, steps: readonly Uint8Array[], kind: string): number | undefined {
  const places = steps.flatMap((step, i) => (decodeStep(step)?.kind === kind ? [i] : []))
  return places.length === 0 ? undefined : world.pick(places)
}
