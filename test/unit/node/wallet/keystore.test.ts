// Keystores: the official V3 test vectors open, our own ones open with plain node:crypto, and hostile ones cost nothing.

import assert from 'node:assert/strict'
import { createDecipheriv, scryptSync } from 'node:crypto'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { formatHex, parseHex } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { decodeWritten } from '../../../../node/wallet/as-written.ts'
import { checkPassphrase, decryptKeystore, encryptKeystore, parseKeystore } from '../../../../node/wallet/keystore.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'

// Ethereum's "Web3 Secret Storage Definition", version 3.
const VECTOR_PASSPHRASE = 'testpassword'
const VECTOR_KEY = '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
const VECTOR_ADDRESS = '0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b'
const PBKDF2_VECTOR = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}
const SCRYPT_VECTOR = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      r: 1,
      p: 8,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}

const KEY = parseHex(VECTOR_KEY)
const PASSPHRASE = 'pässwörd with ünïcode 🔑'
const FAST_N = 2

function hasCode(code: string, message?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof OperationError, String(error))
    assert.equal(error.code, code)
    if (message !== undefined) assert.match(error.message, message)
    return true
  }
}

async function open(json: unknown, passphrase: string): Promise<Uint8Array> {
  return decryptKeystore(parseKeystore(JSON.stringify(json), 'test.json'), passphrase, 'test.json')
}

for (const [name, vector] of [
  ['pbkdf2', PBKDF2_VECTOR],
  ['scrypt', SCRYPT_VECTOR],
] as const) {
  test(`the official ${name} vector opens`, async () => {
    const key = await open(vector, VECTOR_PASSPHRASE)
    assert.equal(formatHex(key), VECTOR_KEY)
    assert.equal(new Wallet(key).address, VECTOR_ADDRESS)
  })
}

test('upper-case hex, 0x and the old member name Crypto are understood', async () => {
  const { crypto: _, ...rest } = PBKDF2_VECTOR
  const ours = JSON.parse(await encryptKeystore(KEY, PASSPHRASE, FAST_N))
  const shouted = { ...ours.crypto, mac: ours.crypto.mac.toUpperCase(), ciphertext: `0x${ours.crypto.ciphertext}` }
  const key = await open({ ...rest, address: `0x${ours.address.toUpperCase()}`, Crypto: shouted }, PASSPHRASE)
  assert.deepEqual(key, KEY)
})

test('a byte order mark, and an id or an address that is null or empty, say nothing: the file opens with its passphrase', async () => {
  const ours = JSON.parse(await encryptKeystore(KEY, PASSPHRASE, FAST_N))
  for (const nothing of [{ id: null }, { id: '' }, { address: null }, { address: '' }, { id: null, address: '' }]) {
    const text = `\ufeff${JSON.stringify({ ...ours, ...nothing })}`
    assert.deepEqual(await decryptKeystore(parseKeystore(text, 'test.json'), PASSPHRASE, 'test.json'), KEY)
    await assert.rejects(open({ ...ours, ...nothing }, 'another one'), hasCode('wrong-passphrase'))
  }
  assert.throws(
    () => parseKeystore(JSON.stringify({ ...ours, address: ' ' }), 'test.json'),
    hasCode('bad-keystore', /address/),
  )
})

test('what we write opens with nothing but node:crypto, and as geth wants it', async () => {
  const text = await encryptKeystore(KEY, PASSPHRASE, FAST_N)
  const { version, id, address, crypto } = JSON.parse(text)
  assert.equal(version, 3)
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(`0x${address}`, VECTOR_ADDRESS)
  const { n, r, p, dklen, salt } = crypto.kdfparams
  assert.deepEqual([crypto.kdf, n, r, p, dklen], ['scrypt', FAST_N, 8, 1, 32])
  const derived = scryptSync(PASSPHRASE, parseHex(salt), dklen, { N: n, r, p })
  const ciphertext = parseHex(crypto.ciphertext)
  assert.equal(formatHex(keccak(Uint8Array.from([...derived.subarray(16), ...ciphertext]))), crypto.mac)
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), parseHex(crypto.cipherparams.iv))
  assert.equal(decipher.update(ciphertext).toString('hex') + decipher.final('hex'), VECTOR_KEY)
  assert.ok(!text.includes(VECTOR_KEY))
})

test('no two keystores of one key share salt, iv, id or ciphertext', async () => {
  const [a, b] = [await encryptKeystore(KEY, PASSPHRASE, FAST_N), await encryptKeystore(KEY, PASSPHRASE, FAST_N)].map(
    (text) => JSON.parse(text),
  )
  assert.notEqual(a.id, b.id)
  assert.notEqual(a.crypto.ciphertext, b.crypto.ciphertext)
  assert.notEqual(a.crypto.cipherparams.iv, b.crypto.cipherparams.iv)
  assert.notEqual(a.crypto.kdfparams.salt, b.crypto.kdfparams.salt)
})

test('a new file costs a guesser n = 131,072', async () => {
  const { crypto } = JSON.parse(await encryptKeystore(KEY, PASSPHRASE))
  assert.equal(crypto.kdfparams.n, 131_072)
})

