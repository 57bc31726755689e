// Every custom error of gateways and their factory is provoked by a test.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { gatewayFactoryAbi } from '../../../deployments/gateway-factory-abi.ts'

/** The bridge's own, and OpenZeppelin's, which tests its own. */
const FOREIGN = /^(BadHeaderLength|CloneArgumentsTooLong|Create2EmptyBytecode|FailedDeployment|InsufficientBalance)$/
const tests = globSync('test/contract/periphery/!(Gateway.errors).test.ts').map((file) => readFileSync(file, 'utf8'))

for (const item of [...gatewayAbi, ...gatewayFactoryAbi]) {
  if (item.type !== 'error' || FOREIGN.test(item.name)) continue
  it(`${item.name} is provoked`, () => {
    assert(tests.some((text) => new RegExp(`'${item.name}(\\(\\))?'`).test(text)))
  })
}

it('errors that the bridge has too have the same members', () => {
  const shape = (each: { readonly inputs: readonly { readonly type: string }[] }) => each.inputs.map(({ type }) => type)
  for (const item of [...gatewayAbi, ...gatewayFactoryAbi]) {
    if (item.type !== 'error') continue
    const other = bridgeAbi.find((each) => each.type === 'error' && each.name === item.name)
    if (other?.type === 'error') assert.deepEqual(shape(item), shape(other), item.name)
  }
})
