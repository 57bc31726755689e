// The message, the nonce and the comparison with the target, against vectors that viem wrote.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  digestOf,
  encodeMessage,
  encodeNonce,
  MESSAGE_BYTES,
  meetsTarget,
  noncePrefix,
  writeCounter,
} from '../../../../miner/work/nonce.ts'
import { concat } from '../../../../node/protocol/bytes.ts'
import { parseAddress, parseHash, toBytes } from '../../../../node/protocol/ids.ts'
import vectors from '../../../vectors/work.json' with { type: 'json' }

const session = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i)

for (const vector of vectors.digests) {
  test(`digest and target: ${vector.name}`, () => {
    const work = {
      challenge: parseHash(vector.challenge),
      miner: parseAddress(vector.miner),
      target: BigInt(vector.target),
    }
    const digest = digestOf(work, parseHash(vector.nonce))
    assert.equal(digest, vector.digest)
    assert.equal(meetsTarget(digest, work.target), vector.meets)
  })
}

test('a nonce is session, worker, counter in little-endian order, and four zero bytes', () => {
  assert.equal(
    encodeNonce(noncePrefix(session, 0x01020304), 0x1112131415161718n),
    '0xa0a1a2a3a4a5a6a7a8a9aaabacadaeaf01020304181716151413121100000000',
  )
})

test('a message with its counter set holds the encoded nonce', () => {
  const work = { challenge: parseHash(`0x${'1b'.repeat(32)}`), miner: parseAddress(`0x${'2c'.repeat(20)}`), target: 0n }
  const prefix = noncePrefix(session, 9)
  for (const counter of [0n, 1n, 255n, 256n, 2n ** 32n, 2n ** 64n - 1n]) {
    const message = encodeMessage(work, prefix)
    assert.equal(message.length, MESSAGE_BYTES)
    writeCounter(new DataView(message.buffer), counter)
    const nonce = toBytes(encodeNonce(prefix, counter))
    assert.deepEqual(message, concat(toBytes(work.challenge), toBytes(work.miner), nonce))
  }
})

test('different sessions, workers or counters give different nonces', () => {
  const other = session.map((byte) => byte ^ 1)
  const nonces = [session, other].flatMap((random) =>
    [0, 1, 256, 2 ** 32 - 1].flatMap((worker) =>
      [0n, 1n, 256n, 2n ** 64n - 1n].map((counter) => encodeNonce(noncePrefix(random, worker), counter)),
    ),
  )
  assert.equal(new Set(nonces).size, nonces.length)
})
