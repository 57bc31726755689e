// The factory of gateways of a bridge: what is sent to make it, and whether what is at an address is one. Its code says all: neither it nor what its
// gateways run keeps anything that a constructor could have written otherwise.

import {
  type Account,
  concatHex,
  getContractAddress,
  type Hex,
  isHex,
  type PublicClient,
  pad,
  type Transport,
  type WalletClient,
} from 'viem'
import { gatewayFactoryBytecode } from '../../../deployments/gateway-factory-bytecode.ts'
import { gatewayRuntimeCode } from '../../../deployments/gateway-runtime-code.ts'
import { OperationError } from '../../errors.ts'
import { type Address, parseAddress } from '../../protocol/ids.ts'
import { type BridgeCall, TRANSACTION_GAS } from '../calls.ts'
import type { Connection } from '../connection.ts'
import { type CodeReport, compareWith } from '../deploying/compare-code.ts'

/** What is deployed, and what its gateways run. */
export const FACTORY_PARTS = ['factory', 'implementation'] as const
export type FactoryPart = (typeof FACTORY_PARTS)[number]

/** Expected, units: an upper end of what was measured. */
const CREATION_GAS = 1_700_000n
/** An estimate may be this many times our own figure: after EIP-8037 it is seven times what it was before. */
const REASON = 9n

/** The bytes that make a factory for a bridge when they are sent to nobody. */
export function factoryCreationCode(bridge: Address): Hex {
  return concatHex([gatewayFactoryBytecode, pad(bridge)])
}

/** Where the factory of a transaction with this nonce of an account is. */
export function factoryOf(account: Address, nonce: number): Address {
  return parseAddress(getContractAddress({ from: account, nonce: BigInt(nonce) }).toLowerCase())
}

/** What runs in all gateways of a factory: the first contract that it made. */
export function implementationOf(factory: Address): Address {
  return parseAddress(getContractAddress({ from: factory, nonce: 1n }).toLowerCase())
}

/** Of the code that an endpoint shows, whether each part is that of this version, for this bridge. Throws what asking the endpoint throws. */
export async function examineFactory(
  connection: Pick<Connection, 'ask'>,
  factory: Address,
  bridge: Address,
): Promise<Readonly<Record<FactoryPart, CodeReport>>> {
  const places = { factory, implementation: implementationOf(factory) }
  const words: Readonly<Record<string, Hex>> = { bridge: pad(bridge), implementation: pad(places.implementation) }
  const report = async (part: FactoryPart) => {
    const code = await connection.ask(`code of the ${part} of gateways`, async (client) => {
      const found = (await client.getCode({ address: places[part] })) ?? '0x'
      if (!isHex(found)) throw new TypeError('code that is not bytes')
      return found
    })
    return compareWith(gatewayRuntimeCode[part], gatewayFactoryBytecode, code, (name) => words[name])
  }
  return { factory: await report('factory'), implementation: await report('implementation') }
}

/**
 * Before something is given to gateways of a factory that somebody names, who may be a stranger: that these are ours, and of this bridge. Throws
 * `OperationError('deployment-differs')` otherwise, and what asking throws.
 */
export async function checkFactory(
  connection: Pick<Connection, 'ask'>,
  factory: Address,
  bridge: Address,
): Promise<void> {
  const reports = await examineFactory(connection, factory, bridge)
  const differences = FACTORY_PARTS.flatMap((part) => {
    const report = reports[part]
    if (report.kind === 'ours') return report.others.map(({ name, found }) => `${part} ${name}: found ${found}`)
    return [`${part} code: ${report.kind === 'none' ? 'there is none' : 'that of another program or version'}`]
  })
  if (differences.length === 0) return
  throw new OperationError(
    'deployment-differs',
    `expected the factory of gateways of the bridge ${bridge}, got something else at ${factory}, which the node names as that: what is given to its gateways may be gone; look at the file of the network with "ttx verify-deployment"`,
    { facts: { factory, differences } },
  )
}

/** On a local network. Throws `OperationError('deployment-failed')` if it reverted; a process that is killed has forgotten it. */
export async function deployFactory(
  wallet: WalletClient<Transport, undefined, Account>,
  client: PublicClient,
  bridge: Address,
): Promise<Address> {
  const hash = await wallet.sendTransaction({ data: factoryCreationCode(bridge), chain: null })
  const { status, contractAddress } = await client.waitForTransactionReceipt({ hash })
  if (status === 'success' && contractAddress) return parseAddress(contractAddress.toLowerCase())
  throw new OperationError(
    'deployment-failed',
    `expected a factory of gateways, got a transaction without effect: ${hash}; nothing was deployed, and its gas is spent`,
    { facts: { transaction: hash } },
  )
}

/** `estimate` is what an endpoint expects it to use: it counts where it is above our own, but not beyond reason. Sent by a deployer, to nobody. */
export function deployFactoryCall(bridge: Address, estimate: bigint): BridgeCall {
  const most = REASON * CREATION_GAS
  const gas = estimate < CREATION_GAS ? CREATION_GAS : estimate < most ? estimate : most
  const wide = (gas * 6n) / 5n
  const limit = wide < TRANSACTION_GAS ? wide : TRANSACTION_GAS
  return { name: 'deploy', data: factoryCreationCode(bridge), gas: limit, bondGas: 0n }
}
