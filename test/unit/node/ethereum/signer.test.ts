// A wallet as viem's account: what it signs is what viem signs with the same key.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { walletAccount } from '../../../../node/ethereum/signer.ts'
import { parseHex } from '../../../../node/protocol/bytes.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'

const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const viems = privateKeyToAccount(KEY)

test('transactions, messages and typed data are signed as viem signs them', async () => {
  using wallet = new Wallet(parseHex(KEY))
  const ours = walletAccount(wallet)
  assert.equal(ours.address.toLowerCase(), viems.address.toLowerCase())
  const transaction = {
    type: 'eip1559',
    chainId: 31_337,
    nonce: 7,
    to: viems.address,
    value: parseEther('1.5'),
    gas: 21_000n,
    maxFeePerGas: 3n,
    maxPriorityFeePerGas: 1n,
  } as const
  assert.equal(await ours.signTransaction(transaction), await viems.signTransaction(transaction))
  const message = 'TTX'
  assert.equal(await ours.signMessage({ message }), await viems.signMessage({ message }))
  const typed = {
    domain: { name: 'TorrentTX', version: '1' },
    types: { Note: [{ name: 'text', type: 'string' }] },
    primaryType: 'Note',
    message: { text: 'hello' },
  } as const
  assert.equal(await ours.signTypedData(typed), await viems.signTypedData(typed))
})

test('a locked wallet does not sign', async () => {
  const wallet = new Wallet(parseHex(KEY))
  const ours = walletAccount(wallet)
  wallet[Symbol.dispose]()
  await assert.rejects(ours.signMessage({ message: 'TTX' }), /locked/)
})
