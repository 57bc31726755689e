// Lies about a request: wTTX for nobody's TTX, for somebody else, or for too much.

import { encodeUint } from '../../../../node/protocol/bytes.ts'
import { toBytes, ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import type { SignedTransaction } from '../../../../node/protocol/transaction.ts'
import { asIf } from '../forge.ts'
import type { Lie } from '../lie.ts'
import { FRIEND, payment, request, Story, stepOf, victimOutput } from '../scene.ts'

/** Where the packed form has the recipient and the amount. */
const RECIPIENT = 71
const TOKENS = 91

/** A step whose packed transaction was changed after it was signed. */
function altered(tx: SignedTransaction, offset: number, bytes: Uint8Array): Uint8Array {
  const packed = packTransaction(tx)
  packed.set(bytes, offset)
  return encodeStep({ kind: 'transaction', packed })
}

export const REQUEST_LIES = {
  'phantom-request': {
    about: 'a request that nobody made: the money of a victim, under a signature from elsewhere',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const { rules, liar } = scene
      const story = new Story(scene)
      const { signature } = payment(story)
      const { infohash, owner } = victimOutput(story)
      const bridge = { chain: rules.chain, to: liar.address }
      const body = { to: rules.bridge, bridge, tokens: rules.minRequest, time: scene.time, prev: [infohash] }
      return story.pretend({ kind: 'signed', from: owner, signature, ...body }, asIf)
    },
  },
  'request-amount': {
    about: 'a request whose amount was raised after it was signed',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = request(story)
      const tokens = tx.tokens + 1n
      const after = new Story(scene).pretend({ ...tx, tokens }, asIf).state
      return story.say(altered(tx, TOKENS, encodeUint(tokens, 16)), after)
    },
  },
  'request-recipient': {
    about: 'a request whose recipient was changed after it was signed',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = request(story)
      const after = new Story(scene).pretend(tx, asIf).state
      return story.say(altered(tx, RECIPIENT, toBytes(FRIEND)), after)
    },
  },
  'request-chain': {
    about: 'a request that was signed for a bridge on another chain',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const { rules, liar } = scene
      const story = new Story(scene)
      return story.pretend(request(story, { bridge: { chain: rules.chain + 1n, to: liar.address } }), asIf)
    },
  },
  'payment-as-request': {
    about: 'a payment that was signed as one, and is posted as a request',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = payment(story)
      const after = new Story(scene).pretend(request(story), asIf).state
      return story.say(altered(tx, 0, Uint8Array.of((packTransaction(tx)[0] ?? 0) | 0x10)), after)
    },
  },
  'request-kept': {
    about: 'a request that leaves its money on the TTX side too',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.say(stepOf(request(story)), story.state)
    },
  },
  'request-overspend': {
    about: 'a request of more than its inputs hold',
    expected: { problem: 'Overspend' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.pretend(request(story, { tokens: 4n * request(story).tokens }), asIf)
    },
  },
  'request-too-small': {
    about: 'a request below the minimum',
    expected: { problem: 'BelowMinimum' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.pretend(request(story, { tokens: scene.rules.minRequest - 1n }), asIf)
    },
  },
  'request-for-nobody': {
    about: 'a request for the zero address',
    expected: { problem: 'BadPayee' },
    tell: (scene) => {
      const { rules } = scene
      const story = new Story(scene)
      return story.pretend(request(story, { bridge: { chain: rules.chain, to: ZERO_ADDRESS } }), asIf)
    },
  },
  'request-beyond-supply': {
    about: 'a request of more than there is',
    expected: { refused: 'SupplyExceeded' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.pretend(request(story, { tokens: SUPPLY + 1n }), asIf)
    },
  },
} as const satisfies Readonly<Record<string, Lie>>
