// The wallet signs as Ethereum wallets do, and nothing that prints it shows its key.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { hexToBytes, keccak256, recoverAddress, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { isCanonicalSignature } from '../../../../node/protocol/signature.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'

const keys = Array.from({ length: 20 }, (_, i) => keccak256(toHex(`wallet test key ${i}`)))

test('address, public key and signatures are those of viem for the same key', async () => {
  for (const key of keys) {
    const wallet = new Wallet(hexToBytes(key))
    const account = privateKeyToAccount(key)
    assert.equal(wallet.address, account.address.toLowerCase())
    assert.equal(`0x04${formatHex(wallet.publicKey)}`, account.publicKey)
    const digest = keccak256(key)
    const signature = wallet.sign(hexToBytes(digest))
    assert.equal(`0x${formatHex(signature)}`, await account.sign({ hash: digest }))
    assert.ok(isCanonicalSignature(signature))
    assert.equal(await recoverAddress({ hash: digest, signature: toHex(signature) }), account.address)
  }
})

test('the key shows in no print of a wallet', () => {
  const key = hexToBytes(keys[0] ?? '0x')
  const wallet = new Wallet(key)
  const prints = [
    JSON.stringify(wallet),
    String(wallet),
    inspect(wallet, { showHidden: true, depth: 9, maxArrayLength: null }),
  ]
  for (const print of prints) {
    assert.ok(!print.includes(formatHex(key)))
    assert.ok(!print.replace(/\s/g, '').includes([...key].join(',')), print)
  }
})

test('a wallet keeps its own copy of the key', () => {
  const key = hexToBytes(keys[0] ?? '0x')
  const digest = new Uint8Array(32).fill(7)
  const wallet = new Wallet(key)
  const before = wallet.sign(digest)
  key.fill(1)
  assert.deepEqual(wallet.sign(digest), before)
})

test('a wallet that was disposed of does not sign', () => {
  const wallet = new Wallet(hexToBytes(keys[0] ?? '0x'))
  wallet[Symbol.dispose]()
  assert.throws(() => wallet.sign(new Uint8Array(32)), /locked/)
})

test('only digests of 32 bytes are signed', () => {
  const wallet = new Wallet(hexToBytes(keys[0] ?? '0x'))
  for (const length of [0, 31, 33]) assert.throws(() => wallet.sign(new Uint8Array(length)), /32 bytes/)
})
