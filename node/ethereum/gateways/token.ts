// Tokens of others (ERC-20) and their gateways, as one asks them now. All that a token says of itself is a claim.

import {
  decodeFunctionResult,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  hexToString,
  type PublicClient,
  size,
  trim,
} from 'viem'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { type Address, isAddress, parseAddress } from '../../protocol/ids.ts'
import { isFailureOfContract } from '../problems.ts'
import type { EthereumReader } from '../reader.ts'
import { gatewayOf } from './gateway.ts'

/** What a token says of itself. */
export type TokenClaim = {
  /** Raw text of strangers: nothing to show as it is. */
  readonly symbol?: string
  readonly decimals?: number
}

/** Units for a question: tokens behind proxies take 50,000, and what loops forever, or answers with megabytes, ends soon. */
const ANSWER_GAS = 2_000_000n

/** What begins the code of an account that has delegated itself. */
const DELEGATION = '0xef0100'

type Asker = Pick<EthereumReader, 'ask'>

/** The token of a gateway that this factory has made; undefined of whatever else is there, or nothing. */
export async function tokenOfGateway(
  ethereum: Asker,
  factory: Address,
  gateway: Address,
): Promise<Address | undefined> {
  const data = encodeFunctionData({ abi: gatewayAbi, functionName: 'token' })
  const answer = await answerOf(ethereum, gateway, data)
  if (answer === undefined || size(answer) !== 32) return undefined
  const token = `0x${answer.slice(26).toLowerCase()}`
  // What a contract answers proves nothing: its address has to follow from the token.
  return isAddress(token) && gatewayOf(factory, token) === gateway ? token : undefined
}

/** Nothing that the token does not say. */
export async function readTokenClaim(ethereum: Asker, token: Address): Promise<TokenClaim> {
  const ask = (functionName: 'symbol' | 'decimals') =>
    answerOf(ethereum, token, encodeFunctionData({ abi: erc20Abi, functionName }))
  const [symbol, decimals] = [textIn(await ask('symbol')), numberIn(await ask('decimals'))]
  return {
    ...(symbol === undefined ? {} : { symbol }),
    ...(decimals === undefined || decimals > 255n ? {} : { decimals: Number(decimals) }),
  }
}

/** Units of the token that an account holds, by what the token says as of a block or now; undefined if it says nothing, since it is not one. */
export async function tokenBalanceOf(
  ethereum: Asker,
  token: Address,
  owner: Address,
  blockNumber?: bigint,
): Promise<bigint | undefined> {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [owner] })
  return numberIn(await answerOf(ethereum, token, data, blockNumber))
}

/** How much of it a spender may take from an owner. */
export async function allowanceOf(
  ethereum: Asker,
  token: Address,
  owner: Address,
  spender: Address,
): Promise<bigint | undefined> {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'allowance', args: [owner, spender] })
  return numberIn(await answerOf(ethereum, token, data))
}

/** Whether a contract is there. */
export async function hasCode(ethereum: Asker, address: Address): Promise<boolean> {
  return (await codeAt(ethereum, address)) !== '0x'
}

/** Whether a contract is there that nobody has the key of: an account that has delegated itself to one (EIP-7702) signs as before. */
export async function isKeyless(ethereum: Asker, address: Address): Promise<boolean> {
  const code = await codeAt(ethereum, address)
  return code !== '0x' && !code.startsWith(DELEGATION)
}

/** Whether a gateway has paid a request of the final branch, as of a block of Ethereum or of the newest. */
export async function isPaidByGateway(
  ethereum: Asker,
  gateway: Address,
  number: bigint,
  blockNumber?: bigint,
): Promise<boolean> {
  const when = blockNumber === undefined ? {} : { blockNumber }
  return await ethereum.ask('whether a request was paid', (client) =>
    client.readContract({ abi: gatewayAbi, address: gateway, functionName: 'isClaimed', args: [number], ...when }),
  )
}

/** Units of its token that a gateway owes to an account, as of a block or now: its 1% of what was claimed. */
export async function owedByGateway(
  ethereum: Asker,
  gateway: Address,
  account: Address,
  blockNumber?: bigint,
): Promise<bigint> {
  const when = blockNumber === undefined ? {} : { blockNumber }
  return await ethereum.ask('what a gateway owes', (client) =>
    client.readContract({ abi: gatewayAbi, address: gateway, functionName: 'owed', args: [account], ...when }),
  )
}

async function codeAt(ethereum: Asker, address: Address): Promise<Hex> {
  return (await ethereum.ask(`code of ${address}`, (client) => client.getCode({ address }))) ?? '0x'
}

/** Undefined if the contract fails, in whatever way, or there is none. */
async function answerOf(ethereum: Asker, to: Address, data: Hex, blockNumber?: bigint): Promise<Hex | undefined> {
  const when = blockNumber === undefined ? {} : { blockNumber }
  const answer = await ethereum.ask(`an answer of ${parseAddress(to)}`, async (client: PublicClient) => {
    try {
      return (await client.call({ to, data, gas: ANSWER_GAS, ...when })).data
    } catch (error) {
      if (isFailureOfContract(error)) return undefined
      throw error
    }
  })
  return answer === '0x' ? undefined : answer
}

function numberIn(answer: Hex | undefined): bigint | undefined {
  return answer === undefined || size(answer) < 32 ? undefined : BigInt(answer.slice(0, 66))
}

/** Text as the standard has it, or as old tokens do: 32 bytes of it. */
function textIn(answer: Hex | undefined): string | undefined {
  if (answer === undefined) return undefined
  try {
    if (size(answer) === 32) return hexToString(trim(answer, { dir: 'right' }))
    return decodeFunctionResult({ abi: erc20Abi, functionName: 'symbol', data: answer })
  } catch {
    return undefined
  }
}
