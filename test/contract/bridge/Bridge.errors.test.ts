// Every custom error of our own contracts is provoked by a test, but one that no chain gives on which a test can run.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'

/** Of OpenZeppelin, which tests its own. */
const FOREIGN = /^(ERC20|ERC2612|ECDSA|SafeCast|String|InvalidShortString|InvalidAccountNonce)/

/** Each such chain recovers signers. */
const UNPROVOKED = ['NoRecovery']

const tests = globSync('test/contract/**/!(Bridge.errors).test.ts').map((file) => readFileSync(file, 'utf8'))

for (const item of [...bridgeAbi, ...tokenAbi]) {
  if (item.type !== 'error' || FOREIGN.test(item.name)) continue
  const isMeant = !UNPROVOKED.includes(item.name)
  it(`${item.name} is ${isMeant ? '' : 'not '}provoked`, () => {
    assert.equal(
      tests.some((text) => text.includes(`'${item.name}'`)),
      isMeant,
    )
  })
}
