// What is sent to deploy a bridge, and where that puts its contracts: known beforehand, to anyone, without asking a chain.

import { type AbiParameter, concatHex, encodeAbiParameters, getContractAddress, type Hex } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { bridgeBytecode } from '../../../deployments/bridge-bytecode.ts'
import { type Address, type Hash, isHash, parseAddress, ZERO_HASH } from '../../protocol/ids.ts'
import { PARAMETER_NAMES, type Parameters } from './parameters.ts'

export type Contracts = {
  readonly bridge: Address
  readonly token: Address
  readonly judge: Address
  readonly reader: Address
}

/** The nonces of the bridge's constructor: a contract counts from 1. */
const TOKEN_NONCE = 1n
const JUDGE_NONCE = 2n
const READER_NONCE = 3n

/** The bytes that make a bridge when they are sent to nobody. `state` is the root of the state that genesis makes. */
export function creationCode(state: Hash, parameters: Parameters): Hex {
  return concatHex([bridgeBytecode, constructorArguments(state, parameters)])
}

/** Encoded as an ABI says, in the order of the constructor: it names `state`, and each parameter with an underscore at its end. */
export function constructorArguments(state: Hash, parameters: Parameters): Hex {
  const inputs: readonly (AbiParameter & { readonly name: string })[] = constructorInputs()
  const values = inputs.map(({ name }) => {
    if (name === 'state') return state
    const parameter = PARAMETER_NAMES.find((each) => `${each}_` === name)
    if (parameter === undefined) throw new RangeError(`the constructor wants ${name}, which is in no table`)
    return parameters[parameter]
  })
  return encodeAbiParameters(inputs, values)
}

/** The root of the genesis state that creation code of ours was given, whatever else it holds; zero if it is too short for one. */
export function stateIn(code: string): Hash {
  const state = `0x${code.slice(bridgeBytecode.length, bridgeBytecode.length + 64)}`
  return isHash(state) ? state : ZERO_HASH
}

/** Of the transaction with this nonce of an account that creates a bridge. */
export function createdBy(account: Address, nonce: number): Contracts {
  return contractsOf(parseAddress(getContractAddress({ from: account, nonce: BigInt(nonce) }).toLowerCase()))
}

/** The token, the judge and the reader that a bridge at this address has made. */
export function contractsOf(bridge: Address): Contracts {
  const made = (nonce: bigint) => parseAddress(getContractAddress({ from: bridge, nonce }).toLowerCase())
  return { bridge, token: made(TOKEN_NONCE), judge: made(JUDGE_NONCE), reader: made(READER_NONCE) }
}

function constructorInputs() {
  const [found] = bridgeAbi.filter(({ type }) => type === 'constructor')
  if (found === undefined || !('inputs' in found)) throw new RangeError('the bridge has no constructor')
  return found.inputs
}
