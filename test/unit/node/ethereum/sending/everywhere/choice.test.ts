// Which nonce is signed for where endpoints differ.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseNonce } from '../../../../../../node/ethereum/sending/everywhere/choice.ts'
import type { View } from '../../../../../../node/ethereum/sending/everywhere/view.ts'
import { ZERO_HASH } from '../../../../../../node/protocol/ids.ts'
import { toGasPrice, toTime, toWei } from '../../../../../../node/protocol/units.ts'
import { MadeUpChain } from '../../../../../support/sending/made-up-chain.ts'

const chain = new MadeUpChain()

function bare(next: number, { number = 100n, given = 0 }: { number?: bigint; given?: number } = {}) {
  const head = { number, hash: ZERO_HASH, time: toTime(0n), next: toTime(1n), baseFee: toGasPrice(0n) }
  const account = { latest: next, pending: next, tip: toGasPrice(0n), balance: toWei(0n) }
  const view: View = {
    ...{ endpoint: chain.endpoint(`${next}`), head, ...account, isOver: false },
    ...{ receipts: new Map(), known: new Map() },
  }
  return { view, next, given }
}

function chosen(...choices: readonly ReturnType<typeof bare>[]): number | undefined {
  return chooseNonce(choices)?.nonce
}

test('what most of them say, wherever they are in the list', () => {
  assert.equal(chosen(bare(1), bare(7), bare(7)), 7)
  assert.equal(chosen(bare(7), bare(9, { number: 200n }), bare(7)), 7)
  assert.deepEqual(chooseNonce([bare(1), bare(7), bare(7)])?.views.length, 2)
})

test('where they differ evenly, what the one with the newest block says, and else the lowest', () => {
  assert.equal(chosen(bare(7, { number: 101n }), bare(5)), 7)
  assert.equal(chosen(bare(7), bare(5)), 5)
  assert.equal(chosen(bare(5), bare(7)), 5)
})

test('one that was given a nonce in vain comes after one that was not, whoever says the same', () => {
  assert.equal(chosen(bare(5, { given: 1 }), bare(5, { given: 1 }), bare(7)), 7)
})

test('none where nobody lacks any', () => {
  assert.equal(chosen(), undefined)
})
