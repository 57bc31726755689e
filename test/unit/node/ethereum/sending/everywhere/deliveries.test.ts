// What endpoints have against a transaction that they are handed: kept by endpoint, and what was taken stays so.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deliveries } from '../../../../../../node/ethereum/sending/everywhere/deliveries.ts'
import { toGasPrice } from '../../../../../../node/protocol/units.ts'
import { log } from '../../../../../support/log.ts'
import { madeUpId } from '../../../../../support/miner/made-up-tree.ts'
import { MadeUpChain, refused, silence } from '../../../../../support/sending/made-up-chain.ts'

const fees = { maxFeePerGas: toGasPrice(1n), maxPriorityFeePerGas: toGasPrice(1n) }
const attempt = { hash: madeUpId('one'), raw: '0x', nonce: 5, fees, isCancel: false, sentMs: 0 } as const

test('each way to refuse is told from the others', async () => {
  const answers = [
    [refused('already known'), 'taken'],
    [refused('nonce too low'), 'nonce-taken'],
    [refused('replacement transaction underpriced'), 'nonce-taken'],
    [refused('insufficient funds'), 'refused'],
    [silence(), 'silent'],
    [new TypeError('a bug'), 'silent'],
  ] as const
  for (const [error, answer] of answers) {
    const { deliveries, endpoint } = open(() => Promise.reject(error))
    await deliveries.hand(endpoint, attempt)
    assert.equal(deliveries.answer(endpoint, attempt.hash), answer)
  }
})

test('what was taken once stays taken, and any other answer gives way to the next', async () => {
  const answers = [silence(), refused('insufficient funds'), undefined, refused('nonce too low'), silence()]
  const { deliveries, endpoint } = open(async () => {
    const error = answers.shift()
    if (error !== undefined) throw error
  })
  const told: unknown[] = []
  while (answers.length > 0) {
    await deliveries.hand(endpoint, attempt)
    told.push(deliveries.answer(endpoint, attempt.hash))
  }
  assert.deepEqual(told, ['silent', 'refused', 'taken', 'taken', 'taken'])
})

test('endpoints of the same name are told apart', async () => {
  const { deliveries, endpoint } = open(async () => undefined)
  await deliveries.hand(endpoint, attempt)
  assert.equal(deliveries.answer({ ...endpoint, id: madeUpId('other') }, attempt.hash), undefined)
})

function open(broadcast: () => Promise<void>) {
  const deliveries = new Deliveries(log, 1_000, new AbortController().signal)
  return { deliveries, endpoint: new MadeUpChain().endpoint('one', () => ({ broadcast })) }
}
