// The calls that are sent to gateways, to their factory and to the tokens behind them: their bytes, their gas, and what goes with them.

import { encodeFunctionData, erc20Abi, type Hex } from 'viem'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { gatewayFactoryAbi } from '../../../deployments/gateway-factory-abi.ts'
import { formatHex } from '../../protocol/bytes.ts'
import type { Address } from '../../protocol/ids.ts'
import type { ClaimProof, Permit } from '../calls.ts'
import { type BridgeCall, ENTER_GAS, limit } from '../calls.ts'

/** What a token may use of its own for one movement, units: a plain one takes 60,000, and some move shares, or ask others. */
const TOKEN_GAS = 200_000n
const CREATE_GAS = 80_000n
/** Of a gateway: what its bridge does and what it writes, without the token's own part. */
const DEPOSIT_GAS = 110_000n
const CLAIM_GAS = 110_000n
const EACH_GAS = 15_000n
const WITHDRAW_GAS = 60_000n
/** EIP-150: of what is left a call gets 63 parts of 64, and `claimMany` wants `gasEach` to be among them. */
const [PARTS, GIVEN] = [64n, 63n]
/** For one payment of `claimMany`: the gateway's own writing, and the token. */
const GAS_EACH = 90_000n + TOKEN_GAS

/** Makes the gateway of a token; anybody may. */
export function createGatewayCall(factory: Address, token: Address): BridgeCall {
  const data = encodeFunctionData({ abi: gatewayFactoryAbi, functionName: 'create', args: [token] })
  return { name: 'create', to: factory, data, gas: limit(CREATE_GAS, data, 3), bondGas: 0n }
}

/** Lets a spender take this much of a token of the caller, and no more. */
export function approveCall(token: Address, spender: Address, amount: bigint): BridgeCall {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, amount] })
  return { name: 'approve', to: token, data, gas: limit(TOKEN_GAS, data, 1), bondGas: 0n }
}

/** Takes `amount` of the token of the caller, who has allowed it, and enters what arrives for `to`. */
export function gatewayDepositCall(gateway: Address, amount: bigint, to: Address): BridgeCall {
  const data = encodeFunctionData({ abi: gatewayAbi, functionName: 'deposit', args: [amount, to] })
  const queues = { lane: 'assets', entries: 1 } as const
  const gas = limit(DEPOSIT_GAS + TOKEN_GAS, data, 4)
  return { name: 'deposit', to: gateway, data, gas, bondGas: ENTER_GAS, bonds: 1, queues }
}

/** The same with a permit of exactly `amount`, which takes the place of the allowance. */
export function gatewayPermitDepositCall(gateway: Address, amount: bigint, to: Address, permit: Permit): BridgeCall {
  const { deadline, v, r, s } = permit
  const args = [amount, to, deadline, v, r, s] as const
  const data = encodeFunctionData({ abi: gatewayAbi, functionName: 'depositWithPermit', args })
  const queues = { lane: 'assets', entries: 1 } as const
  const gas = limit(DEPOSIT_GAS + 2n * TOKEN_GAS, data, 5)
  return { name: 'depositWithPermit', to: gateway, data, gas, bondGas: ENTER_GAS, bonds: 1, queues }
}

/** All of one final block, whose sealed header the claims carry, and of the asset of this gateway; one that cannot be paid keeps no other from it. */
export function gatewayClaimCall(gateway: Address, sealed: Uint8Array, claims: readonly ClaimProof[]): BridgeCall {
  const requests = claims.map(({ number, step, recipient, gross, siblings }) => {
    return { number, step, to: recipient, amount: gross, siblings }
  })
  const header: Hex = `0x${formatHex(sealed)}`
  const [first] = requests
  if (first === undefined) throw new RangeError('expected a request to claim, got none')
  if (requests.length === 1) {
    const data = encodeFunctionData({ abi: gatewayAbi, functionName: 'claim', args: [header, first] })
    return { name: 'claim', to: gateway, data, gas: limit(CLAIM_GAS + TOKEN_GAS, data, 4), bondGas: 0n }
  }
  const data = encodeFunctionData({ abi: gatewayAbi, functionName: 'claimMany', args: [header, requests, GAS_EACH] })
  const last = (GAS_EACH * PARTS) / GIVEN
  const gas = CLAIM_GAS + last + BigInt(requests.length) * (GAS_EACH + EACH_GAS)
  return { name: 'claimMany', to: gateway, data, gas: limit(gas, data, 2 * requests.length + 2), bondGas: 0n }
}

/** Sends what the gateway owes to an account there; anybody may. */
export function gatewayWithdrawCall(gateway: Address, account: Address): BridgeCall {
  const data = encodeFunctionData({ abi: gatewayAbi, functionName: 'withdraw', args: [account] })
  return { name: 'withdraw', to: gateway, data, gas: limit(WITHDRAW_GAS + TOKEN_GAS, data, 2), bondGas: 0n }
}
