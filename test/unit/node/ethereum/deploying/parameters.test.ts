// The table of parameters is the constructor's: one that is missing here, or left over, could not be chosen or verified.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAbiParameters, getAddress, hexToBytes } from 'viem'
import { bridgeAbi } from '../../../../../deployments/bridge-abi.ts'
import { bridgeBytecode } from '../../../../../deployments/bridge-bytecode.ts'
import { runtimeCode } from '../../../../../deployments/runtime-code.ts'
import {
  contractsOf,
  createdBy,
  creationCode,
  JUDGE,
  stateIn,
} from '../../../../../node/ethereum/deploying/creation.ts'
import { creationGas } from '../../../../../node/ethereum/deploying/creation-gas.ts'
import { describeDeployment } from '../../../../../node/ethereum/deploying/deploy.ts'
import { deployCall } from '../../../../../node/ethereum/deploying/deployer.ts'
import {
  DEFAULT_PARAMETERS,
  PARAMETER_NAMES,
  PARAMETERS,
  parametersOf,
} from '../../../../../node/ethereum/deploying/parameters.ts'
import { type Hash, parseAddress } from '../../../../../node/protocol/ids.ts'
import { accountOf, genesisOf } from '../../../../../scripts/assure/models/world.ts'

const STATE = `0x${'5a'.repeat(32)}` as Hash
const inputs = bridgeAbi.flatMap((entry) => (entry.type === 'constructor' ? [...entry.inputs] : []))

test('the table has the parameters of the constructor, within the bounds of their types, and no others', () => {
  assert.deepEqual(
    inputs.map(({ name }) => name),
    ['state', ...PARAMETER_NAMES.map((name) => `${name}_`), 'judge_'],
  )
  for (const name of PARAMETER_NAMES) {
    const { least, most, preset, means, choice } = PARAMETERS[name]
    const bits = Number(/\d+/.exec(inputs.find((input) => input.name === `${name}_`)?.type ?? '')?.[0])
    assert.ok(least <= preset && preset <= most && most < 2n ** BigInt(bits), name)
    assert.ok(means.length > 20 && !means.endsWith('.') && choice.endsWith('.'), name)
  }
})

test('the bytes that deploy are the bytecode and the arguments in their order', () => {
  const parameters = parametersOf((name) => BigInt(PARAMETER_NAMES.indexOf(name) + 1))
  const code = creationCode(STATE, parameters)
  assert.ok(code.startsWith(bridgeBytecode))
  const values = decodeAbiParameters(inputs, `0x${code.slice(bridgeBytecode.length)}`)
  assert.deepEqual(values, [STATE, ...PARAMETER_NAMES.map((name) => parameters[name]), getAddress(JUDGE)])
  assert.equal(stateIn(code), STATE)
})

test('the file of a network says all of them', () => {
  const contracts = contractsOf(parseAddress('0x5fbdb2315678afecb367f032d93f642f64180aa3'))
  const place = { chain: 1n, contracts, transaction: STATE, block: 2n, time: 3n }
  const { parameters } = describeDeployment(place, genesisOf(accountOf('holder')), DEFAULT_PARAMETERS)
  assert.deepEqual(Object.keys(parameters), PARAMETER_NAMES)
  for (const name of PARAMETER_NAMES) assert.equal(BigInt(parameters[name]), DEFAULT_PARAMETERS[name])
})

test('addresses follow from account and nonce alone', () => {
  // Those of a run of anvil: the first transaction of its first account.
  const { bridge } = createdBy(parseAddress('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'), 0)
  assert.equal(bridge, '0x5fbdb2315678afecb367f032d93f642f64180aa3')
  const { token, judge, reader } = contractsOf(bridge)
  assert.equal(new Set([bridge, token, judge, reader]).size, 4)
})

test('gas is counted from the sizes, and an endpoint may raise it within reason', () => {
  const code = creationCode(STATE, DEFAULT_PARAMETERS)
  const kept = Object.values(runtimeCode)
  const own = creationGas(code, kept)
  assert.ok(own > 200n * 30_000n && own < 2n ** 24n, `${own}`)
  assert.ok(creationGas(`0x${'ff'.repeat(hexToBytes(code).length)}`, kept) > own)
  const limitOf = (estimate: bigint) => deployCall(code, estimate).gas
  assert.equal(limitOf(0n), limitOf(own))
  assert.ok(limitOf(own + 1_000_000n) > limitOf(own))
  assert.equal(limitOf(2n ** 24n - 1n), 2n ** 24n, 'what one transaction may use')
  assert.equal(limitOf(7n * own), (7n * own * 6n) / 5n, 'where what is stored has a limit of its own')
  assert.equal(limitOf(10n ** 30n), limitOf(9n * own))
})
