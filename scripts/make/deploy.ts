// Deploys the bridge, which deploys its token, to any chain, and writes `deployments/<chain id>.json`:
//
// TTX_DEPLOYER_KEY=0x… npx node scripts/make/deploy.ts --rpc http://127.0.0.1:8545 --genesis genesis.json
//
// Not to a rollup: bonds are gas at its base fee, which is next to nothing there (docs/economics.md, "What it costs, by base fee").
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  type Account,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { bridgeBytecode } from '../../deployments/bridge-bytecode.ts'
import type { Deployment } from '../../node/deployment.ts'
import { OperationError } from '../../node/errors.ts'
import { formatHex } from '../../node/protocol/bytes.ts'
import { checkGenesis, genesisInfohash, genesisState } from '../../node/protocol/genesis.ts'
import { blockId, encodeSealed, genesisBlock } from '../../node/protocol/header.ts'
import { parseAddress, parseHash } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { stateRoot } from '../../node/protocol/state.ts'
import { decodeTransaction, encodeTransaction, type GenesisTransaction } from '../../node/protocol/transaction.ts'
import { GWEI } from '../../node/protocol/units.ts'
import { loadSettings, readDotenv } from '../settings.ts'

const FOLDER = fileURLToPath(new URL('../../deployments', import.meta.url))

/** What a network is made of. Defaults: `DEFAULT_PARAMETERS`. */
export type DeployOptions = {
  /** Pays for it; nothing else: the deployer has no rights afterwards. */
  readonly wallet: WalletClient<Transport, undefined, Account>
  readonly client: PublicClient
  readonly genesis: GenesisTransaction
  /** At least 2^176, below 2^244. */
  readonly easiestTarget?: bigint
  /** Base units, above zero. */
  readonly minRequest?: bigint
  /** Base units, above zero. */
  readonly minDeposit?: bigint
  /** Wei for a unit of gas, at most a million gwei: what bonds and entries of the queue are counted at, however low the base fee. */
  readonly floorPrice?: bigint
}

export const DEFAULT_PARAMETERS = {
  /** 2^40 hashes for a block: days for a core, some twenty minutes for a graphics card. */
  easiestTarget: 2n ** 216n - 1n,
  /** Less would not be worth the 100,000 gas of its claim. */
  minRequest: UNIT,
  minDeposit: UNIT,
  /** A gwei: a bond of 0.02 ETH. Below, delaying others would cost next to nothing. */
  floorPrice: GWEI,
} as const

/**
 * Deploys and waits for the receipt. Throws `RuleError('bad-genesis')`, or `OperationError('deployment-failed')` if it
 * reverted. Writes nothing: see `writeDeployment`.
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const { wallet, client, genesis } = options
  const { easiestTarget, minRequest, minDeposit, floorPrice } = { ...DEFAULT_PARAMETERS, ...options }
  checkGenesis(genesis)
  const state = stateRoot(genesisState(genesis))
  const infohash = genesisInfohash(genesis)
  const transaction = await wallet.deployContract({
    abi: bridgeAbi,
    bytecode: bridgeBytecode,
    args: [state, easiestTarget, minRequest, minDeposit, floorPrice],
    chain: null,
  })
  const receipt = await client.waitForTransactionReceipt({ hash: transaction })
  if (receipt.status !== 'success' || !receipt.contractAddress) {
    throw new OperationError('deployment-failed', `the deployment reverted: ${transaction}`, { facts: { transaction } })
  }
  const contract = { abi: bridgeAbi, address: receipt.contractAddress } as const
  const [chain, token, id, { timestamp }] = await Promise.all([
    client.readContract({ ...contract, functionName: 'chain' }),
    client.readContract({ ...contract, functionName: 'token' }),
    client.readContract({ ...contract, functionName: 'genesis' }),
    client.getBlock({ blockNumber: receipt.blockNumber }),
  ])
  const bridge = parseAddress(receipt.contractAddress.toLowerCase())
  const block = genesisBlock({ chain, bridge, easiestTarget, state })
  if (blockId(block) !== id) {
    throw new OperationError('deployment-failed', 'the contract and this program disagree about the genesis block', {
      facts: { here: blockId(block), there: id },
    })
  }
  return {
    chain: chain.toString(),
    bridge,
    token: parseAddress(token.toLowerCase()),
    block: receipt.blockNumber.toString(),
    time: timestamp.toString(),
    transaction: parseHash(transaction),
    parameters: {
      easiestTarget: `0x${easiestTarget.toString(16).padStart(64, '0')}`,
      minRequest: minRequest.toString(),
      minDeposit: minDeposit.toString(),
      floorPrice: floorPrice.toString(),
    },
    genesis: {
      file: new TextDecoder().decode(encodeTransaction(genesis)),
      infohash,
      state,
      id: blockId(block),
      header: `0x${formatHex(encodeSealed(block))}`,
    },
  }
}

/** Writes `<chain id>.json` into `folder`, by default the repository's `deployments/`, and returns its path. */
export async function writeDeployment(deployment: Deployment, folder = FOLDER): Promise<string> {
  const file = join(folder, `${deployment.chain}.json`)
  await mkdir(folder, { recursive: true })
  await writeFile(file, `${JSON.stringify(deployment, undefined, 2)}\n`)
  return file
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rpc: { type: 'string' },
      genesis: { type: 'string' },
      'easiest-target': { type: 'string' },
      'min-request': { type: 'string' },
      'min-deposit': { type: 'string' },
      'floor-price': { type: 'string' },
      folder: { type: 'string' },
    },
  })
  const { deployerKey: key } = loadSettings({}, process.env, readDotenv(process.cwd()))
  if (!values.rpc || !values.genesis || !key) {
    throw new OperationError('bad-arguments', 'expected --rpc <url>, --genesis <tx.json> and TTX_DEPLOYER_KEY=0x…')
  }
  const genesis = decodeTransaction(await readFile(values.genesis))
  if (genesis.kind !== 'genesis') throw new OperationError('bad-arguments', `${values.genesis} holds no genesis`)
  const transport = http(values.rpc)
  const deployment = await deploy({
    wallet: createWalletClient({ account: privateKeyToAccount(key as Hex), transport }),
    client: createPublicClient({ transport }),
    genesis,
    ...(values['easiest-target'] ? { easiestTarget: BigInt(values['easiest-target']) } : {}),
    ...(values['min-request'] ? { minRequest: BigInt(values['min-request']) } : {}),
    ...(values['min-deposit'] ? { minDeposit: BigInt(values['min-deposit']) } : {}),
    ...(values['floor-price'] ? { floorPrice: BigInt(values['floor-price']) } : {}),
  })
  console.log(`bridge ${deployment.bridge}, token ${deployment.token}, block ${deployment.block}`)
  console.log(await writeDeployment(deployment, values.folder))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    if (error instanceof OperationError) console.error(`  code: ${error.code}`)
    process.exitCode = 1
  }
}
