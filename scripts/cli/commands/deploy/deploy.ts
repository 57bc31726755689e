// ttx deploy: a bridge of one's own on a real chain, with everything said before money is spent, and once whatever happens.

import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import { readChainId } from '../../../../node/ethereum/chain-id.ts'
import { Connection } from '../../../../node/ethereum/connection.ts'
import { EthereumDeployer } from '../../../../node/ethereum/deploying/deployer.ts'
import { findDeployment } from '../../../../node/ethereum/deploying/find-deployment.ts'
import { PARAMETER_NAMES, type Parameters } from '../../../../node/ethereum/deploying/parameters.ts'
import { noEndpoint, wrongChain } from '../../../../node/ethereum/problems.ts'
import { walletAccount } from '../../../../node/ethereum/signer.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import type { GenesisTransaction } from '../../../../node/protocol/transaction.ts'
import type { Wallet } from '../../../../node/wallet/wallet.ts'
import { openWallet } from '../../../../node/wallet/wallet-folder.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import type { Act, CliContext, Result } from '../../context.ts'
import { parseHashRate } from '../../hash-rate.ts'
import { readPassphrase, readPassphraseFile } from '../../passphrase.ts'
import { confirm } from '../../prompt.ts'
import { openDeployer } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf } from '../../whose.ts'
import { checkFunds } from './cost.ts'
import { checkOut, defaultOut } from './deployment-files.ts'
import { complete, openCreation, sendAndComplete } from './finish.ts'
import { makeGenesis, readGenesis } from './genesis-file.ts'
import { addParameters, chosenParameters } from './parameter-flags.ts'
import { type Plan, planFile, readPlan, writePlan } from './plan.ts'
import { checkRisks, type Order, propose } from './proposal.ts'
import { isRisk, RISKS, type RiskName } from './risks.ts'

