// What can be told of a chain on which a bridge is to be deployed, as far as one endpoint says: whether it is a rollup, and whether it can run the bridge.

import type { Hex } from 'viem'
import { OperationError } from '../../errors.ts'
import type { GasPrice } from '../../protocol/units.ts'
import { toGasPrice } from '../../protocol/units.ts'
import { TRANSACTION_GAS } from '../calls.ts'
import type { Connection } from '../connection.ts'

export type Surroundings = {
  readonly baseFee: GasPrice
  /** How one can tell that it is a rollup; undefined if nothing says so, which proves nothing. */
  readonly rollup: string | undefined
  /** Gas that fits into a block. */
  readonly gasLimit: bigint
  /** Whether it runs the newest instruction that the compiler may use. */
  readonly isCurrent: boolean
}

/** Chain ids of rollups and of chains whose blocks one operator orders; surely not all. */
const ROLLUPS: Readonly<Record<number, string>> = {
  10: 'OP Mainnet',
  130: 'Unichain',
  204: 'opBNB',
  252: 'Fraxtal',
  255: 'Kroma',
  288: 'Boba',
  324: 'ZKsync Era',
  480: 'World Chain',
  1101: 'Polygon zkEVM',
  1135: 'Lisk',
  1868: 'Soneium',
  5000: 'Mantle',
  8453: 'Base',
  34443: 'Mode',
  42161: 'Arbitrum One',
  42170: 'Arbitrum Nova',
  57073: 'Ink',
  59144: 'Linea',
  81457: 'Blast',
  84532: 'Base Sepolia',
  167000: 'Taiko',
  421614: 'Arbitrum Sepolia',
  534352: 'Scroll',
  7777777: 'Zora',
  11155420: 'OP Sepolia',
}

/** Contracts that a kind of rollup has at a fixed address from its first block on. */
const MARKS: readonly (readonly [kind: string, address: Hex])[] = [
  ['the OP stack (its L1Block)', '0x4200000000000000000000000000000000000015'],
  ['Arbitrum (its ArbSys)', '0x0000000000000000000000000000000000000064'],
  ['the ZK stack (its system context)', '0x000000000000000000000000000000000000800b'],
  ['Scroll (its gas price oracle)', '0x5300000000000000000000000000000000000002'],
]
/** Members of a block that only a chain on top of another one has. */
const MEMBERS = ['l1BlockNumber', 'sendRoot', 'l1BatchNumber'] as const

/** Returns what CLZ (EIP-7939, Osaka) makes of zero: 256 as a word. */
const PROBE: Hex = '0x5f1e5f5260205ff3'
const PROBE_ANSWER = 256n

/** Throws what asking the endpoint throws. */
export async function readSurroundings(connection: Connection, chain: bigint): Promise<Surroundings> {
  const { baseFee, gasLimit, member } = await connection.ask('newest block', async (client) => {
    const block = await client.getBlock({ blockTag: 'latest' })
    if (typeof block.gasLimit !== 'bigint') throw new TypeError('a block without a gas limit')
    const member = MEMBERS.find((name) => name in block && block[name as keyof typeof block] !== undefined)
    return { baseFee: toGasPrice(block.baseFeePerGas ?? 0n), gasLimit: block.gasLimit, member }
  })
  return {
    baseFee,
    gasLimit,
    rollup: await rollupOf(connection, chain, member),
    isCurrent: await isCurrent(connection),
  }
}

/** Whether the largest transaction that a bridge has to take fits into a block. */
export function hasRoom({ gasLimit }: Surroundings): boolean {
  return gasLimit >= TRANSACTION_GAS
}

async function rollupOf(
  connection: Connection,
  chain: bigint,
  member: string | undefined,
): Promise<string | undefined> {
  const name = ROLLUPS[Number(chain)]
  if (name !== undefined) return `chain ${chain} is ${name}`
  for (const [kind, address] of MARKS) {
    const code = await connection.ask('code', (client) => client.getCode({ address }))
    if (code !== undefined && code !== '0x') return `there is code at ${address}, as on ${kind}`
  }
  return member === undefined ? undefined : `its blocks have a member ${member}, as those of rollups do`
}

async function isCurrent(connection: Connection): Promise<boolean> {
  try {
    return await connection.ask('to run an instruction of Osaka', async (client) => {
      const { data } = await client.call({ data: PROBE })
      return data !== undefined && data !== '0x' && BigInt(data) === PROBE_ANSWER
    })
  } catch (error) {
    // Each client has words of its own for an instruction that it does not know.
    if (error instanceof OperationError && error.code === 'ethereum-refused') return false
    throw error
  }
}
