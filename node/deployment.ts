// Which network a node serves: what `deployments/<chain id>.json` holds, and the check that its parts belong together.

import { z } from 'zod'
import { OperationError } from './errors.ts'
import { encodeText, formatHex } from './protocol/bytes.ts'
import { checkGenesis, genesisInfohash, genesisState } from './protocol/genesis.ts'
import { blockId, encodeSealed, genesisBlock, type SealedHeader } from './protocol/header.ts'
import type { Address, Hash } from './protocol/ids.ts'
import type { Rules } from './protocol/rules.ts'
import { stateRoot } from './protocol/state.ts'
import { decodeTransaction, type GenesisTransaction } from './protocol/transaction.ts'
import { type GasPrice, type Time, toGasPrice, toTime } from './protocol/units.ts'
import { amount, bytes, hash, hostAndPort, infohash, writtenAddress } from './schema.ts'

export type NetworkDefinition = {
  readonly rules: Rules
  readonly genesis: GenesisTransaction
  readonly genesisBlock: SealedHeader
  readonly easiestTarget: bigint
  /** Base units. */
  readonly minDeposit: bigint
  /** What the contract counts a unit of gas at, at least. */
  readonly floorPrice: GasPrice
  /** Block of Ethereum in which the bridge was deployed: nothing of it is older. */
  readonly deployedBlock: bigint
  /** Also the time of the genesis block. */
  readonly deployedAt: Time
  /** What makes the gateways of tokens, if the file names it: nothing of the rules depends on it. */
  readonly gatewayFactory?: Address
  /** Nodes that others can begin with, `host:port`: somebody's word, as good as theirs. */
  readonly peers?: readonly string[]
}

/** A node dials all of them, again and again. */
const MAX_PEERS = 32

const schema = z.object({
  chain: amount,
  bridge: writtenAddress,
  token: writtenAddress,
  /** What makes the gateways of tokens (docs/gateways.md). */
  gatewayFactory: writtenAddress.optional(),
  /** Nodes that others can begin with, `host:port`. */
  peers: z.array(hostAndPort).max(MAX_PEERS).optional(),
  /** Block of Ethereum with the deployment, its unix seconds, which are also the time of the genesis block, and its transaction. */
  block: amount,
  time: amount.transform(toTime),
  transaction: hash,
  parameters: z.object({
    /** 0x and 64 hex digits. */
    easiestTarget: z
      .string()
      .regex(/^0x[0-9a-f]{64}$/)
      .transform(BigInt),
    /** Base units. */
    minRequest: amount,
    /** Base units. */
    minDeposit: amount,
    /** Wei for a unit of gas. */
    floorPrice: amount.transform(toGasPrice),
  }),
  genesis: z.object({
    /** The text of its `tx.json`. */
    file: z.string(),
    infohash,
    /** Root of the state that it makes. */
    state: hash,
    /** Id of the genesis block. */
    id: hash,
    /** Its sealed header. */
    header: bytes,
  }),
})

/** The JSON of the file: integers are decimal strings. ABIs and bytecode are beside it, in `deployments/*.ts`. */
export type Deployment = z.input<typeof schema>

/** `name` is for messages. Throws `OperationError('bad-deployment')`. */
export function parseDeployment(text: string, name: string): NetworkDefinition {
  try {
    const parsed = schema.parse(JSON.parse(text))
    const genesis = decodeTransaction(encodeText(parsed.genesis.file))
    if (genesis.kind !== 'genesis') throw new Error(`its genesis is a ${genesis.kind} transaction`)
    checkGenesis(genesis)
    const { chain, bridge, token, gatewayFactory, peers } = parsed
    const { easiestTarget, minRequest, minDeposit, floorPrice } = parsed.parameters
    const state = stateRoot(genesisState(genesis))
    const block = genesisBlock({ chain, bridge, easiestTarget, state })
    checkSame('the infohash of its genesis', genesisInfohash(genesis), parsed.genesis.infohash)
    checkSame('the root of its genesis state', state, parsed.genesis.state)
    checkSame('the id of its genesis block', blockId(block), parsed.genesis.id)
    checkSame('the header of its genesis block', formatHex(encodeSealed(block)), formatHex(parsed.genesis.header))
    return {
      rules: { chain, bridge, token, minRequest },
      genesis,
      genesisBlock: block,
      easiestTarget,
      minDeposit,
      floorPrice,
      deployedBlock: parsed.block,
      deployedAt: parsed.time,
      ...(gatewayFactory === undefined ? {} : { gatewayFactory }),
      ...(peers === undefined ? {} : { peers }),
    }
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)
    const advice = 'take the file that `ttx deploy` or `ttx devnet` wrote'
    throw new OperationError('bad-deployment', `${name} does not describe a network (${advice}): ${why}`, {
      facts: { name },
      cause,
    })
  }
}

function checkSame(what: string, computed: Address | Hash | string, stated: string): void {
  if (computed !== stated) throw new Error(`${what} is ${computed}, but it says ${stated}`)
}
