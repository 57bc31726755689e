// Offers and takes: one form each, one meaning for each signature, and nobody bound by words that they did not sign.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { hashTypedData } from 'viem'
import { encodeText, formatHex } from '../../../../node/protocol/bytes.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { encodeOffer, type Offer, packOffer, readOffer, unpackOffer } from '../../../../node/protocol/offer.ts'
import { packedSizeAt, packTransaction, unpackTransaction } from '../../../../node/protocol/packed.ts'
import { isRuleError } from '../../../../node/protocol/rule-error.ts'
import { MAX_FILE_BYTES } from '../../../../node/protocol/rules.ts'
import { encodeTransaction, parentsOf, type TakeTransaction } from '../../../../node/protocol/transaction.ts'
import {
  offerDigest,
  offerMessage,
  signingDigest,
  takeDigest,
  takeMessage,
} from '../../../../node/protocol/typed-data.ts'
import { verifyFile, verifyPacked } from '../../../../node/protocol/verify.ts'
import { accountOf, RULES, signOffer, signTake } from '../../../../scripts/assure/models/world.ts'
import { takeShapes } from '../../../../scripts/make/take-vectors.ts'

const [maker, taker, third, contract] = [
  accountOf('maker'),
  accountOf('taker'),
  accountOf('third'),
  accountOf('contract'),
]
const issued = '1f'.repeat(20) as Infohash
const prev = Array.from({ length: 8 }, (_, i) => `${i}a`.repeat(20) as Infohash)
const shapes = takeShapes(taker, { contract, issued, prev })
const takes = shapes.map(({ offer, take }) => signTake(taker, { offer: signOffer(maker, offer), ...take }))
const [plain] = takes
assert(plain)

/** The reason that a file is refused for, or the code of another error. */
function refusal(tx: TakeTransaction): string {
  try {
    verifyFile(RULES, encodeTransaction(tx))
    return 'None'
  } catch (error) {
    return isRuleError(error, 'invalid-transaction') ? error.facts.reason : String((error as { code: unknown }).code)
  }
}

test('what was packed is read as it was written, and every file fits', () => {
  for (const tx of takes) {
    const { from, ...said } = tx.offer
    const unpacked = unpackOffer(packOffer(tx.offer))
    assert.deepEqual([unpacked?.prev, unpacked?.time, unpacked?.taker], [said.prev, said.time, said.taker])
    assert.deepEqual([unpacked?.give.tokens, unpacked?.want.tokens], [said.give.tokens, said.want.tokens])
    assert.deepEqual(readOffer(JSON.parse(new TextDecoder().decode(encodeOffer(tx.offer)))), tx.offer)
    const packed = packTransaction(tx)
    assert.equal(packedSizeAt(packed, 0), packed.length)
    const verified = verifyPacked(RULES, packed)
    assert(typeof verified !== 'string' && verified.tx.kind === 'take')
    assert.deepEqual([verified.tx.offer.from, verified.tx.from], [from, taker.address])
    assert.deepEqual(verified, verifyFile(RULES, encodeTransaction(tx)))
    assert(verified.file.length <= MAX_FILE_BYTES)
  }
})

test('a longest take has 535 bytes packed and 1,242 as a file', () => {
  const shape = shapes.at(-1)
  assert(shape)
  // An address is written with 0x, the infohash of an issuance without.
  const give = { ...shape.offer.give, asset: third.address }
  const longest = signTake(taker, { offer: signOffer(maker, { ...shape.offer, give }), ...shape.take })
  assert.deepEqual([packTransaction(longest).length, encodeTransaction(longest).length], [535, 1_242])
})

test('bytes that have a shape have one reading, and no bytes are too strange to be judged', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    // Some that have a shape, with a few bytes of something else.
    fc
      .tuple(fc.constantFrom(...takes), fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 3 }))
      .map(([tx, changes]) => {
        const packed = packTransaction(tx)
        for (const [place, byte] of changes) packed[place % packed.length] = byte
        return packed
      }),
  )
  const property = fc.property(bytes, (packed) => {
    const fields = unpackTransaction(packed)
    assert.equal(fields === undefined, packed.length === 0 || packedSizeAt(packed, 0) !== packed.length)
    const verified = verifyPacked(RULES, packed)
    if (typeof verified === 'string') return
    assert.deepEqual(packTransaction(verified.tx), packed)
    assert.deepEqual(verifyFile(RULES, verified.file), verified)
  })
  fc.assert(property, { seed: 5, numRuns: 2_000 })
})

test('wallets are shown every word, and sign what the contract asks for', () => {
  for (const tx of takes) {
    assert.equal(hashTypedData(offerMessage(tx.offer)), `0x${formatHex(offerDigest(tx.offer))}`)
    assert.equal(hashTypedData(takeMessage(tx)), `0x${formatHex(takeDigest(tx))}`)
  }
})

test('no signature of one kind is one of another', () => {
  const kinds = [
    takes.map(({ offer }) => offerDigest(offer)),
    takes.map((take) => takeDigest(take)),
    takes.map(({ offer: { give, time, prev: inputs } }) =>
      signingDigest({ to: taker.address, tokens: give.tokens, time, prev: inputs }),
    ),
  ].map((digests) => new Set(digests.map(formatHex)))
  const all = new Set(kinds.flatMap((digests) => [...digests]))
  assert.equal(
    all.size,
    kinds.reduce((sum, { size }) => sum + size, 0),
  )
})

