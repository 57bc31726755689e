// The file of an offer, as strangers write it: one form for one signature, and nothing that nobody could take.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Infohash, ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { formatOffer, type Offer, type OfferBody } from '../../../../node/protocol/offer.ts'
import { decodeOffer, MAX_OFFER_BYTES, offerId } from '../../../../node/protocol/offer-file.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { MAX_TOKENS } from '../../../../node/protocol/rules.ts'
import { accountOf, signOffer } from '../../../../scripts/assure/models/world.ts'

const [maker, taker] = [accountOf('maker'), accountOf('taker')]
const prev = Array.from({ length: 5 }, (_, i) => `${i}a`.repeat(20) as Infohash)
const body: OfferBody = {
  give: { tokens: MAX_TOKENS, asset: accountOf('contract').address },
  want: { tokens: MAX_TOKENS, asset: 'ef'.repeat(20) as Infohash },
  taker: taker.address,
  time: 2 ** 40 - 1,
  prev: prev.slice(0, 4),
}
const offer = signOffer(maker, body)
const text = formatOffer(offer)

function refused(changed: string): boolean {
  try {
    decodeOffer(changed)
    return false
  } catch (error) {
    if (error instanceof RuleError && error.code === 'bad-offer') return true
    throw error
  }
}

test('white space and a byte order mark around it change nothing', () => {
  assert.ok(text.length < MAX_OFFER_BYTES)
  for (const copied of [text, `\ufeff${text}`, `${text}\r\n`, ` \u00a0${text}\u2028\t`])
    assert.equal(offerId(decodeOffer(copied)), offerId(offer))
})

test('whatever else is done to its text is refused', () => {
  const signature = /(signature":"0x)([0-9a-f]{64})([0-9a-f]{64})(..)/
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const changes = [
    '',
    '[]',
    '['.repeat(MAX_OFFER_BYTES),
    `${'['.repeat(1_000)}${']'.repeat(1_000)}`,
    `{"__proto__":${text}}`,
    text.replace('{', '{"__proto__":{"from":1},'),
    text.replace('{"from"', `{"from":"${taker.address}","from"`),
    text.replace('"give":{', '"give":{\r\n'),
    text.replace(`"${MAX_TOKENS}"`, `${MAX_TOKENS}`),
    text.replace(`"${MAX_TOKENS}"`, `"${MAX_TOKENS + 1n}"`),
    text.replace(`"${MAX_TOKENS}"`, `"0${MAX_TOKENS}"`),
    text.replace(`"${MAX_TOKENS}"`, `"-1"`),
    text.replace(maker.address, `0x${maker.address.slice(2).toUpperCase()}`),
    ...['1.5', '-0', '1e3', '-1', '1099511627776', '"1"'].map((time) => text.replace(/"time":\d+/, `"time":${time}`)),
    ...['00', '01', '1a', '1d', 'ff'].map((v) => text.replace(signature, `$1$2$3${v}`)),
    text.replace(signature, (_, head, r, s, v) => {
      const other = (order - BigInt(`0x${s}`)).toString(16).padStart(64, '0')
      return `${head}${r}${other}${v === '1b' ? '1c' : '1b'}`
    }),
  ]
  for (const changed of changes) assert.ok(refused(changed), changed.slice(0, 200))
})

test('what its maker has signed is refused all the same where nobody could take it', () => {
  const signed = (change: Partial<OfferBody>) => formatOffer(signOffer(maker, { ...body, ...change }))
  assert.equal(refused(signed({})), false)
  for (const change of [
    { give: { tokens: 0n } },
    { want: { tokens: 0n } },
    { give: body.want },
    { prev: prev.slice(0, 4).toReversed() },
    { prev: [prev[0], prev[0]] as Infohash[] },
    { prev: [] },
    { prev },
    { taker: maker.address },
  ])
    assert.ok(refused(signed(change)), JSON.stringify(Object.keys(change)))
})

test('an offer to anybody has no second file that names the zero address, whoever wrote it', () => {
  const { taker: _taker, ...anybody } = body
  const open = signOffer(maker, anybody)
  const named: Offer = { ...open, taker: ZERO_ADDRESS }
  assert.deepEqual(signOffer(maker, { ...anybody, taker: ZERO_ADDRESS }).signature, open.signature)
  assert.equal(refused(formatOffer(open)), false)
  assert.ok(refused(formatOffer(named)))
})
