// Brings a token to the TTX side by the connected wallet: makes its gateway if there is none, allows exactly the amount, and deposits.

import { encodeFunctionData, erc20Abi, type Hex, type Log, parseEventLogs, parseSignature } from 'viem'
import type { Config } from 'wagmi'
import {
  getBlock,
  readContract,
  sendCalls,
  sendTransaction,
  signTypedData,
  waitForCallsStatus,
  waitForTransactionReceipt,
} from 'wagmi/actions'
import { bridgeAbi } from '../../../../../deployments/bridge-abi.ts'
import { type BridgeCall, countedPrice } from '../../../../ethereum/calls.ts'
import {
  approveCall,
  createGatewayCall,
  gatewayDepositCall,
  gatewayPermitDepositCall,
} from '../../../../ethereum/gateways/calls.ts'
import { type Address, parseAddress } from '../../../../protocol/ids.ts'
import { ceilToGwei, costOfGas, toGasPrice, toTime } from '../../../../protocol/units.ts'
import { Said } from '../../said.ts'
import { askerOf } from '../asker.ts'
import { isContract, settle, surcharge } from '../on-ethereum.ts'
import { type Call, callsOf, type Step, stepsOf } from './steps.ts'
import { permitNonce, type TokenFacts, type TokenNetwork } from './token-facts.ts'

export type Deposit = { readonly account: Address; readonly amount: bigint; readonly to: Address }
/** What the wallet gave for what it sends: the hash of a transaction, or the name of calls that go together. */
export type Sent = { readonly kind: 'transaction' | 'calls'; readonly id: string }
/** What was entered: less than was given where the token takes a fee. */
export type Entry = { readonly index: bigint; readonly amount: bigint; readonly to: Address }

/** The allowance that goes along is good for this many seconds. */
const PERMIT_SECONDS = 3_600n
/** The base fee of Ethereum doubles within six blocks at most; what is too much comes back. */
const FEE_MARGIN = 2n
const PERMIT = [
  { name: 'owner', type: 'address' },
  { name: 'spender', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const

/**
 * Until the last of it was handed to Ethereum; what came of it says `entryOf`. `onStep` is told what the wallet is asked for next. Begun again, it goes on
 * with what is missing by `facts`. Throws `Said` where the token would not move, and what the wallet throws.
 */
export async function depositToken(
  config: Config,
  network: TokenNetwork,
  facts: TokenFacts,
  deposit: Deposit,
  onStep: (step: Step) => void,
): Promise<Sent> {
  const { token, gateway } = facts
  const { account, amount, to } = deposit
  await checkMoves(config, facts, deposit)
  const situation = { ...facts, hasPermit: facts.permit !== undefined }
  const of = async (name: Call): Promise<BridgeCall> => {
    if (name === 'create') return createGatewayCall(network.factory, token)
    if (name === 'deposit') return gatewayDepositCall(gateway, amount, to)
    return approveCall(token, gateway, name === 'clear' ? 0n : amount)
  }
  const value = await priceOfEntry(config, network, gatewayDepositCall(gateway, amount, to))
  const steps = stepsOf(situation, amount)
  if (steps[0] === 'together') {
    onStep('together')
    const calls = await Promise.all(callsOf(situation, amount).map(of))
    return { kind: 'calls', id: await sendTogether(config, account, calls, value) }
  }
  let last: BridgeCall | undefined
  for (const step of steps) {
    onStep(step)
    if (step === 'permit') last = await signPermit(config, facts, deposit)
    else if (step === 'deposit') last ??= await of('deposit')
    else if (step !== 'together') await settle(config, await send(config, account, await of(step), 0n))
  }
  if (last === undefined) throw new RangeError('a deposit ends with one')
  await checkDeposit(config, account, last, value)
  return { kind: 'transaction', id: await send(config, account, last, value) }
}

/** Waits until Ethereum has it. Throws `OperationError('transaction-failed')` if it was refused there, and what the wallet throws. */
export async function entryOf(config: Config, bridge: Address, gateway: Address, sent: Sent): Promise<Entry> {
  const logs = await logsOf(config, sent)
  const entries = parseEventLogs({ abi: bridgeAbi, logs, eventName: 'Entered' })
  // A token can enter units of its own on the way.
  const entry = entries.find(({ address, args }) => isSame(address, bridge) && isSame(args.asset, gateway))
  if (entry === undefined) throw new Said(({ tokens }) => tokens.failed(sent.id))
  const { index, amount, to } = entry.args
  return { index, amount, to: parseAddress(to) }
}

async function logsOf(config: Config, { kind, id }: Sent): Promise<Log[]> {
  if (kind === 'calls') {
    const { status, receipts = [] } = await waitForCallsStatus(config, { id, pollingInterval: 1_000, timeout: 0 })
    if (status !== 'success') throw new Said(({ tokens }) => tokens.failed(id))
    // What a wallet hands on of a receipt is less than a log, and all that is looked at.
    return receipts.flatMap(({ logs }) => logs) as unknown as Log[]
  }
  const hash = id as Hex
  await settle(config, hash)
  return (await waitForTransactionReceipt(config, { hash })).logs
}

/** A token that is paused, or refuses one of the two, says so before anybody pays for anything. */
async function checkMoves(config: Config, { token, gateway, held }: TokenFacts, { account, amount, to }: Deposit) {
  if (held < amount) throw new Said(({ tokens }) => tokens.tooMuch)
  // Money for an address that cannot sign is lost.
  if (await isContract(config, to)) throw new Said(({ wallet }) => wallet.contract)
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [gateway, amount] })
  const isMoved = await askerOf(config).ask('whether a token moves', (client) =>
    client.call({ account, to: token, data }).then(
      // Many answer true, some nothing; a few answer false in place of failing.
      ({ data: answer = '0x' }) => answer === '0x' || BigInt(answer) === 1n,
      () => false,
    ),
  )
  if (!isMoved) throw new Said(({ tokens }) => tokens.doesNotMove)
}

