// What speaks against an asset: that it may vanish, is not what it seems, or reads like another one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doubtsOf } from '../../../../../node/client/assets/doubts.ts'
import type { AssetView } from '../../../../../node/client/assets/view.ts'
import { parseAddress, parseInfohash } from '../../../../../node/protocol/ids.ts'

const asset = parseInfohash('1'.repeat(40))
const others = ['2', '3', '4', '5'].map((digit) => parseInfohash(digit.repeat(40)))
const issued = { kind: 3, asset, status: 'final', isFinal: true } as const satisfies AssetView
const entered = { kind: 2, asset: parseAddress(`0x${'6'.repeat(40)}`) } as const satisfies AssetView

test('nothing speaks against what is final and looks like nothing else, or is a gateway', () => {
  assert.deepEqual(doubtsOf({ ...issued, symbol: 'GOLD' }, []), [])
  assert.deepEqual(doubtsOf({ ...entered, isGateway: true, symbol: 'USDC' }, []), [])
  // Nobody could look: that is said elsewhere, and is not a doubt.
  assert.deepEqual(doubtsOf(entered, []), [])
})

test('an issuance that may vanish and a contract that is not a gateway are named', () => {
  assert.deepEqual(doubtsOf({ ...issued, isFinal: false, status: 'ordered' }, []), [
    { kind: 'unfinal', status: 'ordered' },
  ])
  assert.deepEqual(doubtsOf({ ...entered, isGateway: false }, []), [{ kind: 'no-gateway' }])
})

test('a name that reads like money, or like other assets, is named with two of them and the number of the rest', () => {
  const known = others.map((other, i) => ({ asset: other, symbol: ['GOLD', 'gold', 'G0LD', 'GO1D'][i] ?? '' }))
  assert.deepEqual(doubtsOf({ ...issued, symbol: 'GOLD' }, [...known, { asset, symbol: 'GOLD' }]), [
    { kind: 'alike', symbol: 'GOLD', other: known[0] },
    { kind: 'alike', symbol: 'GOLD', other: known[1] },
    { kind: 'alike-more', symbol: 'GOLD', count: 2 },
  ])
  assert.deepEqual(doubtsOf({ ...issued, symbol: 'TTx' }, []), [{ kind: 'money', symbol: 'TTx', money: 'TTX' }])
})
