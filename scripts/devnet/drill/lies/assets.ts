// Lies about other assets than TTX: units from nowhere, one asset that becomes another, coins that are issued again.

import { encodeUint } from '../../../../node/protocol/bytes.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import { depositTransaction, type EnteredEntry } from '../../../../node/protocol/queue.ts'
import { type Output, ofAsset, outputsOf } from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { encodeTransaction, type SignedTransaction } from '../../../../node/protocol/transaction.ts'
import { asIf, forge } from '../forge.ts'
import type { Lie } from '../lie.ts'
import { FRIEND, lack, ownOutput, payment, request, type Scene, Story, sign, stepOf, upTo } from '../scene.ts'

/** Where the packed form has the kind of its asset. */
const KIND = 107
const ISSUED = 1_000n

/** The story up to the first entry of an asset in the queue, and what it turns into. */
function atEntry(scene: Scene): { readonly story: Story; readonly entry: EnteredEntry; readonly infohash: Infohash } {
  const at = scene.queue.findIndex(({ kind }) => kind === 'entered')
  const entry = scene.queue[at]
  if (entry?.kind !== 'entered') throw lack('entry')
  const tx = depositTransaction(scene.rules, scene.parent.header.lanes.assets.count, entry)
  return { story: upTo(scene, at), entry, infohash: infohashOf(encodeTransaction(tx)) }
}

function entryStep(entry: EnteredEntry): Uint8Array {
  return encodeStep({ kind: 'entered', entry })
}

/** An output of the liar of what a contract entered, here. Throws `lack('entry')`. */
function ownUnits({ scene, state }: Story): Output {
  const own = outputsOf(state).find(({ owner, asset }) => owner === scene.liar.address && asset?.startsWith('0x'))
  if (own === undefined) throw lack('entry')
  return own
}

/** A payment of all of such an output, less one unit. */
function unitsPaid(story: Story): SignedTransaction {
  const { infohash, value, asset } = ownUnits(story)
  return payment(story, { ...(asset ? { asset } : {}), tokens: value - 1n, prev: [infohash] })
}

/** An issuance by the liar, for itself. */
function issuance(story: Story): SignedTransaction {
  const { infohash } = ownOutput(story)
  const to = story.scene.liar.address
  return sign(story.scene, { to, tokens: ISSUED, issuance: true, prev: [infohash] })
}

function infohashIn(tx: SignedTransaction): Infohash {
  return infohashOf(encodeTransaction(tx))
}

/** A step of the packed form with one byte of it changed after it was signed. */
function altered(tx: SignedTransaction, offset: number, byte: number): Uint8Array {
  return encodeStep({ kind: 'transaction', packed: packTransaction(tx).with(offset, byte) })
}

