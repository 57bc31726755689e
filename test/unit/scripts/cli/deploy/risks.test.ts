// What speaks against a deployment is found, by its name, and nothing else is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_PARAMETERS } from '../../../../../node/ethereum/deploying/parameters.ts'
import { UNIT } from '../../../../../node/protocol/rules.ts'
import { GWEI, toGasPrice } from '../../../../../node/protocol/units.ts'
import { type Circumstances, findRisks, RISKS } from '../../../../../scripts/cli/commands/deploy/risks.ts'

const MAINNET = { baseFee: toGasPrice(GWEI), rollup: undefined, gasLimit: 60_000_000n, isCurrent: true }
const GOOD: Circumstances = {
  surroundings: MAINNET,
  parameters: DEFAULT_PARAMETERS,
  hashRate: 2e9,
  sharedWith: [],
}
const names = (changed: Partial<Circumstances>) => findRisks({ ...GOOD, ...changed }).map(({ name }) => name)
const withParameters = (changed: Partial<Circumstances['parameters']>) =>
  names({ parameters: { ...DEFAULT_PARAMETERS, ...changed } })

test('nothing speaks against the defaults on a chain like Ethereum', () => {
  assert.deepEqual(names({}), [])
  assert.deepEqual(names({ hashRate: 8.8e6 }), [], 'nor with one thread that mines')
})

test('each risk is found by itself', () => {
  assert.deepEqual(names({ surroundings: { ...MAINNET, rollup: 'chain 10 is one' } }), ['rollup'])
  assert.deepEqual(names({ surroundings: { ...MAINNET, isCurrent: false } }), ['old-chain'])
  assert.deepEqual(names({ surroundings: { ...MAINNET, gasLimit: 2n ** 24n - 1n } }), ['small-blocks'])
  assert.deepEqual(names({ surroundings: { ...MAINNET, gasLimit: 2n ** 24n } }), [])
  assert.deepEqual(withParameters({ easiestTarget: 2n ** 200n - 1n }), ['hard-target'])
  assert.deepEqual(withParameters({ easiestTarget: 2n ** 236n - 1n }), ['easy-target'])
  assert.deepEqual(withParameters({ floorPrice: GWEI / 10n - 1n }), ['low-floor'])
  assert.deepEqual(withParameters({ floorPrice: 100n * GWEI + 1n }), ['high-floor'])
  assert.deepEqual(withParameters({ minRequest: 1_000_001n * UNIT }), ['high-minimum'])
  assert.deepEqual(withParameters({ minDeposit: 1_000_001n * UNIT }), ['high-minimum'])
  assert.deepEqual(names({ sharedWith: ['1.json'] }), ['shared-genesis'])
})

test('the hash rate decides what is hard and what is easy', () => {
  const parameters = { ...DEFAULT_PARAMETERS, easiestTarget: 2n ** 200n - 1n }
  assert.match(findRisks({ ...GOOD, parameters })[0]?.why ?? '', /takes \d{3} d \d+ h at 2000000000 hashes/)
  assert.deepEqual(names({ parameters, hashRate: 1e12 }), [])
  assert.deepEqual(names({ hashRate: 1e12 }), ['easy-target'])
  assert.deepEqual(names({ hashRate: 1e5 }), ['hard-target'])
})

test('all at once are all found, in the order of the table', () => {
  const worst = {
    surroundings: { ...MAINNET, rollup: 'it is', isCurrent: false, gasLimit: 1n },
    parameters: { easiestTarget: 2n ** 176n, minRequest: 2n ** 127n, minDeposit: 1n, floorPrice: 0n },
    sharedWith: ['a.json'],
  }
  const found = names(worst)
  assert.deepEqual(
    found,
    Object.keys(RISKS).filter((name) => name !== 'easy-target' && name !== 'high-floor'),
  )
})
