// What a liar has to work with: a true state, what an honest miner would post on it now, and keys with its own money.

import { isOperationError, OperationError } from '../../../node/errors.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import type { ParentBlock } from '../../../node/protocol/block.ts'
import { encodeText } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { type Address, type Hash, type Infohash, toAddress } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { packTransaction } from '../../../node/protocol/packed.ts'
import type { QueueEntry } from '../../../node/protocol/queue.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { type Output, outputsOf, type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep, queueIndexes, readLanes } from '../../../node/protocol/step.ts'
import {
  encodeTransaction,
  type PackableTransaction,
  type SignedTransaction,
} from '../../../node/protocol/transaction.ts'
import { signingDigest, type TransactionBody } from '../../../node/protocol/typed-data.ts'
import { honestSteps } from './honest.ts'

/** A wallet is one. */
export type Signer = { readonly address: Address; sign(digest: Uint8Array): Uint8Array }

/** A step, and the state that it is said to lead to. */
export type Told = { readonly step: Uint8Array; readonly after: State }

/** What may have to be arranged before there is anything to lie about. */
const NEEDS = [
  /** Money of the liar's own: an output of at least four times the least request. */
  'money',
  /** An output of the liar that a block below has spent. */
  'spent-output',
  /** Money of somebody else, in a transaction that left none to the liar. */
  'victim',
  /** Queue entries after the parent, of this kind, of an asset the one or an output of the liar; valid or not where they would be; old enough that none may be passed over. */
  'deposit',
  'entry',
  'valid-forced',
  'invalid-forced',
  'overdue-entry',
] as const

export type Need = (typeof NEEDS)[number]

export type Scene = {
  readonly rules: Rules
  readonly parent: ParentBlock
  /** From the parent's count on, as many as a block holds at most. */
  readonly queue: readonly QueueEntry[]
  /** Whether the first of them is an hour old when the block is published. */
  readonly overdue: boolean
  /** What an honest miner would post: the queue first. */
  readonly honest: readonly Told[]
  readonly liar: Signer
  /** Of the liar, and gone in the state of the parent. */
  readonly spent: readonly Infohash[]
  /** Unix seconds; goes into transactions, so that two lies differ. */
  readonly time: number
}

/** What is posted. `state` is what the liar goes on from, which need not be what the last of `states` stands for. */
export type Content = {
  readonly steps: readonly Uint8Array[]
  readonly states: readonly Hash[]
  readonly state: State
}

/** Whom the liar pays: nobody has a key of this address. */
export const FRIEND: Address = toAddress(keccak(encodeText('a friend of the liar')).subarray(12))

/** Throws `OperationError('nothing-to-lie-about')`, which `needOf` reads. */
export function lack(need: Need): OperationError {
  return new OperationError('nothing-to-lie-about', `expected ${need} to lie about, got none; arrange it first`, {
    facts: { need },
  })
}

/** What was missing, if that is why a lie failed. */
export function needOf(error: unknown): Need | undefined {
  if (!isOperationError(error, 'nothing-to-lie-about')) return undefined
  return NEEDS.find((need) => need === error.facts.need)
}

/** A block as it is being made up. */
export class Story {
  readonly scene: Scene
  readonly #steps: Uint8Array[] = []
  readonly #states: Hash[] = []
  #state: State

  /** Begins with `honest`: all of the scene's, unless fewer are given. */
  constructor(scene: Scene, honest: readonly Told[] = scene.honest) {
    this.scene = scene
    this.#state = scene.parent.state
    for (const { step, after } of honest) this.say(step, after)
  }

  /** After what was told so far. */
  get state(): State {
    return this.#state
  }

  get length(): number {
    return this.#steps.length
  }

