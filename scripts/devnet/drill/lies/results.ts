// Lies about a result: the step is right, and is said to lead to another state.

import { type Infohash, parseInfohash, toBytes, toHash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { type EntryName, type State, stateRoot } from '../../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { amountOf, flip, forge } from '../forge.ts'
import type { Lie } from '../lie.ts'
import { FRIEND, ownOutput, payment, type Scene, Story, stepOf } from '../scene.ts'

type Changes = (names: {
  readonly scene: Scene
  readonly infohash: Infohash
  readonly tokens: bigint
  readonly input: Infohash
}) => readonly (readonly [EntryName, bigint])[]

/** A right payment, after which these entries hold more or less than they should. */
function changing(changes: Changes): (scene: Scene) => Story {
  return (scene) => {
    const story = new Story(scene)
    const tx = payment(story)
    const { infohash: input } = ownOutput(story)
    const infohash = infohashOf(encodeTransaction(tx))
    const after = changes({ scene, infohash, input, tokens: tx.tokens }).reduce(
      (state, [name, by]) => forge(state, name, by),
      story.resultOf(stepOf(tx)),
    )
    return story.say(stepOf(tx), after)
  }
}

export const RESULT_LIES = {
  'wrong-change': {
    about: 'a payment whose change is one base unit too much',
    expected: { problem: 'WrongState' },
    tell: changing(({ scene: { liar }, infohash }) => [
      [{ infohash, owner: liar.address }, 1n],
      [{ owner: liar.address }, 1n],
    ]),
  },
  'wrong-credit': {
    about: 'a payment that credits the payee with more than was paid',
    expected: { problem: 'WrongState' },
    tell: changing(({ infohash }) => [
      [{ infohash, owner: FRIEND }, 1n],
      [{ owner: FRIEND }, 1n],
    ]),
  },
  'wrong-account': {
    about: 'a payment after which the account of the payee holds more than their outputs',
    expected: { problem: 'WrongState' },
    tell: changing(() => [[{ owner: FRIEND }, 1n]]),
  },
  'account-kept': {
    about: 'a payment that leaves the account of the payer as it was',
    expected: { problem: 'WrongState' },
    tell: changing(({ scene: { liar }, tokens }) => [[{ owner: liar.address }, tokens]]),
  },
  'input-kept': {
    about: 'a payment whose input is still there afterwards',
    expected: { problem: 'WrongState' },
    tell: changing(({ scene: { liar }, input, tokens }) => [
      [{ infohash: input, owner: liar.address }, 2n * tokens],
      [{ owner: liar.address }, 2n * tokens],
    ]),
  },
  'wrong-infohash': {
    about: 'a payment whose outputs are under another infohash',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = payment(story)
      const infohash = infohashOf(encodeTransaction(tx))
      const other = parseInfohash(infohash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))
      const after = [scene.liar.address, FRIEND].reduce(
        (state, owner) => {
          const value = amountOf(state, { infohash, owner })
          return forge(forge(state, { infohash, owner }, -value), { infohash: other, owner }, value)
        },
        story.resultOf(stepOf(tx)),
      )
      return story.say(stepOf(tx), after)
    },
  },
  mint: {
    about: 'a payment after which the liar owns a thousand times the least request that came from nowhere',
    expected: { problem: 'WrongState' },
    tell: changing(({ scene: { liar, rules }, infohash }) => [
      [{ infohash, owner: liar.address }, 1_000n * rules.minRequest],
      [{ owner: liar.address }, 1_000n * rules.minRequest],
    ]),
  },
  'state-bit': {
    about: 'a right payment, and one bit of the state after it turned over',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = payment(story)
      const after: State = story.resultOf(stepOf(tx))
      const { steps, states } = story.content()
      // A different bit each time.
      const stated = toHash(flip(toBytes(stateRoot(after)), scene.time % 256))
      return { steps: [...steps, stepOf(tx)], states: [...states, stated], state: after }
    },
  },
} as const satisfies Readonly<Record<string, Lie>>
