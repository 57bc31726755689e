// Blocks that are too big, or whose bytes have no shape: the bridge itself refuses them.

import type { Infohash } from '../../../../node/protocol/ids.ts'
import { BYTE_LIMIT, MAX_INPUTS, MAX_MEMO, STEP_LIMIT } from '../../../../node/protocol/rules.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import type { Lie } from '../lie.ts'
import { type Content, payment, type Scene, Story, stepOf } from '../scene.ts'

/** Right steps, then as many copies of another one, which are said to change nothing. */
function repeat(scene: Scene, step: Uint8Array, count: number): Content {
  const { steps, states, state } = new Story(scene).content()
  const many = <T>(one: T) => Array.from({ length: count }, () => one)
  return { steps: [...steps, ...many(step)], states: [...states, ...many(stateRoot(state))], state }
}

export const SHAPE_LIES = {
  'too-many-steps': {
    about: 'a block of one step more than fits',
    expected: { refused: 'TooManySteps' },
    inBlobs: null,
    tell: (scene) => {
      const story = new Story(scene)
      return repeat(scene, stepOf(payment(story)), STEP_LIMIT + 1 - story.length)
    },
  },
  'too-many-bytes': {
    about: 'a block of the longest transactions that there are, more than fit',
    expected: { refused: 'TooManyBytes' },
    inBlobs: null,
    tell: (scene) => {
      const prev = Array.from({ length: MAX_INPUTS }, (_, i) => `${i}`.repeat(40) as Infohash) // 40 digits
      const step = stepOf(payment(new Story(scene), { prev, memo: 'x'.repeat(MAX_MEMO) }))
      return repeat(scene, step, Math.ceil((BYTE_LIMIT + 1) / (step.length + 32)))
    },
  },
  'malformed-step': {
    about: 'a step that lacks its last byte',
    expected: { refused: 'MalformedStep' },
    // The bytes of an element that are not there are zeros.
    inBlobs: null,
    tell: (scene) => repeat(scene, stepOf(payment(new Story(scene))).slice(0, -1), 1),
  },
  'unknown-kind': {
    about: 'a step of a kind that there is not',
    expected: { refused: 'MalformedStep' },
    inBlobs: { problem: 'Malformed' },
    tell: (scene) => repeat(scene, stepOf(payment(new Story(scene))).with(0, 6), 1),
  },
  'missing-state': {
    about: 'a step without a state after it',
    expected: { refused: 'StatesMismatch' },
    inBlobs: null,
    tell: (scene) => {
      const content = repeat(scene, stepOf(payment(new Story(scene))), 1)
      return { ...content, states: content.states.slice(0, -1) }
    },
  },
} as const satisfies Readonly<Record<string, Lie>>
