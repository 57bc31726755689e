// Requests to be paid as URIs: what is written is read again, and what a stranger writes is checked.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  checkPaymentNetwork,
  formatPaymentUri,
  isPaymentUri,
  type PaymentRequest,
  parsePaymentUri,
} from '../../../../node/client/payment-uri.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Address, checksumAddress, type Infohash } from '../../../../node/protocol/ids.ts'
import { accountOf } from '../../../../scripts/assure/models/world.ts'

const [to, bridge] = [accountOf('alice').address, accountOf('bridge').address]
const TO = checksumAddress(to)
const issued = 'ab'.repeat(20) as Infohash

test('a request has the form of BIP 21, with checksums, and is read as it was written', () => {
  const request = { to, tokens: 15n * 10n ** 17n, chain: 1n, bridge, label: 'Café & more', memo: 'order 7' }
  const uri = formatPaymentUri(request)
  assert.equal(
    uri,
    `torrenttx:${TO}?amount=1.5&chain=1&bridge=${checksumAddress(bridge)}&memo=order%207&label=Caf%C3%A9%20%26%20more`,
  )
  assert.deepEqual(parsePaymentUri(`  ${uri.replace('torrenttx:', 'TorrentTX://')}\n`), request)
  assert.deepEqual(parsePaymentUri(`torrenttx:${to}`), { to })
  assert.deepEqual(parsePaymentUri(`torrenttx:${TO}?future=1&amount=2`), { to, tokens: 2n * 10n ** 18n })
  assert.deepEqual([isPaymentUri('TORRENTTX:x'), isPaymentUri('1.5'), isPaymentUri('bitcoin:x')], [true, false, false])
})

test('any request is read as it was written', () => {
  const tokens = fc.bigInt(1n, 2n ** 128n - 1n)
  const label = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text))
  const asset = fc.constantFrom<Address | Infohash | undefined>(undefined, bridge, issued)
  const network = fc.option(fc.record({ chain: fc.bigInt(1n, 2n ** 64n), bridge: fc.constant(bridge) }), {
    nil: undefined,
  })
  fc.assert(
    fc.property(
      fc.option(tokens, { nil: undefined }),
      fc.option(label, { nil: undefined }),
      asset,
      network,
      (tokens, label, asset, network) => {
        const request: PaymentRequest = {
          to,
          ...(tokens === undefined ? {} : { tokens }),
          ...(label === undefined ? {} : { label }),
          ...(asset === undefined ? {} : { asset }),
          ...network,
        }
        assert.deepEqual(parsePaymentUri(formatPaymentUri(request)), request)
      },
    ),
  )
})

test('what a stranger wrote wrong is refused with what was expected', () => {
  const flipped = TO.replace(/[a-f]/, (digit) => digit.toUpperCase())
  for (const [uri, expected] of [
    [`bitcoin:${TO}`, /torrenttx:/],
    [`torrenttx:${flipped}`, /EIP-55/],
    [`torrenttx:${TO.slice(0, -1)}`, /an address/],
    ['torrenttx:', /an address/],
    [`torrenttx:${TO}?amount=1e3`, /an amount of TTX as in 1\.5/],
    [`torrenttx:${TO}?amount=-1`, /an amount of TTX/],
    [`torrenttx:${TO}?amount=0`, /from 1 to/],
    [`torrenttx:${TO}?amount=1.0000000000000000001`, /an amount of TTX/],
    [`torrenttx:${TO}?amount=${'9'.repeat(39)}`, /from 1 to/],
    [`torrenttx:${TO}?amount=1&amount=2`, /each part once/],
    [`torrenttx:${TO}?amount=1&AMOUNT=2`, /each part once/],
    [`torrenttx:${TO}?amount=1&asset=${issued}`, /units of another asset/],
    [`torrenttx:${TO}?units=1`, /units along with their asset/],
    [`torrenttx:${TO}?units=1.5&asset=${issued}`, /a whole number/],
    [`torrenttx:${TO}?units=1&asset=gold`, /the asset/],
    [`torrenttx:${TO}?req-expires=1`, /parts that this version knows/],
    [`torrenttx:${TO}?chain=1`, /chain and bridge, or neither/],
    [`torrenttx:${TO}?chain=1&bridge=${flipped}`, /EIP-55/],
    [`torrenttx:${TO}?memo=a%22b`, /a memo/],
    [`torrenttx:${TO}?memo=`, /a memo/],
    [`torrenttx:${TO}?label=a%0Ab`, /a label/],
    [`torrenttx:${TO}?label=%E2%80%AEabc`, /a label/],
    [`torrenttx:${TO}?label=%ff`, /percent signs/],
    [`torrenttx:${TO}?label=${'x'.repeat(101)}`, /a label/],
    [`torrenttx:${TO}?a=1?b=2`, /one question mark/],
    [`torrenttx:${TO}?x=${'y'.repeat(2_048)}`, /at most 2048 characters/],
  ] as const) {
    assert.throws(
      () => parsePaymentUri(uri),
      (error) => error instanceof OperationError && error.code === 'bad-payment-uri' && expected.test(error.message),
      uri,
    )
  }
  assert.throws(() => formatPaymentUri({ to, label: 'a\nb' }), /a label/)
})

test('a request of another network is refused, and one that names none is not', () => {
  const network = { chain: 1n, bridge }
  checkPaymentNetwork({ to }, network)
  checkPaymentNetwork({ to, ...network }, network)
  for (const other of [
    { chain: 2n, bridge },
    { chain: 1n, bridge: to },
  ])
    assert.throws(() => checkPaymentNetwork({ to, ...other }, network), /one of chain/)
})
