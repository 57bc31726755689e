// Lies about a transaction: one that breaks a rule is told as if it had kept it.

import { concat, decodeUint, encodeText, encodeUint } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { toInfohash, ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { asIf, forge } from '../forge.ts'
import type { Lie } from '../lie.ts'
import { FRIEND, fail, lack, ownOutput, payment, Story, sign, stepOf, victimOutput } from '../scene.ts'

/** Order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

export const TRANSACTION_LIES = {
  'bad-signature': {
    about: 'a payment whose signature has r = 0',
    expected: { problem: 'BadSignature' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = payment(story)
      return story.pretend({ ...tx, signature: concat(new Uint8Array(32), tx.signature.subarray(32)) }, asIf)
    },
  },
  'signature-twin': {
    about: 'a payment under the other signature (high s) that its signer never gave out',
    expected: { problem: 'BadSignature' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = payment(story)
      const high = encodeUint(ORDER - decodeUint(tx.signature.subarray(32, 64)), 32)
      const v = 55 - (tx.signature[64] ?? 27)
      return story.pretend({ ...tx, signature: concat(tx.signature.subarray(0, 32), high, Uint8Array.of(v)) }, asIf)
    },
  },
  'foreign-input': {
    about: 'a payment that the liar signs, of money that somebody else owns',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const { infohash, value } = victimOutput(story)
      return story.pretend(sign(scene, { to: scene.liar.address, tokens: value, prev: [infohash] }), asIf)
    },
  },
  'missing-input': {
    about: 'a payment of an output that never was',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const { value } = ownOutput(story)
      const never = toInfohash(keccak(encodeText(`never was ${scene.time}`)).subarray(12))
      return story.pretend(sign(scene, { to: FRIEND, tokens: value, prev: [never] }), asIf)
    },
  },
  'spent-in-ancestor': {
    about: 'a payment of an output that a block below has spent',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const [spent = fail(lack('spent-output'))] = scene.spent
      return story.pretend(sign(scene, { to: FRIEND, tokens: 4n * scene.rules.minRequest, prev: [spent] }), asIf)
    },
  },
  'spent-in-block': {
    about: 'two payments of one output in the same block',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const first = payment(story)
      const { prev, tokens } = first
      return story.say(stepOf(first)).pretend(sign(scene, { to: scene.liar.address, tokens, prev }), asIf)
    },
  },
  'duplicate-input': {
    about: 'a payment that names one input twice, and spends it twice',
    expected: { problem: 'BadPrev' },
    tell: (scene) => {
      const story = new Story(scene)
      const { infohash, value } = ownOutput(story)
      return story.pretend(sign(scene, { to: FRIEND, tokens: 2n * value, prev: [infohash, infohash] }), asIf)
    },
  },
  overspend: {
    about: 'a payment of one base unit more than its inputs hold',
    expected: { problem: 'Overspend' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.pretend(payment(story, { tokens: ownOutput(story).value + 1n }), asIf)
    },
  },
  'zero-tokens': {
    about: 'a payment of nothing',
    expected: { problem: 'ZeroTokens' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.pretend(payment(story, { tokens: 0n }), (state) => state)
    },
  },
  'bad-memo': {
    about: 'a payment whose memo breaks out of its JSON string',
    expected: { problem: 'BadMemo' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.pretend(payment(story, { memo: '","x":"' }), asIf)
    },
  },
  'bad-payee': {
    about: 'a payment to the zero address',
    expected: { problem: 'BadPayee' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.pretend(payment(story, { to: ZERO_ADDRESS }), asIf)
    },
  },
  'output-exists': {
    about: 'a payment whose output is there already: planted by the step before, which is the one that dies',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const story = new Story(scene)
      // The second payment spends the first one's change.
      const first = payment(story)
      const prev = infohashOf(encodeTransaction(first))
      const second = sign(scene, { to: FRIEND, tokens: scene.rules.minRequest, prev: [prev] })
      const planted = { infohash: infohashOf(encodeTransaction(second)), owner: FRIEND }
      const after = forge(story.resultOf(stepOf(first)), planted, 1n)
      return story.say(stepOf(first), forge(after, { owner: FRIEND }, 1n)).pretend(second, asIf)
    },
  },
} as const satisfies Readonly<Record<string, Lie>>
