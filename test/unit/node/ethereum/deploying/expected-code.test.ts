// Code on Ethereum is ours to the last byte or it is not: whatever changes a byte is noticed, and what is only another parameter is called by its name.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hex, toHex } from 'viem'
import { judgeRuntimeCode } from '../../../../../deployments/judge-runtime-code.ts'
import { runtimeCode } from '../../../../../deployments/runtime-code.ts'
import { contractsOf } from '../../../../../node/ethereum/deploying/creation.ts'
import { compareCode, type Origin, parametersIn } from '../../../../../node/ethereum/deploying/expected-code.ts'
import { DEFAULT_PARAMETERS, PARAMETER_NAMES } from '../../../../../node/ethereum/deploying/parameters.ts'
import { type Hash, parseAddress } from '../../../../../node/protocol/ids.ts'
import { randomOf } from '../../../../../scripts/assure/models/world.ts'
import { codeFor, withImmutable } from '../../../../support/deployed-code.ts'

const CONTRACTS = ['bridge', 'token', 'judge', 'reader'] as const
const ORIGIN: Origin = {
  contracts: contractsOf(parseAddress('0x5fbdb2315678afecb367f032d93f642f64180aa3')),
  chain: 31_337n,
  genesis: `0x${'5a'.repeat(32)}` as Hash,
  parameters: DEFAULT_PARAMETERS,
}
const others = (contract: (typeof CONTRACTS)[number], code: Hex, origin = ORIGIN) => {
  const report = compareCode(contract, code, origin)
  return report.kind === 'ours' ? report.others.map(({ name }) => name) : report.kind
}

test('code with every immutable as expected is ours, and says its parameters', () => {
  for (const contract of CONTRACTS) assert.deepEqual(others(contract, codeFor(contract, ORIGIN)), [], contract)
  const report = compareCode('bridge', codeFor('bridge', ORIGIN), { ...ORIGIN, parameters: {}, genesis: undefined })
  assert.ok(report.kind === 'ours')
  assert.deepEqual(report.others, [])
  assert.deepEqual(parametersIn(report.immutables), DEFAULT_PARAMETERS)
})

test('no code, code of another length and that of another contract are not ours', () => {
  const code = codeFor('bridge', ORIGIN)
  assert.equal(others('bridge', '0x'), 'none')
  for (const changed of [`${code}00`, code.slice(0, -2), '0x60', codeFor('judge', ORIGIN)])
    assert.equal(others('bridge', changed as Hex), 'foreign')
})

test('an immutable that differs is named; one that has two values is foreign code', () => {
  for (const contract of CONTRACTS) {
    const code = codeFor(contract, ORIGIN)
    for (const [name, places] of Object.entries({ ...runtimeCode, ...judgeRuntimeCode }[contract].immutables)) {
      const word = toHex(0xbadn, { size: 32 })
      assert.deepEqual(others(contract, withImmutable(contract, code, name, word)), [name])
      if (places.length > 1) assert.equal(others(contract, withImmutable(contract, code, name, word, 1)), 'foreign')
    }
  }
})

test('the parameters, genesis, chain and addresses that somebody states are those that are compared', () => {
  const code = codeFor('bridge', ORIGIN)
  for (const name of PARAMETER_NAMES) {
    const parameters = { ...DEFAULT_PARAMETERS, [name]: DEFAULT_PARAMETERS[name] + 1n }
    assert.deepEqual(others('bridge', code, { ...ORIGIN, parameters }), [name])
  }
  assert.deepEqual(others('bridge', code, { ...ORIGIN, chain: 1n }), ['chain'])
  assert.deepEqual(others('bridge', code, { ...ORIGIN, genesis: `0x${'00'.repeat(32)}` as Hash }), ['genesis'])
  const elsewhere = contractsOf(parseAddress('0x70997970c51812dc3a010c7d01b50e0d17dc79c8'))
  assert.deepEqual(others('bridge', code, { ...ORIGIN, contracts: elsewhere }), ['token', 'reader'])
  const token = codeFor('token', ORIGIN)
  assert.deepEqual(
    others('token', token, { ...ORIGIN, contracts: elsewhere }).toString(),
    '_cachedDomainSeparator,_cachedThis,bridge',
  )
})

test('no byte can be changed unseen', () => {
  const seed = 7
  const random = randomOf(seed)
  for (const contract of CONTRACTS) {
    const code = codeFor(contract, ORIGIN)
    for (let i = 0; i < 200; i++) {
      const at = 2 + Math.floor(random() * (code.length - 2))
      const digit = (Number.parseInt(code.charAt(at), 16) ^ (1 + Math.floor(random() * 15))).toString(16)
      const changed = `${code.slice(0, at)}${digit}${code.slice(at + 1)}` as Hex
      assert.notDeepEqual(others(contract, changed), [], `seed ${seed}, ${contract}, digit ${at}`)
    }
  }
})
