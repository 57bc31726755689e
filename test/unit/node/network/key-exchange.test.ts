// The key exchange of encrypted connections: both ends agree, with Node's own too, and connections have nothing in common.

import assert from 'node:assert/strict'
import { createDiffieHellman } from 'node:crypto'
import { test } from 'node:test'
import { keyExchange } from '../../../../node/network/torrent/key-exchange.ts'

const PRIME =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563'

test('exchanges that go on at the same time agree, each with its own other end and with no other', () => {
  const pairs = Array.from({ length: 20 }, () => {
    const [here, there] = [keyExchange(), keyExchange()]
    return { here, there, ours: here.generateKeys(), theirs: there.generateKeys() }
  })
  const secrets = pairs.map(({ here, there, ours, theirs }) => {
    const secret = Buffer.from(here.computeSecret(theirs)).toString('hex')
    assert.equal(Buffer.from(there.computeSecret(ours)).toString('hex'), secret)
    return secret
  })
  assert.equal(new Set(secrets).size, 20)
})

test('it agrees with one by Node alone', () => {
  const [here, there] = [keyExchange(), createDiffieHellman(PRIME, 'hex', 2)]
  const theirs = there.generateKeys()
  const ours = here.generateKeys()
  assert.equal(Buffer.from(here.computeSecret(theirs)).toString('hex'), there.computeSecret(ours).toString('hex'))
})