test('a wrong passphrase is told as such', async () => {
  const ours = JSON.parse(await encryptKeystore(KEY, PASSPHRASE, FAST_N))
  for (const wrong of ['', 'wrong', `${PASSPHRASE} `, PASSPHRASE.toUpperCase()]) {
    await assert.rejects(open(ours, wrong), hasCode('wrong-passphrase', /passphrase of test\.json/))
  }
})

test('a file whose ciphertext was changed does not open', async () => {
  const ours = JSON.parse(await encryptKeystore(KEY, PASSPHRASE, FAST_N))
  const ciphertext = ours.crypto.ciphertext.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0'))
  await assert.rejects(
    open({ ...ours, crypto: { ...ours.crypto, ciphertext } }, PASSPHRASE),
    hasCode('wrong-passphrase'),
  )
})

test('a file that names the address of another key is refused', async () => {
  const ours = JSON.parse(await encryptKeystore(KEY, PASSPHRASE, FAST_N))
  await assert.rejects(
    open({ ...ours, address: '11'.repeat(20) }, PASSPHRASE),
    hasCode('bad-keystore', /holds the key of/),
  )
})

test('a keystore of zero is no key', async () => {
  const iv = new Uint8Array(16)
  const derived = scryptSync(PASSPHRASE, parseHex('00'), 32, { N: 2, r: 8, p: 1 })
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = decipher.update(new Uint8Array(32)) // CTR: encrypting is decrypting
  const keystore = {
    version: 3,
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: formatHex(iv) },
      ciphertext: formatHex(ciphertext),
      kdf: 'scrypt',
      kdfparams: { n: 2, r: 8, p: 1, dklen: 32, salt: '00' },
      mac: formatHex(keccak(Uint8Array.from([...derived.subarray(16), ...ciphertext]))),
    },
  }
  await assert.rejects(open(keystore, PASSPHRASE), hasCode('bad-keystore', /not a secp256k1 key/))
})

test('whatever is no keystore, or would cost too much to open, is refused with the member that is wrong', () => {
  const { crypto } = SCRYPT_VECTOR
  const withParams = (change: object) => ({
    ...SCRYPT_VECTOR,
    crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, ...change } },
  })
  const cases: [unknown, RegExp][] = [
    [null, /the whole/],
    [[], /the whole|version/],
    [{ ...SCRYPT_VECTOR, version: 1 }, /version/],
    [{ ...SCRYPT_VECTOR, crypto: undefined }, /crypto/],
    [{ ...SCRYPT_VECTOR, address: 'abcd' }, /address: expected 20 bytes/],
    [{ ...SCRYPT_VECTOR, crypto: { ...crypto, kdf: 'argon2' } }, /crypto\.kdf/],
    [{ ...SCRYPT_VECTOR, crypto: { ...crypto, cipher: 'aes-128-cbc' } }, /crypto\.cipher/],
    [{ ...SCRYPT_VECTOR, crypto: { ...crypto, mac: 'xy' } }, /crypto\.mac/],
    [{ ...SCRYPT_VECTOR, crypto: { ...crypto, ciphertext: crypto.ciphertext.slice(2) } }, /crypto\.ciphertext/],
    [withParams({ n: 3 }), /power of two/],
    [withParams({ n: 2 ** 22, r: 8 }), /1 GiB/],
    [withParams({ n: 2 ** 20, r: 8, p: 2 }), /1 GiB/],
    [withParams({ n: 2 ** 20, r: 1, p: 64 }), /seconds/],
    [withParams({ n: 2 ** 40 }), /kdfparams\.n/],
    [withParams({ p: 1_000_000 }), /kdfparams\.p/],
    [withParams({ dklen: 16 }), /kdfparams\.dklen/],
    [
      {
        ...PBKDF2_VECTOR,
        crypto: { ...PBKDF2_VECTOR.crypto, kdfparams: { ...PBKDF2_VECTOR.crypto.kdfparams, c: 1e12 } },
      },
      /kdfparams\.c/,
    ],
  ]
  for (const [json, message] of cases) {
    assert.throws(() => parseKeystore(JSON.stringify(json), 'test.json'), hasCode('bad-keystore', message))
  }
  for (const text of ['', '{', 'hello'])
    assert.throws(() => parseKeystore(text, 'test.json'), hasCode('bad-keystore', /not JSON/))
})

test('empty, short and monotonous passphrases are refused', async () => {
  for (const weak of ['', 'seven77', 'aaaaaaaaaaaa', '🔑🔑🔑🔑']) {
    assert.throws(() => checkPassphrase(weak), hasCode('weak-passphrase', /at least 8 characters/))
    await assert.rejects(encryptKeystore(KEY, weak, FAST_N), hasCode('weak-passphrase'))
  }
  checkPassphrase('8 chars!')
})

test('a new passphrase of bytes in no known encoding is refused, since others would open the wallet too', () => {
  for (const bytes of [
    [0x61, 0xe4, 0x31, 0xfc, 0x32, 0x33, 0x34, 0x35],
    [0xff, 0x80, 0x10, 0x41, 0x42, 0x43, 0x44, 0x45],
  ])
    assert.throws(() => checkPassphrase(decodeWritten(Uint8Array.from(bytes))), { code: 'weak-passphrase' })
  assert.doesNotThrow(() => checkPassphrase('a\u00e41\u00fc2345'))
})
