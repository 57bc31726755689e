// What wallets ask the contract of a token (ERC-20, ERC-165), read and answered by whoever stands in for one.

import {
  decodeFunctionData,
  encodeErrorResult,
  encodeFunctionData,
  encodeFunctionResult,
  erc20Abi,
  type Hex,
  parseAbi,
} from 'viem'
import type { Address } from '../protocol/ids.ts'

const ERC165 = parseAbi(['function supportsInterface(bytes4) view returns (bool)'])
const FAILURE = parseAbi(['error Error(string)'])
const ABI = [...erc20Abi, ...ERC165] as const
/** ERC-165 itself, and ERC-20. */
const INTERFACES = ['0x01ffc9a7', '0x36372b07']

/** What is to be known of the token: balances and names are its own matter, all else is answered here. */
export type TokenFacts = {
  /** Base units. */
  readonly balanceOf: (owner: Address) => Promise<bigint>
  /** Base units; all of these throw where that is not known. */
  readonly totalSupply: () => bigint
  readonly symbol: () => string
  readonly name: () => string
  readonly decimals: () => number
}

/** The encoded answer to a call; undefined for what is not a question that a token answers, as a payment, or is malformed. */
export async function answerTokenCall(data: Hex, token: TokenFacts): Promise<Hex | undefined> {
  const call = read(data)
  switch (call?.functionName) {
    case 'balanceOf': {
      const owner = call.args[0].toLowerCase() as Address // as viem has checked
      return encodeFunctionResult({ abi: ABI, functionName: 'balanceOf', result: await token.balanceOf(owner) })
    }
    case 'allowance':
      // Nobody can let anybody else spend.
      return encodeFunctionResult({ abi: ABI, functionName: 'allowance', result: 0n })
    case 'totalSupply':
      return encodeFunctionResult({ abi: ABI, functionName: 'totalSupply', result: token.totalSupply() })
    case 'symbol':
      return encodeFunctionResult({ abi: ABI, functionName: 'symbol', result: token.symbol() })
    case 'name':
      return encodeFunctionResult({ abi: ABI, functionName: 'name', result: token.name() })
    case 'decimals':
      return encodeFunctionResult({ abi: ABI, functionName: 'decimals', result: token.decimals() })
    case 'supportsInterface': {
      const result = INTERFACES.includes(call.args[0].toLowerCase())
      return encodeFunctionResult({ abi: ABI, functionName: 'supportsInterface', result })
    }
    default:
      return undefined
  }
}

/** The call data of a payment of a token, as explorers and wallets read it. */
export function transferCall(to: Address, tokens: bigint): Hex {
  return encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, tokens] })
}

/** The data of a call that failed with a reason: Solidity's `Error(string)`. */
export function revertData(reason: string): Hex {
  return encodeErrorResult({ abi: FAILURE, errorName: 'Error', args: [reason] })
}

function read(data: Hex) {
  try {
    return decodeFunctionData({ abi: ABI, data })
  } catch {
    return undefined // a function that no token has, or arguments cut short
  }
}