test('the taker has signed this signature of the maker: no twin of a take can be made of it', () => {
  const { offer } = plain
  // ECDSA has another signature of the same words for every nonce.
  const options = { prehash: false, extraEntropy: new Uint8Array(32).fill(7), format: 'recovered' } as const
  const [recovery = 0, ...rs] = secp256k1.sign(offerDigest(offer), maker.key, options)
  const twin: Offer = { ...offer, signature: Uint8Array.from([...rs, 27 + recovery]) }
  assert.notDeepEqual(twin.signature, offer.signature)
  assert.equal(refusal(signTake(taker, { ...plain, offer: twin })), 'None', 'the maker may sign as often as they like')
  assert.equal(refusal({ ...plain, offer: twin }), 'BadSignature')
})

test('each rule has its reason', () => {
  const { offer, from: _from, signature: _signature, kind: _kind, ...take } = plain
  const taken = (body: Offer, by = taker) => refusal(signTake(by, { ...take, offer: body }))
  const offered = (change: Partial<Offer>) => signOffer(maker, { ...offer, ...change })
  assert.equal(taken(offered({})), 'None')
  assert.equal(taken(offered({ give: { ...offer.give, tokens: 0n } })), 'ZeroTokens')
  assert.equal(taken(offered({ want: { ...offer.want, tokens: 0n } })), 'ZeroTokens')
  assert.equal(taken(offered({ prev: offer.prev.toReversed() })), 'BadPrev')
  assert.equal(taken(offered({ give: offer.want })), 'BadOffer', 'one asset for itself')
  assert.equal(taken(offered({ taker: third.address })), 'BadOffer', 'for somebody else')
  assert.equal(taken(offered({ taker: taker.address })), 'None')
  assert.equal(taken(offered({}), maker), 'BadOffer', 'by its maker')
  assert.equal(taken({ ...offered({}), from: third.address }), 'BadSignature', 'in the name of somebody else')
  assert.equal(refusal({ ...plain, from: third.address }), 'BadSignature')
  const badMemo = signTake(taker, { ...take, offer, memo: '"' })
  assert.equal(refusal(badMemo), 'bad-transaction-file')
  assert.equal(verifyPacked(RULES, packTransaction(badMemo)), 'BadMemo')
  assert.equal(
    verifyPacked(RULES, packTransaction(signTake(taker, { ...take, offer, prev: prev.slice(2, 4).toReversed() }))),
    'BadPrev',
  )
})

test('an asset of no kind is told apart from TTX', () => {
  const packed = packTransaction(plain)
  // Behind the 72 bytes of the take itself, time and signature of the offer (69) and the two amounts.
  const kindOfWanted = 72 + 69 + 16 + 16
  assert.equal(packed[kindOfWanted], 2)
  for (const kind of [0, 1, 4, 255]) assert.equal(verifyPacked(RULES, packed.with(kindOfWanted, kind)), 'BadAsset')
})

test('an offer for the zero address is for nobody, though what its maker signed is for anybody', () => {
  const packed = packOffer(plain.offer)
  const flags = packed[0] ?? 0
  const place = packed.length - 40
  const named = Uint8Array.from([
    flags | 0x20,
    ...packed.slice(1, place),
    ...new Uint8Array(20),
    ...packed.slice(place),
  ])
  const unpacked = unpackOffer(named)
  assert.equal(unpacked?.taker, `0x${'00'.repeat(20)}`)
  const whole = packTransaction(plain)
  const forged = Uint8Array.from([
    ...whole.slice(0, 2),
    flags | 0x20,
    ...whole.slice(3, 72),
    ...named.slice(1),
    ...whole.slice(72 + packed.length - 1),
  ])
  assert.equal(packedSizeAt(forged, 0), forged.length)
  const judged = verifyPacked(RULES, forged)
  assert(judged === 'BadOffer' || judged === 'BadSignature', String(judged))
})

test('only the one form of a file is an offer', () => {
  const text = new TextDecoder().decode(encodeTransaction(plain))
  const read = (changed: string) => {
    try {
      verifyFile(RULES, encodeText(changed))
      return 'None'
    } catch (error) {
      return (error as { code: unknown }).code
    }
  }
  assert.equal(read(text), 'None')
  for (const changed of [
    text.replace('"offer":{', '"offer":{"also":1,'),
    text.replace('"give":{"tokens"', '"give":{"asset":null,"tokens"'),
    text.replace('"tokens":"1000"', '"tokens":"01000"'),
    text.replace('"tokens":"1000"', '"tokens":1000'),
    text.replace('"want":', '"wants":'),
    text.replace(/"offer":\{.*\},"prev"/, '"offer":null,"prev"'),
    text.replace(/"offer":\{.*\},"prev"/, '"offer":[],"prev"'),
    `${text} `,
  ])
    assert.equal(read(changed), 'bad-transaction-file', changed)
})

test('what it spends is of both, each transaction once', () => {
  const shared = takes[shapes.findIndex(({ name }) => name === 'both of one transaction')]
  assert(shared)
  assert.deepEqual(parentsOf(shared), shared.prev)
  assert.deepEqual(parentsOf(plain), prev.slice(0, 4))
})