/** As it will be sent: what fails here would fail there, and cost its gas. */
async function checkDeposit(config: Config, account: Address, { to, data, gas }: BridgeCall, value: bigint) {
  if (to === undefined) throw new RangeError('a deposit goes to a gateway')
  const isRight = await askerOf(config).ask('whether a deposit would succeed', (client) =>
    client.call({ account, to, data, gas, value }).then(
      () => true,
      () => false,
    ),
  )
  if (!isRight) throw new Said(({ tokens }) => tokens.refused)
}

async function signPermit(config: Config, facts: TokenFacts, { account, amount, to }: Deposit): Promise<BridgeCall> {
  const { token, gateway, permit } = facts
  if (permit === undefined) throw new RangeError('the token takes no permit')
  const [nonce, { timestamp }] = await Promise.all([permitNonce(askerOf(config), token, account), getBlock(config)])
  const deadline = timestamp + PERMIT_SECONDS
  const signature = await signTypedData(config, {
    account,
    domain: permit,
    types: { Permit: PERMIT },
    primaryType: 'Permit',
    message: { owner: account, spender: gateway, value: amount, nonce, deadline },
  })
  const { r, s, yParity } = parseSignature(signature)
  return gatewayPermitDepositCall(gateway, amount, to, { deadline: toTime(deadline), v: 27 + yParity, r, s })
}

/** Wei that go along: the price of an entry and its surcharge. */
async function priceOfEntry(config: Config, { bridge }: TokenNetwork, { bondGas }: BridgeCall): Promise<bigint> {
  const [{ baseFeePerGas }, floorPrice, more] = await Promise.all([
    getBlock(config),
    readContract(config, { address: bridge, abi: bridgeAbi, functionName: 'floorPrice' }),
    surcharge(config, bridge, 'assets'),
  ])
  const baseFee = toGasPrice(FEE_MARGIN * (baseFeePerGas ?? 0n))
  return ceilToGwei(costOfGas(bondGas, countedPrice({ baseFee, floorPrice: toGasPrice(floorPrice) }))) + more
}

async function sendTogether(
  config: Config,
  account: Address,
  calls: readonly BridgeCall[],
  value: bigint,
): Promise<string> {
  const { id } = await sendCalls(config, {
    account,
    chainId: config.chains[0].id,
    forceAtomic: true,
    calls: calls.flatMap(({ to, data, bondGas }) =>
      to === undefined ? [] : [{ to, data, ...(bondGas > 0n ? { value } : {}) }],
    ),
  })
  return id
}

async function send(config: Config, account: Address, { to, data, gas }: BridgeCall, value: bigint): Promise<Hex> {
  if (to === undefined) throw new RangeError('a call of a token or a gateway names it')
  return await sendTransaction(config, { account, chainId: config.chains[0].id, to, data, gas, value })
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