export type DeployFlags = Partial<Parameters> & {
  readonly genesis?: string
  readonly owner?: string
  readonly ownerPassphraseFile?: string
  readonly out?: string
  readonly chain?: bigint
  readonly hashRate?: number
  readonly accept?: readonly RiskName[]
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** Of one graphics card, as docs/economics.md assumes it: what anyone can rent for a network that nobody mines yet. */
const HASH_RATE = 2e9

export function registerDeploy(program: Command, act: Act): void {
  const command = program
    .command('deploy')
    .helpGroup(AUDIENCE.network)
    .summary('deploy a bridge: start a network of your own')
    .description(
      'Deploy the bridge, which makes its token and its reader, from the wallet, and before that the judge of this version where the chain has none, and write the file that everyone who joins the network needs. Nothing of it can be changed afterwards, and the deployer has no rights in it. Before money is spent it says what is deployed and what it costs, and asks. If it is killed, run it again with the same options: it goes on with what it has sent, and does not deploy twice.',
    )
    .option('--genesis <file>', 'the first transaction of the network, as "ttx genesis" makes it')
    .option('--owner <wallet>', 'make the genesis here instead: the name of the wallet to which all TTX go')
    .option('--out <file>', 'where the file of the network goes [default: deployments/<chain>.json]')
  addChoices(command).action(act(deploy))
  addExamples(
    addSettings(command, ['ethereum', 'maxGasPrice', 'confirmations', 'pollMs']),
    'ttx deploy --genesis genesis.json --ethereum http://127.0.0.1:8545 --wallet deployer --dry-run',
    'ttx deploy --owner treasury --ethereum http://127.0.0.1:8545 --wallet deployer --chain 1',
  )
}

/** Once, whatever happens: what an earlier run has sent is gone on with. Throws what asking and sending throw, 'deployment-refused', 'deployment-unfinished' and 'deployment-differs'. */
export async function deploy(context: CliContext, flags: DeployFlags): Promise<Result> {
  if ((flags.genesis === undefined) === (flags.owner === undefined)) {
    throw new OperationError(
      'bad-arguments',
      `expected either --genesis FILE or --owner WALLET, got ${flags.genesis === undefined ? 'neither' : 'both'}; one of them says to whom all TTX go`,
    )
  }
  const { settings, folder, resources, say } = context
  const { ethereum: urls } = settings
  if (urls === undefined) throw noEndpoint()
  const given = flags.genesis === undefined ? undefined : await readGenesis(flags.genesis)
  const connection = new Connection(urls)
  resources.defer(() => connection.close())
  const chain = await chainOf(urls, flags.chain)
  const order: Order = {
    ...{ connection, chain, out: resolve(flags.out ?? defaultOut(chain)), parameters: chosenParameters(flags) },
    ...{ hashRate: flags.hashRate ?? HASH_RATE, accepted: flags.accept ?? [] },
  }
  if (flags.dryRun) return await dryRun(context, flags, order, urls, given)

  const { sender, ethereum, wallet } = resources.use(await openDeployer(context, chain))
  const { account } = ethereum
  const file = planFile(folder.root, chain, account)
  const earlier = await readPlan(file)
  const common = { file, sender, ethereum, connection, urls, chain }
  const checked = async () => checkSame(file, earlier, order, given ?? (await addressOf(context, flags.owner ?? '')))
  if (openCreation(sender) !== undefined) {
    const plan = await checked()
    say(`going on with the deployment that an earlier run has sent from ${account}`)
    return await sendAndComplete(context, { ...common, plan })
  }
  // What an endpoint has called lost, or what the outbox has lost, may be there all the same.
  const isShared = order.accepted.includes('shared-genesis')
  const likely = earlier ?? (given && !isShared ? { genesis: given, ...order } : undefined)
  const transaction = likely && (await findDeployment(connection, { account, chain, ...likely }))
  if (likely !== undefined && transaction !== undefined) {
    const plan = earlier === undefined ? likely : await checked()
    say(`${account} has deployed this before, in ${transaction}`)
    return await complete(context, { ...common, plan }, { transaction, isEarlier: true })
  }
  if (earlier !== undefined && (await ethereum.nonce('pending')) > (await ethereum.nonce('latest')))
    throw unfinished(file, 'its transaction may be one that is pending; wait until none of the account is', [])
  await checkOut(order.out)
  const genesis = given ?? (await makeOwned(context, flags, wallet))
  const proposal = await propose(order, ethereum, account, { to: genesis.to, genesis })
  say(proposal.text)
  checkRisks(proposal)
  checkFunds(account, proposal.balance, proposal.cost)
  if (!flags.yes) await confirm(context.shell, `Deploy this on chain ${chain}?`)
  const plan = { genesis, parameters: order.parameters, out: order.out }
  await writePlan(file, plan)
  return await sendAndComplete(context, { ...common, plan })
}

/** What is chosen in a deployment, and how it is gone about: the flags that every command which makes one has. */
export function addChoices(command: Command): Command {
  command
    .option('--owner-passphrase-file <file>', "file with the owner's passphrase, where it is not the deployer's")
    .option('--chain <id>', 'refuse any other chain than this', parseChain)
  return addParameters(command)
    .option(
      '--hash-rate <rate>',
      'hashes a second of all who will mine, as in 8.8M or 2G, by which the target is judged [default: 2G, one graphics card]',
      parseHashRate,
    )
    .option('--accept <risks>', `deploy in spite of these, separated by commas: ${describeRisks()}`, parseRisks)
    .option('--dry-run', 'say what would be deployed and what it costs, without a passphrase, and send nothing')
    .option('--yes', 'do not ask')
}

/**
 * A transaction is good on the chain that it names, wherever it is sent: all endpoints have to name the same. Throws `ethereum-wrong-chain`, and what
 * asking them throws.
 */
async function chainOf(urls: readonly string[], wanted: bigint | undefined): Promise<bigint> {
  let chain = wanted
  for (const url of urls) {
    const connection = new Connection([url])
    try {
      const stated = await readChainId(connection)
      if (chain !== undefined && chain !== stated) throw wrongChain(connection.name, chain, stated)
      chain = stated
    } finally {
      connection.close()
    }
  }
  if (chain === undefined) throw noEndpoint()
  return chain
}

async function dryRun(
  context: CliContext,
  { owner = '' }: DeployFlags,
  order: Order,
  urls: readonly string[],
  genesis: GenesisTransaction | undefined,
): Promise<Result> {
  const account = await addressOf(context, context.settings.wallet)
  const to = genesis?.to ?? (await addressOf(context, owner))
  const signer = walletAccount({ address: account, sign: refuseToSign })
  const ethereum = new EthereumDeployer({ urls, chain: order.chain, signer, now: Date.now })
  context.resources.defer(() => ethereum.close())
  const { data, text, refused } = await propose(order, ethereum, account, { to, genesis })
  const end =
    refused.length === 0 ? 'Nothing was sent.' : 'Nothing was sent, and nothing would be: see what is refused.'
  return { data: { dryRun: true, ...data }, text: `${text}\n\n${end}` }
}

function refuseToSign(): never {
  throw new Error('a dry run signs nothing')
}

/** Everything to the wallet that is named, which may be the one that deploys. */
async function makeOwned(context: CliContext, flags: DeployFlags, deployer: Wallet): Promise<GenesisTransaction> {
  const { settings, folder } = context
  const { owner = '', ownerPassphraseFile: file } = flags
  if (owner === settings.wallet) return makeGenesis(deployer, Date.now())
  const passphrase =
    file === undefined
      ? await readPassphrase(context, `Passphrase of wallet "${owner}"`)
      : await readPassphraseFile(file)
  using wallet = await openWallet(folder.wallets, owner, passphrase)
  return makeGenesis(wallet, Date.now())
}

/**
 * The plan that is under way, if this is the same command again: what was sent cannot be changed, and another one beside it would be a second
 * network. Throws `OperationError('deployment-unfinished')`.
 */
function checkSame(file: string, plan: Plan | undefined, { out, parameters }: Order, owner: Owned): Plan {
  const differing =
    plan === undefined
      ? ['its note, which is gone']
      : [
          ...PARAMETER_NAMES.filter((name) => plan.parameters[name] !== parameters[name]),
          ...(plan.out === out ? [] : ['out']),
          ...(isOwned(plan.genesis, owner) ? [] : ['genesis']),
        ]
  if (plan !== undefined && differing.length === 0) return plan
  throw unfinished(file, `it has other options: ${differing.join(', ')}; finish it with its own ones first`, differing)
}

function unfinished(file: string, why: string, differing: readonly string[]): OperationError {
  return new OperationError(
    'deployment-unfinished',
    `expected nothing else to be under way from this account, got a deployment (${file}): ${why}`,
    { facts: { file, differing }, retry: differing.length === 0 },
  )
}

/** A genesis that was to be read from a file, or the account that all TTX were to go to. */
type Owned = GenesisTransaction | Address

function isOwned(genesis: GenesisTransaction, owner: Owned): boolean {
  return typeof owner === 'string' ? genesis.to === owner : genesisInfohash(genesis) === genesisInfohash(owner)
}

function parseChain(text: string): bigint {
  if (/^[1-9][0-9]{0,19}$/.test(text)) return BigInt(text)
  throw new InvalidArgumentError(`Expected the number of a chain, as in 1; got ${text.slice(0, 40)}.`)
}

function parseRisks(text: string): readonly RiskName[] {
  return text.split(',').map((name) => {
    if (isRisk(name)) return name
    throw new InvalidArgumentError(
      `Expected names separated by commas, of ${Object.keys(RISKS).join(', ')}; got ${name.slice(0, 40)}.`,
    )
  })
}

function describeRisks(): string {
  return Object.entries(RISKS)
    .map(([name, what]) => `${name} (${what})`)
    .join(', ')
}
