// What nodes tell each other of their sets, worked out from the text of docs/network.md.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { block, depositOf, GENESIS, GENESIS_BLOCK, GENESIS_INFOHASH, OWNER, openLedger, pay, person } from './world.ts'

const [ALICE, BOB] = [person('alice'), person('bob')]

type Kept = { readonly infohash: string; readonly file: Uint8Array }

function fingerprintOf(all: readonly Kept[]): string {
  const prints = all.map(({ infohash }) =>
    BigInt(`0x${Buffer.from(keccak_256(Buffer.from(infohash, 'hex'))).toString('hex')}`),
  )
  const sum = prints.reduce((total, print) => total + print, 0n) % 2n ** 256n
  return `0x${sum.toString(16).padStart(64, '0')}`
}

test('weight and fingerprint are sums over what is accepted, ordered or final, genesis and ordered deposits included', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const genesis = { infohash: GENESIS_INFOHASH, file: encodeTransaction(GENESIS) }
  const payment = pay({
    from: OWNER,
    to: ALICE,
    tokens: 31n,
    prev: [GENESIS_INFOHASH],
    memo: 'a file of another length',
  })
  const rival = pay({ from: OWNER, to: BOB, tokens: 32n, prev: [GENESIS_INFOHASH] })
  const entry = { kind: 'deposit', gross: 55_555n, to: BOB.address } as const
  const deposit = depositOf(0n, entry)
  const isOf = (all: readonly Kept[]) => {
    const { count, weight, fingerprint } = ledger.summary()
    const bytes = all.reduce((sum, { file }) => sum + file.length, 0)
    assert.deepEqual([count, weight, fingerprint], [all.length, BigInt(bytes), fingerprintOf(all)])
  }
  isOf([genesis])
  await ledger.submit(payment.file, 'peer')
  assert.equal((await ledger.submit(rival.file, 'peer')).status, 'conflicting')
  await ledger.depositEntry(0n, entry)
  isOf([payment, genesis])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('b', 1n, [{ index: 0n, entry }])] })
  isOf([genesis, deposit, payment])
})
