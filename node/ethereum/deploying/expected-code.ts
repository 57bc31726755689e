// The code that a deployed bridge, its token, its judge and its reader must have, to the last byte: the compiler's, with the immutables that their constructors write.

import { encodeAbiParameters, type Hex, keccak256, pad, stringToHex, toHex } from 'viem'
import { bridgeBytecode } from '../../../deployments/bridge-bytecode.ts'
import { judgeBytecode } from '../../../deployments/judge-bytecode.ts'
import { judgeRuntimeCode } from '../../../deployments/judge-runtime-code.ts'
import { runtimeCode } from '../../../deployments/runtime-code.ts'
import type { Address, Hash } from '../../protocol/ids.ts'
import { type CodeReport, compareWith } from './compare-code.ts'
import type { Contracts } from './creation.ts'
import { PARAMETER_NAMES, type ParameterName, type Parameters, parametersOf } from './parameters.ts'

export type ContractName = keyof typeof runtimeCode | keyof typeof judgeRuntimeCode

/** What the constructors are told, and where. */
export type Origin = {
  readonly contracts: Contracts
  readonly chain: bigint
  /** Id of the genesis block; undefined where nobody says what genesis is. */
  readonly genesis: Hash | undefined
  /** Those that are known. */
  readonly parameters: Partial<Parameters>
}

const WORD = 32

/**
 * Compares the code at an address with what must be there. An immutable occurs several times in it: one that has two values is foreign code, as
 * is any other byte that differs. `code` is what an endpoint says; what it means does not depend on it.
 */
export function compareCode(contract: ContractName, code: Hex, origin: Origin): CodeReport {
  const expected = (name: string) => expectedImmutable(contract, name, origin)
  if (contract === 'judge') return compareWith(judgeRuntimeCode.judge, judgeBytecode, code, expected)
  return compareWith(runtimeCode[contract], bridgeBytecode, code, expected)
}

/** The parameters that the code of a bridge says it was made with. */
export function parametersIn(immutables: ReadonlyMap<string, Hex>): Parameters {
  return parametersOf((name) => BigInt(immutables.get(name) ?? 0n))
}

/** As a word; undefined where it is not known what it should be. Throws a plain error for one that this program knows nothing of: our bug. */
function expectedImmutable(contract: ContractName, name: string, origin: Origin): Hex | undefined {
  if (contract === 'bridge') return ofBridge(name, origin)
  if (contract === 'token') return ofToken(name, origin)
  throw new RangeError(`the ${contract} has no immutable ${name}`)
}

function ofBridge(name: string, { contracts, chain, genesis, parameters }: Origin): Hex | undefined {
  if (isParameter(name)) {
    const value = parameters[name]
    return value === undefined ? undefined : word(value)
  }
  switch (name) {
    case 'token':
    case 'judge':
    case 'reader':
      return pad(contracts[name])
    case 'chain':
      return word(chain)
    case 'genesis':
      return genesis
    default:
      throw new RangeError(`the bridge has an immutable ${name} that this program knows nothing of`)
  }
}

/** Those of OpenZeppelin's EIP712 begin with an underscore: what its `permit` signs for. */
function ofToken(name: string, { contracts, chain }: Origin): Hex {
  switch (name) {
    case 'bridge':
      return pad(contracts.bridge)
    case '_cachedThis':
      return pad(contracts.token)
    case '_cachedChainId':
      return word(chain)
    case '_hashedName':
      return keccak256(stringToHex(TOKEN_NAME))
    case '_hashedVersion':
      return keccak256(stringToHex(TOKEN_VERSION))
    case '_name':
      return shortString(TOKEN_NAME)
    case '_version':
      return shortString(TOKEN_VERSION)
    case '_cachedDomainSeparator':
      return domainSeparator(contracts.token, chain)
    default:
      throw new RangeError(`the token has an immutable ${name} that this program knows nothing of`)
  }
}

const TOKEN_NAME = 'Wrapped TorrentTX'
const TOKEN_VERSION = '1'
const DOMAIN = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'

function domainSeparator(token: Address, chain: bigint): Hex {
  const types = [
    { type: 'bytes32' },
    { type: 'bytes32' },
    { type: 'bytes32' },
    { type: 'uint256' },
    { type: 'address' },
  ] as const
  const [name, version] = [TOKEN_NAME, TOKEN_VERSION].map((text) => keccak256(stringToHex(text))) as [Hex, Hex]
  return keccak256(encodeAbiParameters(types, [keccak256(stringToHex(DOMAIN)), name, version, chain, token]))
}

/** As OpenZeppelin's ShortStrings packs it: the text, and its length in the last byte. */
function shortString(text: string): Hex {
  return `0x${stringToHex(text, { size: WORD - 1 }).slice(2)}${toHex(text.length, { size: 1 }).slice(2)}`
}

function isParameter(name: string): name is ParameterName {
  return PARAMETER_NAMES.some((each) => each === name)
}

function word(value: bigint): Hex {
  return toHex(value, { size: WORD })
}
