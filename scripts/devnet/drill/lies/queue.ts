// Lies about the queue of Ethereum: deposits and forced transactions.

import { applyStep } from '../../../../node/protocol/apply.ts'
import { feeOf } from '../../../../node/protocol/fee.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { toHash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { type DepositEntry, depositTransaction, type ForcedEntry } from '../../../../node/protocol/queue.ts'
import type { State } from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { verifyPacked } from '../../../../node/protocol/verify.ts'
import { asIf, forge } from '../forge.ts'
import type { Lie } from '../lie.ts'
import { FRIEND, fail, lack, payment, type Scene, Story, stepOf, upTo } from '../scene.ts'

/** The story up to the first deposit of the queue. */
function atDeposit(scene: Scene): { readonly story: Story; readonly entry: DepositEntry; readonly index: bigint } {
  for (const [i, entry] of scene.queue.entries()) {
    if (entry.kind === 'deposit')
      return { story: upTo(scene, i), entry, index: scene.parent.header.lanes.deposits.count + BigInt(i) }
  }
  throw lack('deposit')
}

/** The story up to the first forced transaction that is valid where it is, or that lacks an input there. */
function atForced(scene: Scene, isValid: boolean): { readonly story: Story; readonly entry: ForcedEntry } {
  for (const [i, entry] of scene.queue.entries()) {
    if (entry.kind !== 'forced') continue
    const story = upTo(scene, i)
    const { reason } = applyStep(scene.rules, story.state, 0n, encodeStep({ ...entry, kind: 'applied' }))
    if (reason === (isValid ? 'None' : 'MissingInput')) return { story, entry }
  }
  throw lack(isValid ? 'valid-forced' : 'invalid-forced')
}

function depositStep(entry: DepositEntry): Uint8Array {
  return encodeStep({ kind: 'deposit', entry })
}

function voidStep({ fee, packed }: ForcedEntry): Uint8Array {
  return encodeStep({ kind: 'void', fee, packedHash: toHash(keccak(packed)) })
}

/** An invalid transaction told as if it were valid. */
function asIfApplied({ rules, ...scene }: Scene, state: State, { packed }: ForcedEntry): State {
  const verified = verifyPacked(rules, packed)
  return typeof verified === 'string'
    ? forge(state, { owner: scene.liar.address }, 1n)
    : asIf(state, verified.tx, verified.infohash)
}

export const QUEUE_LIES = {
  'deposit-credit': {
    about: 'a deposit that credits the miner’s fee too',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const { story, entry, index } = atDeposit(scene)
      const infohash = infohashOf(encodeTransaction(depositTransaction(scene.rules, index, entry)))
      const more = feeOf(entry.gross)
      const after = forge(story.resultOf(depositStep(entry)), { infohash, owner: entry.to }, more)
      return story.say(depositStep(entry), forge(after, { owner: entry.to }, more)).goOn()
    },
  },
  'deposit-owner': {
    about: 'a deposit that credits somebody else',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const { story, entry } = atDeposit(scene)
      return story.say(depositStep(entry), story.resultOf(depositStep({ ...entry, to: FRIEND }))).goOn()
    },
  },
  'deposit-lost': {
    about: 'a deposit that credits nobody',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const { story, entry } = atDeposit(scene)
      return story.say(depositStep(entry), story.state).goOn()
    },
  },
  'deposit-altered': {
    about: 'a deposit of one base unit more than was burned',
    expected: { refused: 'QueueMismatch' },
    tell: (scene) => {
      const { story, entry } = atDeposit(scene)
      return story.say(depositStep({ ...entry, gross: entry.gross + 1n })).goOn()
    },
  },
  'deposit-invented': {
    about: 'a deposit that nobody made',
    expected: { refused: 'QueueOverrun' },
    tell: (scene) => {
      const { rules, liar, queue } = scene
      const gross = 1_000n * rules.minRequest
      return upTo(scene, queue.filter(({ kind }) => kind === 'deposit').length).say(
        depositStep({ kind: 'deposit', gross, to: liar.address }),
      )
    },
  },
  'forced-void': {
    about: 'a forced transaction that is valid, called void',
    expected: { problem: 'WrongVoid' },
    tell: (scene) => {
      const { story, entry } = atForced(scene, true)
      return story.say(voidStep(entry)).goOn()
    },
  },
  'forced-lost': {
    about: 'a forced transaction that is called applied and has no effect',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const { story, entry } = atForced(scene, true)
      return story.say(encodeStep({ ...entry, kind: 'applied' }), story.state).goOn()
    },
  },
  'forced-applied': {
    about: 'a forced transaction that lacks its input, called applied',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const { story, entry } = atForced(scene, false)
      return story.say(encodeStep({ ...entry, kind: 'applied' }), asIfApplied(scene, story.state, entry)).goOn()
    },
  },
  'forced-void-effect': {
    about: 'a forced transaction that is void, and has an effect all the same',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const { story, entry } = atForced(scene, false)
      return story.say(voidStep(entry), asIfApplied(scene, story.state, entry)).goOn()
    },
  },
  'forced-altered': {
    about: 'a forced transaction with a higher fee than was paid',
    expected: { refused: 'QueueMismatch' },
    tell: (scene) => {
      const { story, entry } = atForced(scene, true)
      return story.say(encodeStep({ ...entry, kind: 'applied', fee: toGwei(entry.fee + 1n) })).goOn()
    },
  },
  'forced-ignored': {
    about: 'an empty block, although an entry of the queue has waited for an hour',
    expected: { refused: 'QueueIgnored' },
    tell: (scene) => (scene.overdue ? new Story(scene, []) : fail(lack('overdue-entry'))),
  },
  'queue-late': {
    about: 'an entry of the queue behind a transaction',
    expected: { refused: 'QueueStepTooLate' },
    // The head has the entries apart from all other steps: behind one of these there is no place.
    inBlobs: null,
    tell: (scene) => {
      const story = new Story(scene)
      const gross = 1_000n * scene.rules.minRequest
      story.say(stepOf(payment(story)))
      return story.say(depositStep({ kind: 'deposit', gross, to: scene.liar.address }))
    },
  },
} as const satisfies Readonly<Record<string, Lie>>
