// The transaction file: one byte sequence per transaction, checked against JCS, create-torrent and viem.

import assert from 'node:assert'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import canonicalize from 'canonicalize'
import createTorrent from 'create-torrent'
import fc from 'fast-check'
import parseTorrent from 'parse-torrent'
import secp256k1 from 'secp256k1'
import { hashTypedData, hexToBytes, recoverTypedDataAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { encodeText, formatHex } from '../../../../node/protocol/bytes.ts'
import { checkGenesis, genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { packedSizeAt, packTransaction, unpackTransaction } from '../../../../node/protocol/packed.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { decodeTransaction, encodeTransaction, type SignedTransaction } from '../../../../node/protocol/transaction.ts'
import { signingDigest, typedMessage } from '../../../../node/protocol/typed-data.ts'
import { verifyFile, verifyPacked } from '../../../../node/protocol/verify.ts'
import { accountOf, genesisOf, pay, RULES, signBody, World } from '../../../../scripts/assure/models/world.ts'

const alice = accountOf('alice')
const bob = accountOf('bob')
const genesis = genesisOf(alice)
const BODY = { to: bob.address, tokens: 1_000n, time: 1_767_225_600, prev: [genesisInfohash(genesis)] }

function samples(count: number): SignedTransaction[] {
  const world = new World(1)
  return Array.from({ length: count }, () => {
    const { tx, packed } = world.transaction()
    world.apply({ kind: 'transaction', packed })
    return tx
  })
}

function reasonOf(file: Uint8Array): string {
  try {
    verifyFile(RULES, file)
    return 'None'
  } catch (error) {
    assert(error instanceof RuleError)
    return String(error.facts['reason'] ?? error.code)
  }
}

describe('transaction file', () => {
  test('is what a JCS library writes', () => {
    for (const tx of samples(60)) {
      const file = encodeTransaction(tx)
      assert.strictEqual(canonicalize(JSON.parse(new TextDecoder().decode(file))), new TextDecoder().decode(file))
    }
    const file = new TextDecoder().decode(encodeTransaction(genesis))
    assert.strictEqual(canonicalize(JSON.parse(file)), file)
  })

  test('has the infohash that create-torrent gives to its folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-infohash-'))
    try {
      for (const [i, tx] of samples(12).entries()) {
        const file = encodeTransaction(tx)
        const path = join(folder, `${i}`, 'tx')
        await mkdir(path, { recursive: true })
        await writeFile(join(path, 'tx.json'), file)
        const torrent = await promisify(createTorrent)(path, {
          pieceLength: 16_384,
          announceList: [],
          createdBy: '',
          comment: '',
        })
        assert.strictEqual((await parseTorrent(torrent)).infoHash, infohashOf(file))
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('comes back from its bytes, and no other bytes give it', () => {
    for (const tx of samples(30)) {
      const file = encodeTransaction(tx)
      assert.deepStrictEqual(decodeTransaction(file), tx)
      const text = new TextDecoder().decode(file)
      const variants = [
        text.replace('{', '{ '),
        `${text}\n`,
        `\ufeff${text}`,
        text.replace(/"time":(\d+)/, '"time":$1.0'),
        text.replace(/"time":(\d+)/, '"time":0$1'),
        text.replace(/"time":(\d+)/, '"time":$1e0'),
        text.replace(/"(tokens|issued)":"/, '"$1":"0'),
        text.replace(/"(tokens|issued)":"/, '"$1":"+'),
        text.replace(/"to":"0x/, '"to":"0X'),
        text.replace(
          /("signature":"0x[0-9a-f]*)([a-f])/,
          (_, head: string, digit: string) => head + digit.toUpperCase(),
        ),
        text.replace(/\}$/, ',"x":1}'),
        text.replace(/^\{/, '{"a":null,'),
        text.replace(/"(tokens|issued)":"(\d+)"/, '"$1":"$2","$1":"$2"'),
        text.replace(/"from":"(.)/, '"from":"\\u0030'),
        text.replace(/"prev":\[/, '"prev":[null,'),
      ]
      for (const variant of variants) {
        assert.notStrictEqual(variant, text)
        assert.throws(() => decodeTransaction(encodeText(variant)), { code: 'bad-transaction-file' })
      }
    }
  })

  test('refuses arbitrary bytes and JSON without throwing anything else', () => {
    const isRefused = (bytes: Uint8Array) =>
      assert.throws(() => decodeTransaction(bytes), { code: 'bad-transaction-file' })
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1_200 }), isRefused), { seed: 7 })
    fc.assert(
      fc.property(fc.json(), (text) => isRefused(encodeText(text))),
      { seed: 7 },
    )
    isRefused(encodeText(`${'['.repeat(600)}${']'.repeat(600)}`))
    for (const text of ['null', '[]', '{}', '1', '{"deposit":null}', '{"key":"0x"}', '{"__proto__":{}}'])
      isRefused(encodeText(text))
    isRefused(new Uint8Array(100_000).fill(0x20))
  })
})

describe('signature', () => {
  test('is over the typed data that viem hashes, and viem recovers the sender', async () => {
    for (const tx of samples(20)) {
      const typed = typedMessage(tx)
      assert.strictEqual(hashTypedData(typed), `0x${formatHex(signingDigest(tx))}`)
      const sender = await recoverTypedDataAddress({ ...typed, signature: `0x${formatHex(tx.signature)}` })
      assert.strictEqual(sender.toLowerCase(), tx.from)
    }
  })

  test('of an Ethereum wallet is taken', async () => {
    const wallet = privateKeyToAccount(`0x${formatHex(bob.key)}`)
    const body = { ...BODY, memo: 'for [lunch] & {more}' }
    const signature = await wallet.signTypedData(typedMessage(body))
    const file = encodeTransaction({ kind: 'signed', from: bob.address, signature: hexToBytes(signature), ...body })
    assert.strictEqual(verifyFile(RULES, file).tx.from, bob.address)
  })

  test('must be canonical, and by the sender that the file names', () => {
    const tx = signBody(alice, BODY)
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const s = BigInt(`0x${formatHex(tx.signature.subarray(32, 64))}`)
    const withSignature = (hex: string) => encodeTransaction({ ...tx, signature: hexToBytes(`0x${hex}`) })
    const r = formatHex(tx.signature.subarray(0, 32))
    const flipped = formatHex(Uint8Array.of(tx.signature[64] === 27 ? 28 : 27))
    assert.strictEqual(reasonOf(withSignature(r + (n - s).toString(16).padStart(64, '0') + flipped)), 'BadSignature')
    assert.strictEqual(reasonOf(withSignature(r + formatHex(tx.signature.subarray(32, 64)) + flipped)), 'BadSignature')
    assert.strictEqual(
      reasonOf(withSignature(`${'0'.repeat(64)}${formatHex(tx.signature.subarray(32))}`)),
      'BadSignature',
    )
    assert.strictEqual(
      reasonOf(withSignature(`${n.toString(16)}${formatHex(tx.signature.subarray(32))}`)),
      'BadSignature',
    )
    for (const v of ['00', '01', '1d', 'ff']) {
      assert.strictEqual(reasonOf(withSignature(formatHex(tx.signature.subarray(0, 64)) + v)), 'BadSignature')
    }
    assert.strictEqual(reasonOf(encodeTransaction({ ...tx, from: bob.address })), 'BadSignature')
    assert.strictEqual(reasonOf(encodeTransaction({ ...tx, tokens: 1_001n })), 'BadSignature')
  })
})

describe('rules without state', () => {
  test('each has its reason', () => {
    const other = infohashOf(encodeText('other'))
    const request = { ...BODY, to: RULES.bridge, bridge: { chain: RULES.chain, to: bob.address } }
    const reason = (body: typeof BODY & { memo?: string; bridge?: { chain: bigint; to: typeof bob.address } }) =>
      reasonOf(encodeTransaction(signBody(alice, body)))
    const sorted = [BODY.prev[0] ?? other, other].sort()
    assert.strictEqual(reason(BODY), 'None')
    assert.strictEqual(reason({ ...BODY, prev: sorted }), 'None')
    assert.strictEqual(reason({ ...BODY, tokens: 0n }), 'ZeroTokens')
    assert.strictEqual(reason({ ...BODY, prev: sorted.toReversed() }), 'BadPrev')
    assert.strictEqual(reason({ ...BODY, prev: [other, other] }), 'BadPrev')
    assert.strictEqual(reason({ ...BODY, to: RULES.bridge }), 'BadPayee')
    assert.strictEqual(reason({ ...BODY, to: `0x${'0'.repeat(40)}` as typeof bob.address }), 'BadPayee')
    assert.strictEqual(reason(request), 'None')
    assert.strictEqual(reason({ ...request, bridge: { chain: 1n, to: bob.address } }), 'BadPayee')
    assert.strictEqual(reason({ ...request, bridge: { chain: RULES.chain, to: RULES.token } }), 'BadPayee')
    assert.strictEqual(reason({ ...request, bridge: { chain: RULES.chain, to: RULES.bridge } }), 'BadPayee')
    assert.strictEqual(reason({ ...request, to: bob.address }), 'BadPayee')
    assert.strictEqual(reason({ ...request, tokens: RULES.minRequest - 1n }), 'BelowMinimum')
    assert.strictEqual(reasonOf(encodeTransaction(genesis)), 'not-signed')
  })

  test('a re-signed twin of the same body is another transaction that spends the same inputs', () => {
    const digest = signingDigest(BODY)
    const { signature, recid } = secp256k1.ecdsaSign(digest, alice.key, { data: new Uint8Array(32).fill(1) })
    const twin: SignedTransaction = { ...signBody(alice, BODY), signature: Uint8Array.of(...signature, 27 + recid) }
    const [a, b] = [pay(alice, BODY), verifyFile(RULES, encodeTransaction(twin))]
    assert.notStrictEqual(a.infohash, b.infohash)
    assert.deepStrictEqual([a.tx.from, a.tx.prev], [b.tx.from, b.tx.prev])
  })

  test('genesis must give the whole supply to its own key', () => {
    checkGenesis(genesis)
    assert.throws(() => checkGenesis({ ...genesis, to: bob.address }), { code: 'bad-genesis' })
    assert.throws(() => checkGenesis({ ...genesis, tokens: genesis.tokens + 1n }), { code: 'bad-genesis' })
    assert.throws(() => checkGenesis({ ...genesis, time: 1 }), { code: 'bad-genesis' })
  })
})

describe('packed form', () => {
  test('gives the same file back', () => {
    for (const tx of samples(60)) {
      const packed = packTransaction(tx)
      const verified = verifyPacked(RULES, packed)
      assert(typeof verified !== 'string')
      assert.deepStrictEqual(verified.tx, tx)
      assert.deepStrictEqual(verified.file, encodeTransaction(tx))
      assert.strictEqual(packedSizeAt(packed, 0), packed.length)
    }
  })

  test('decodes any bytes to fields that pack to the same bytes, or to nothing', () => {
    const seed = 11
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 100, maxLength: 500 }),
        fc.nat(7),
        fc.nat(140),
        (bytes, count, memoLength) => {
          bytes[0] = count | ((bytes[0] ?? 0) & 0x38)
          bytes[1] = memoLength
          const cut = bytes.subarray(0, 107 + 20 * (count + 1) + memoLength)
          const fields = unpackTransaction(cut)
          if (fields === undefined) return assert.strictEqual(packedSizeAt(cut, 0) === cut.length, false)
          assert.strictEqual(fields.prev.length, count + 1)
          assert.strictEqual(fields.memo?.length ?? 0, memoLength)
        },
      ),
      { seed, numRuns: 500 },
    )
  })

  test('is malformed when a byte is missing or too many, or a flag is unknown', () => {
    const packed = packTransaction(signBody(alice, BODY))
    assert.strictEqual(verifyPacked(RULES, packed.subarray(0, -1)), 'Malformed')
    assert.strictEqual(verifyPacked(RULES, new Uint8Array([...packed, 0])), 'Malformed')
    assert.strictEqual(verifyPacked(RULES, new Uint8Array()), 'Malformed')
    // An issuance of an asset, an issuance that is a request, and no form at all.
    for (const flag of [0x60, 0x50, 0x80]) {
      const marked = packed.slice()
      marked[0] = (marked[0] ?? 0) | flag
      assert.strictEqual(verifyPacked(RULES, marked), 'Malformed')
    }
  })
})
