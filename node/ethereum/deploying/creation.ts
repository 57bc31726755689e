// What is sent to deploy a bridge and its judge, and where that puts the contracts: known beforehand, to anyone, without asking a chain.

import { type AbiParameter, concatHex, encodeAbiParameters, getContractAddress, type Hex } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { bridgeBytecode } from '../../../deployments/bridge-bytecode.ts'
import { judgeBytecode } from '../../../deployments/judge-bytecode.ts'
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
const READER_NONCE = 2n

/**
 * Deploys what it is sent, behind a salt, at an address that follows from both (EIP-1014): the same contract is on nearly every chain, and anvil has it too.
 * https://github.com/Arachnid/deterministic-deployment-proxy
 */
export const CREATE2_PROXY: Address = parseAddress('0x4e59b44847b379578588920ca78fbf26c0b4956c')
/** Its code, the same everywhere: CREATE2 with the first word as salt and the rest as creation code. No other puts a judge where it has to be. */
export const CREATE2_PROXY_CODE: Hex =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3'
const SALT = ZERO_HASH

/** Of this version, on every chain: who deploys it, and how often somebody tried, makes no difference. */
export const JUDGE: Address = parseAddress(
  getContractAddress({ opcode: 'CREATE2', from: CREATE2_PROXY, salt: SALT, bytecode: judgeBytecode }).toLowerCase(),
)

/** What is sent to `CREATE2_PROXY` to have a judge. */
export const JUDGE_CREATION: Hex = concatHex([SALT, judgeBytecode])

/** The bytes that make a bridge when they are sent to nobody. `state` is the root of the state that genesis makes. */
export function creationCode(state: Hash, parameters: Parameters): Hex {
  return concatHex([bridgeBytecode, constructorArguments(state, parameters)])
}

/** Encoded as an ABI says, in the order of the constructor: it names `state`, and each parameter and the judge with an underscore at its end. */
export function constructorArguments(state: Hash, parameters: Parameters): Hex {
  const inputs: readonly (AbiParameter & { readonly name: string })[] = constructorInputs()
  const values = inputs.map(({ name }) => {
    if (name === 'state') return state
    if (name === 'judge_') return JUDGE
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

/** The token and the reader that a bridge at this address has made, and the judge that it was given. */
export function contractsOf(bridge: Address): Contracts {
  const made = (nonce: bigint) => parseAddress(getContractAddress({ from: bridge, nonce }).toLowerCase())
  return { bridge, token: made(TOKEN_NONCE), judge: JUDGE, reader: made(READER_NONCE) }
}

function constructorInputs() {
  const [found] = bridgeAbi.filter(({ type }) => type === 'constructor')
  if (found === undefined || !('inputs' in found)) throw new RangeError('the bridge has no constructor')
  return found.inputs
}