  /** The true result of a step here; what it begins with if the step is invalid. */
  resultOf(step: Uint8Array): State {
    const { rules, parent } = this.scene
    const index = queueIndexes(parent.header.lanes, [...this.#steps, step]).at(-1) ?? 0n
    return applyStep(rules, this.#state, index, step).state
  }

  /** A step, and where it is said to lead: to the truth by default. */
  say(step: Uint8Array, after: State = this.resultOf(step)): this {
    this.#steps.push(step)
    this.#states.push(stateRoot(after))
    this.#state = after
    return this
  }

  /** A transaction that is not valid here, told as if it were. */
  pretend<Tx extends PackableTransaction>(tx: Tx, told: (state: State, tx: Tx, infohash: Infohash) => State): this {
    return this.say(stepOf(tx), told(this.#state, tx, infohashOf(encodeTransaction(tx))))
  }

  /** The rest of the queue, by the rules, on what was told so far. */
  goOn(): this {
    const { rules, parent, queue } = this.scene
    const consumed = this.length
    const { lanes } = readLanes(parent.header.lanes, this.#steps)
    const here = { ...parent, header: { ...parent.header, lanes }, state: this.#state }
    for (const { step, after } of honestSteps(rules, here, queue.slice(consumed), [])) this.say(step, after)
    return this
  }

  content(): Content {
    return { steps: [...this.#steps], states: [...this.#states], state: this.#state }
  }
}

/** The story of the first entries of the queue. */
export function upTo(scene: Scene, count: number): Story {
  return new Story(scene, honestSteps(scene.rules, scene.parent, scene.queue.slice(0, count), []))
}

/** Signs as the liar. */
export function sign({ liar, time }: Scene, body: Omit<TransactionBody, 'time'>): SignedTransaction {
  const whole = { time, ...body }
  return { kind: 'signed', from: liar.address, signature: liar.sign(signingDigest(whole)), ...whole }
}

/** A payment of half of the liar's greatest output to its friend. Throws `lack`. */
export function payment(story: Story, change: Partial<Omit<TransactionBody, 'time'>> = {}): SignedTransaction {
  const { infohash, value } = ownOutput(story)
  return sign(story.scene, { to: FRIEND, tokens: value / 2n, prev: [infohash], ...change })
}

/** The scene with a small payment of the liar's own behind what an honest miner would post. Throws `lack`. */
export function withPayment(scene: Scene): Scene {
  const story = new Story(scene)
  const step = stepOf(payment(story, { tokens: scene.rules.minRequest }))
  return { ...scene, honest: [...scene.honest, { step, after: story.resultOf(step) }] }
}

/** A request of half of the liar's greatest output. Throws `lack`. */
export function request(story: Story, change: Partial<Omit<TransactionBody, 'time'>> = {}): SignedTransaction {
  const { rules, liar } = story.scene
  return payment(story, { to: rules.bridge, bridge: { chain: rules.chain, to: liar.address }, ...change })
}

/** The greatest output of the liar here. Throws `lack('money')`. */
export function ownOutput({ scene, state }: Story): Output {
  const own = outputsOf(state).filter(({ owner, asset }) => owner === scene.liar.address && asset === undefined)
  return greatest(own, 4n * scene.rules.minRequest) ?? fail(lack('money'))
}

/** The greatest output of anyone else here, of a transaction that left none to the liar. Throws `lack('victim')`. */
export function victimOutput({ scene, state }: Story): Output {
  const outputs = outputsOf(state)
  const { address } = scene.liar
  // An output is named by infohash and owner: of a transaction that paid both, the liar would take its own.
  const own = new Set(outputs.flatMap(({ owner, infohash }) => (owner === address ? [infohash] : [])))
  const isTtx = ({ asset }: Output) => asset === undefined
  const others = outputs.filter(isTtx).filter(({ owner, infohash }) => !own.has(infohash) && owner !== FRIEND)
  return greatest(others, scene.rules.minRequest) ?? fail(lack('victim'))
}

export function stepOf(tx: PackableTransaction): Uint8Array {
  return encodeStep({ kind: 'transaction', packed: packTransaction(tx) })
}

function greatest(outputs: readonly Output[], least: bigint): Output | undefined {
  const enough = outputs.filter(({ value }) => value >= least)
  return enough.toSorted((a, b) => (a.value < b.value ? 1 : -1))[0]
}

export function fail(error: Error): never {
  throw error
}
