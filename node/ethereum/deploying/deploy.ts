// Deploys a bridge, which deploys its token and its reader, and before that a judge where there is none: of the command, and of every local network.

import type { Account, PublicClient, Transport, WalletClient } from 'viem'
import type { Deployment } from '../../deployment.ts'
import { OperationError } from '../../errors.ts'
import { formatHex } from '../../protocol/bytes.ts'
import { checkGenesis, genesisInfohash, genesisState } from '../../protocol/genesis.ts'
import { blockId, encodeSealed, genesisBlock, type SealedHeader } from '../../protocol/header.ts'
import { type Address, type Hash, parseAddress, parseHash } from '../../protocol/ids.ts'
import { stateRoot } from '../../protocol/state.ts'
import { encodeTransaction, type GenesisTransaction } from '../../protocol/transaction.ts'
import { type Contracts, contractsOf, creationCode } from './creation.ts'
import { compareCode } from './expected-code.ts'
import { deployJudge } from './judge.ts'
import { DEFAULT_PARAMETERS, type Parameters, parametersOf } from './parameters.ts'

/** What a network is made of; a parameter that is not given has its default. */
export type DeployOptions = Partial<Parameters> & {
  /** Pays for it; nothing else: the deployer has no rights afterwards. */
  readonly wallet: WalletClient<Transport, undefined, Account>
  readonly client: PublicClient
  readonly genesis: GenesisTransaction
}

/** Where on Ethereum the contracts came to be. */
export type Place = {
  readonly chain: bigint
  readonly contracts: Contracts
  readonly transaction: Hash
  readonly block: bigint
  /** Of that block, unix seconds. */
  readonly time: bigint
}

/**
 * Deploys and waits for the receipt. Throws `RuleError('bad-genesis')`, or `OperationError('deployment-failed')` if it
 * reverted. Writes nothing, and a process that is killed has forgotten it: `ttx deploy` keeps a note.
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const { wallet, client, genesis } = options
  const parameters = parametersOf((name) => options[name] ?? DEFAULT_PARAMETERS[name])
  checkGenesis(genesis)
  const state = stateRoot(genesisState(genesis))
  await deployJudge(wallet, client)
  const transaction = await wallet.sendTransaction({ data: creationCode(state, parameters), chain: null })
  const receipt = await client.waitForTransactionReceipt({ hash: transaction })
  if (receipt.status !== 'success' || !receipt.contractAddress) throw deploymentFailed(transaction)
  const [chain, { timestamp }] = await Promise.all([
    client.getChainId(),
    client.getBlock({ blockNumber: receipt.blockNumber }),
  ])
  const place = {
    chain: BigInt(chain),
    contracts: contractsOf(parseAddress(receipt.contractAddress.toLowerCase())),
    transaction: parseHash(transaction),
    block: receipt.blockNumber,
    time: timestamp,
  }
  const deployment = describeDeployment(place, genesis, parameters)
  const origin = { ...place, genesis: parseHash(deployment.genesis.id), parameters }
  const report = compareCode('bridge', (await client.getCode({ address: place.contracts.bridge })) ?? '0x', origin)
  if (report.kind === 'ours' && report.others.length === 0) return deployment
  throw new OperationError('deployment-failed', 'the contract and this program disagree about what was deployed', {
    facts: { bridge: place.contracts.bridge, transaction },
  })
}

/** What everyone who joins has to know, as the file has it. */
export function describeDeployment(place: Place, genesis: GenesisTransaction, parameters: Parameters): Deployment {
  const { chain, contracts, transaction, block, time } = place
  const { easiestTarget, minRequest, minDeposit, floorPrice } = parameters
  const genesisOnChain = genesisBlockOf(chain, contracts.bridge, genesis, easiestTarget)
  return {
    chain: chain.toString(),
    bridge: contracts.bridge,
    token: contracts.token,
    block: block.toString(),
    time: time.toString(),
    transaction,
    parameters: {
      easiestTarget: `0x${easiestTarget.toString(16).padStart(64, '0')}`,
      minRequest: minRequest.toString(),
      minDeposit: minDeposit.toString(),
      floorPrice: floorPrice.toString(),
    },
    genesis: {
      file: new TextDecoder().decode(encodeTransaction(genesis)),
      infohash: genesisInfohash(genesis),
      state: genesisOnChain.header.state,
      id: blockId(genesisOnChain),
      header: `0x${formatHex(encodeSealed(genesisOnChain))}`,
    },
  }
}

/** The genesis block of a bridge, of which its constructor keeps the id. */
export function genesisBlockOf(
  chain: bigint,
  bridge: Address,
  genesis: GenesisTransaction,
  easiestTarget: bigint,
): SealedHeader {
  return genesisBlock({ chain, bridge, easiestTarget, state: stateRoot(genesisState(genesis)) })
}

function deploymentFailed(transaction: string): OperationError {
  return new OperationError(
    'deployment-failed',
    `expected a bridge, got a transaction without effect: ${transaction}; nothing was deployed, and its gas is spent`,
    { facts: { transaction } },
  )
}
