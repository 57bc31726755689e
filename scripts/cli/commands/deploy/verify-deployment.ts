// ttx verify-deployment: whether the contracts of a network are what its file says, to the last byte.

import type { Command } from 'commander'
import { type Deployment, parseDeployment } from '../../../../node/deployment.ts'
import type { Claim } from '../../../../node/ethereum/deploying/examine.ts'
import { PARAMETER_NAMES } from '../../../../node/ethereum/deploying/parameters.ts'
import { noEndpoint } from '../../../../node/ethereum/problems.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { parseAddress, parseHash } from '../../../../node/protocol/ids.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readLimited } from '../../files.ts'
import { showWhile } from '../../live-line.ts'
import { addSettings } from '../../setting-flags.ts'
import { formatUtc } from '../../time.ts'
import { readGenesis } from './genesis-file.ts'
import { formatParameter } from './parameter-flags.ts'
import { checkAlike, checkComplete, examineAll, type Verdict } from './verdict.ts'

const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const MAX_BYTES = 65_536

export function registerVerifyDeployment(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('verify-deployment')
        .helpGroup(AUDIENCE.network)
        .summary('whether a network is what its file says')
        .description(
          'Compare a deployment on each endpoint of --ethereum with what its file says and with the code of this version: bridge, token, judge and reader, and the factory of gateways if the file names one, byte for byte, the transaction that made them, parameters, genesis, block and time. Nothing that the contract answers is believed. It fails, and says what differs and what that means, unless all endpoints show all of it.',
        )
        .argument('<deployment>', 'file of the network, or the address of a bridge')
        .option('--genesis <file>', 'the first transaction of the network, where an address is given')
        .action(act(run)),
      ['ethereum'],
    ),
    'ttx verify-deployment net.json --ethereum http://127.0.0.1:8545',
    'ttx verify-deployment 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --genesis genesis.json --json',
  )
}

async function run(context: CliContext, name: string, { genesis: file }: { genesis?: string }): Promise<Result> {
  const { ethereum: urls } = context.settings
  if (urls === undefined) throw noEndpoint()
  const given = file === undefined ? {} : { genesis: await readGenesis(file) }
  const claim: Claim = { ...(ADDRESS.test(name) ? { bridge: parseAddress(name) } : await readClaim(name)), ...given }
  const verdicts = await showWhile(
    context.shell,
    'comparing the code of each contract, on each endpoint',
    examineAll(urls, claim),
  )
  context.say(verdicts.map((verdict) => describe(verdict, claim)).join('\n\n'))
  checkAlike(verdicts, name)
  checkComplete(verdicts, name)
  const endpoints = verdicts.flatMap((verdict) => ('examination' in verdict ? [seenAt(verdict)] : []))
  const [{ chain, bridge, token, judge, reader, parameters } = {}] = endpoints
  const genesis = claim.genesis && genesisInfohash(claim.genesis)
  return {
    data: {
      ...{
        right: true,
        chain,
        bridge,
        token,
        judge,
        reader,
        gatewayFactory: claim.gatewayFactory,
        parameters,
        genesis,
      },
      endpoints,
    },
    text: `\nThe deployment is what it says, on ${urls.length === 1 ? 'the endpoint that was asked' : `all ${urls.length} endpoints that were asked`}.`,
  }
}

/** What a file of a network says, whole. */
export type FileClaim = Claim & Required<Pick<Claim, 'chain' | 'genesis' | 'parameters'>>

/** Throws `OperationError`: 'bad-deployment', 'file-missing', 'file-too-long', 'file-unreadable'. */
export async function readClaim(file: string): Promise<FileClaim> {
  return (await readNetworkFile(file)).claim
}

/** The same with the text of the file, and the nodes that it names to begin with. */
export async function readNetworkFile(
  file: string,
): Promise<{ readonly text: string; readonly claim: FileClaim; readonly peers: readonly string[] }> {
  const text = new TextDecoder().decode(await readLimited(file, MAX_BYTES, 'the file of a network'))
  const definition = parseDeployment(text, file)
  const { rules, genesis, easiestTarget, minDeposit, floorPrice, deployedBlock, deployedAt, gatewayFactory } =
    definition
  const { transaction }: Deployment = JSON.parse(text) // which was just found to be one
  const { chain, bridge, token, minRequest } = rules
  const claim = {
    ...{ chain, bridge, token, genesis, block: deployedBlock, time: deployedAt },
    ...(gatewayFactory === undefined ? {} : { gatewayFactory }),
    transaction: parseHash(transaction),
    parameters: { easiestTarget, minRequest, minDeposit, floorPrice },
  }
  return { text, claim, peers: definition.peers ?? [] }
}

function seenAt({ endpoint, examination }: Extract<Verdict, { examination: unknown }>) {
  const { chain, contracts, parameters, creation } = examination
  const { transaction, from, block, time, depth } = creation ?? {}
  return { endpoint, chain, ...contracts, parameters, transaction, deployer: from, block, time, depth }
}

function describe(verdict: Verdict, claim: Claim): string {
  if ('trouble' in verdict) {
    return formatTable([
      ['endpoint', verdict.endpoint],
      ['unknown', verdict.trouble.message],
    ])
  }
  const { endpoint, examination } = verdict
  const { chain, contracts, parameters, creation, differences, unchecked } = examination
  return formatTable([
    ['endpoint', endpoint],
    ['chain', `${chain}`],
    ...Object.entries(contracts),
    ...(claim.gatewayFactory ? ([['gateways', `${claim.gatewayFactory}, which makes them`]] as const) : []),
    ...(parameters === undefined
      ? []
      : PARAMETER_NAMES.map((name): [string, string] => [name, formatParameter(name, parameters[name])])),
    ...(creation === undefined
      ? []
      : ([
          ['deployed by', `${creation.from} in ${creation.transaction}`],
          ['block', `${creation.block}, ${formatUtc(Number(creation.time))}, ${creation.depth} deep`],
        ] as const)),
    ...(claim.genesis ? ([['genesis', `${genesisInfohash(claim.genesis)}, to ${claim.genesis.to}`]] as const) : []),
    ...differences.map(
      ({ what, expected, found, means }) =>
        ['differs', `${what}: expected ${expected}, found ${found}: ${means}`] as const,
    ),
    ...unchecked.map(({ what, why }) => ['not checked', `${what}: ${why}`] as const),
  ])
}