export const ASSET_LIES = {
  'entry-altered': {
    about: 'an entry of an asset of one unit more than was entered',
    expected: { refused: 'QueueMismatch' },
    tell: (scene) => {
      const { story, entry } = atEntry(scene)
      return story.say(entryStep({ ...entry, amount: entry.amount + 1n }))
    },
  },
  'entry-lost': {
    about: 'an entry of an asset that credits nobody',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const { story, entry } = atEntry(scene)
      return story.say(entryStep(entry), story.state).goOn()
    },
  },
  'entry-as-ttx': {
    about: 'an entry of an asset that is credited as TTX',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const { story, entry, infohash } = atEntry(scene)
      const { amount, to } = entry
      const after = forge(forge(story.state, { infohash, owner: to }, amount), { owner: to }, amount)
      return story.say(entryStep(entry), after).goOn()
    },
  },
  'entry-of-another': {
    about: 'an entry that is credited as the asset of another contract',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const { story, entry } = atEntry(scene)
      return story.say(entryStep(entry), story.resultOf(entryStep({ ...entry, asset: FRIEND }))).goOn()
    },
  },
  'asset-minted': {
    about: 'a payment of an asset after which the payee has one unit that came from nowhere',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = unitsPaid(story)
      const [output, account] = [{ infohash: infohashIn(tx), owner: FRIEND }, { owner: FRIEND }]
      const after = forge(story.resultOf(stepOf(tx)), ofAsset(output, tx.asset), 1n)
      return story.say(stepOf(tx), forge(after, ofAsset(account, tx.asset), 1n))
    },
  },
  'asset-into-ttx': {
    about: 'a payment of an asset that arrives as TTX',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = unitsPaid(story)
      const [output, account] = [{ infohash: infohashIn(tx), owner: FRIEND }, { owner: FRIEND }]
      const gone = forge(story.resultOf(stepOf(tx)), ofAsset(output, tx.asset), -tx.tokens)
      const taken = forge(gone, ofAsset(account, tx.asset), -tx.tokens)
      return story.say(stepOf(tx), forge(forge(taken, output, tx.tokens), account, tx.tokens))
    },
  },
  'ttx-as-asset': {
    about: 'a payment of an asset whose input is TTX',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      return story.pretend(payment(story, { asset: FRIEND }), asIf)
    },
  },
  'asset-as-ttx': {
    about: 'a payment of TTX whose input is another asset',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const { infohash, value } = ownUnits(story)
      return story.pretend(payment(story, { tokens: value, prev: [infohash] }), asIf)
    },
  },
  'kind-changed': {
    about: 'a payment of an asset whose kind was changed after it was signed',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = unitsPaid(story)
      return story.say(altered(tx, KIND, 3), story.resultOf(stepOf(tx)))
    },
  },
  'asset-of-no-kind': {
    about: 'a payment of an asset of a kind that there is not',
    expected: { problem: 'BadAsset' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = payment(story, { asset: FRIEND })
      return story.say(altered(tx, KIND, 1))
    },
  },
  'issuance-of-more': {
    about: 'an issuance after which there is one unit more than was issued',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = issuance(story)
      const [infohash, owner] = [infohashIn(tx), tx.to]
      const after = forge(story.resultOf(stepOf(tx)), ofAsset({ infohash, owner }, infohash), 1n)
      return story.say(stepOf(tx), forge(after, ofAsset({ owner }, infohash), 1n))
    },
  },
  'issuance-replayed': {
    about: 'an issuance that comes a second time',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = issuance(story)
      return story.say(stepOf(tx)).pretend(tx, asIf)
    },
  },
  'issuance-of-ttx': {
    about: 'an issuance that is credited as TTX',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = issuance(story)
      const [infohash, owner] = [infohashIn(tx), tx.to]
      const gone = forge(story.resultOf(stepOf(tx)), ofAsset({ infohash, owner }, infohash), -ISSUED)
      const after = forge(forge(gone, ofAsset({ owner }, infohash), -ISSUED), { infohash, owner }, ISSUED)
      return story.say(stepOf(tx), forge(after, { owner }, ISSUED))
    },
  },
  'issued-leaves': {
    about: 'a request of coins that were issued, for which nobody on Ethereum has anything',
    expected: { problem: 'BadAsset' },
    tell: (scene) => {
      const story = new Story(scene)
      const tx = issuance(story)
      const asset = infohashIn(tx)
      story.say(stepOf(tx))
      return story.pretend(request(story, { asset, tokens: ISSUED, prev: [asset] }), asIf)
    },
  },
  'request-of-itself': {
    about: 'a request of an asset for the contract that entered it',
    expected: { problem: 'BadPayee' },
    tell: (scene) => {
      const story = new Story(scene)
      const bridge = { chain: scene.rules.chain, to: FRIEND }
      return story.pretend(request(story, { asset: FRIEND, bridge }), asIf)
    },
  },
  'asset-request-as-ttx': {
    about: 'a request of an asset of which the head says that it is one of TTX',
    expected: { problem: 'OtherRequest' },
    tell: (scene) => {
      const story = new Story(scene)
      const { infohash, value, asset } = ownUnits(story)
      const what = { ...(asset ? { asset } : {}), tokens: value, prev: [infohash] }
      return story.say(stepOf(request(story, what)))
    },
    alter: (draft) => ({ ...draft, requests: ofTtx(draft.requests) }),
  },
} as const satisfies Readonly<Record<string, Lie>>

/** The last record of a head, which is of an asset (59 bytes), as if it were of a little TTX (39). */
function ofTtx(requests: Uint8Array): Uint8Array {
  const before = requests.subarray(0, -59)
  const record = requests.slice(-59, -20)
  record.set([0], 2)
  record.set(encodeUint(1_000n, 16), 23)
  return Uint8Array.from([...before, ...record])
}
