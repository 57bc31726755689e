// ttx network create: wallets, genesis, bridge, gateways and the file of a network, in one command that goes on wherever it was cut off.

import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { OperationError } from '../../../../node/errors.ts'
import { PARAMETER_NAMES } from '../../../../node/ethereum/deploying/parameters.ts'
import { noEndpoint } from '../../../../node/ethereum/problems.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { hostAndPort } from '../../../../node/schema.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readPassphrase } from '../../passphrase.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf } from '../../whose.ts'
import { addChoices, type DeployFlags, deploy } from '../deploy/deploy.ts'
import { deployGateways } from '../deploy/deploy-gateways.ts'
import { amendDeployment } from '../deploy/deployment-files.ts'
import { readGenesis } from '../deploy/genesis-file.ts'
import { planFile, readPlan } from '../deploy/plan.ts'
import { readNetworkFile } from '../deploy/verify-deployment.ts'
import { checkFolder, flagsOf, networkOf, settle } from './settling.ts'
import { makeMissing } from './wallets.ts'

type Flags = DeployFlags & {
  readonly makeWallets?: boolean
  readonly bootstrap?: readonly string[]
  readonly gateways: boolean
}

export function registerCreate(network: Command, act: Act): void {
  const command = network
    .command('create')
    .summary('make a network of your own')
    .description(
      'Make a network on the chain of --ethereum, and the one file that others need to join it: the genesis, which gives all TTX to the wallet (or to --owner), the bridge ("ttx deploy"), the factory of gateways ("ttx deploy-gateways"), all compared with the chain; then the data folder joins it ("ttx network join"). The wallet pays. Before money is spent it says what is made and what that costs, and asks. If it is killed, run the same command again: it goes on where it was, and makes nothing twice.',
    )
    .argument('<file>', 'where the file of the network goes')
    .option('--owner <wallet>', 'the name of the wallet to which all TTX go [default: that of --wallet]')
    .option('--genesis <file>', 'the first transaction of the network, made elsewhere by "ttx genesis"')
    .option('--make-wallets', 'make the wallets that are named and not there yet, and show their words, once')
    .option(
      '--bootstrap <list>',
      'nodes for others to begin with, host:port, separated by commas, for the file',
      parsePeers,
    )
    .option('--no-gateways', 'without the factory through which tokens of Ethereum come')
  addChoices(command).action(act(create))
  addExamples(
    addSettings(command, [
      'ethereum',
      'beacon',
      'rpcPort',
      'listenPort',
      'networkProfile',
      'maxGasPrice',
      'confirmations',
      'pollMs',
    ]),
    'ttx network create net.json --ethereum http://127.0.0.1:8545 --wallet treasury --make-wallets',
    'ttx network create net.json --ethereum http://127.0.0.1:8545 --wallet treasury --easiest-target 2^232-1 --bootstrap node.example.org:7651',
  )
}

async function create(context: CliContext, name: string, flags: Flags): Promise<Result> {
  const { settings, folder } = context
  if (settings.ethereum === undefined) throw noEndpoint()
  const file = resolve(name)
  const owner = flags.genesis === undefined ? { owner: flags.owner ?? settings.wallet } : {}
  const chosen = { ...flags, ...owner, out: file }
  if (flags.makeWallets) await makeMissing(context, [settings.wallet, owner.owner ?? settings.wallet])
  if (flags.dryRun) return await deploy(context, chosen)
  const isThere = await exists(file)
  // Before money is spent, whoever's network the file describes.
  await checkFolder(folder.root, isThere ? networkOf((await readNetworkFile(file)).claim) : undefined)
  const opened = await withPassphrase(context, owner.owner)
  const isEarlier = isThere && !(await isUnfinished(context, file))
  if (isEarlier) await checkChosen(context, file, chosen)
  else await carryOut(opened, (stage) => deploy(stage, chosen))
  const { bootstrap } = flags
  if (bootstrap !== undefined) await amendDeployment(file, { peers: [...bootstrap] })
  const { claim } = await readNetworkFile(file)
  if (flags.gateways && claim.gatewayFactory === undefined)
    await carryOut(opened, (stage) => deployGateways(stage, file, { yes: flags.yes === true }))
  const { data, rows } = await settle(context, file)
  return {
    data: { ...data, handOut: file, earlier: isEarlier },
    text: formatTable([
      ...rows,
      ['hand out', `${file}: whoever has it joins with "ttx network join FILE --ethereum URL"`],
      ['mine', `ttx ${flagsOf(context)}miner, with a wallet that has ETH`],
      ...(isEarlier ? [['careful', 'the bridge was there already: it was deployed once'] as const] : []),
    ]),
  }
}

/** Each part opens the account for itself, and has given it back before the next one. Nothing else reports it, so it counts as reported. */
async function carryOut(context: CliContext, part: (stage: CliContext) => Promise<Result>): Promise<void> {
  await using resources = new AsyncDisposableStack()
  const { text, onPrinted } = await part({ ...context, resources })
  context.say(`${text}\n`)
  await onPrinted?.()
}

/** Typed once for all parts, where they are of one wallet. */
async function withPassphrase(context: CliContext, owner: string | undefined): Promise<CliContext> {
  const { settings, shell } = context
  const isOne = owner === undefined || owner === settings.wallet
  if (!shell.stdin.isTTY || !isOne) return context
  const passphrase = await readPassphrase(context, `Passphrase of wallet "${settings.wallet}"`)
  return { ...context, settings: { ...settings, passphrase } }
}

/** Whether the deployment of this file was not reported to its end. */
async function isUnfinished(context: CliContext, file: string): Promise<boolean> {
  const { settings, folder } = context
  const { claim } = await readNetworkFile(file)
  const plan = await readPlan(planFile(folder.root, claim.chain, await addressOf(context, settings.wallet)))
  return plan?.out === file
}

/** Throws 'bad-arguments' where the network of the file is not the one that was asked for. */
async function checkChosen(context: CliContext, file: string, flags: Flags): Promise<void> {
  const { claim } = await readNetworkFile(file)
  const { genesis, chain, owner } = flags
  const wanted = genesis === undefined ? undefined : genesisInfohash(await readGenesis(genesis))
  const differing = [
    ...PARAMETER_NAMES.filter((name) => flags[name] !== undefined && flags[name] !== claim.parameters[name]),
    ...(chain === undefined || chain === claim.chain ? [] : ['chain']),
    ...(wanted === undefined || wanted === genesisInfohash(claim.genesis) ? [] : ['genesis']),
    ...(owner === undefined || (await addressOf(context, owner)) === claim.genesis.to ? [] : ['owner']),
  ]
  if (differing.length === 0) return
  throw new OperationError(
    'bad-arguments',
    `expected the network that ${file} describes, got other choices (${differing.join(', ')}), and what is deployed cannot be changed; name another file for another network`,
    { facts: { file, differing } },
  )
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  )
}

/** For commander. Throws its `InvalidArgumentError`. */
function parsePeers(text: string): readonly string[] {
  const parsed = z.array(hostAndPort).safeParse(text.split(',').map((part) => part.trim()))
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`Expected host:port, several separated by commas; got ${text.slice(0, 80)}.`)
}
