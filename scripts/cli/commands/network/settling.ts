// A data folder and its network: checked against the chain, bound, and with all that a node needs to start without flags.

import { homedir } from 'node:os'
import { join } from 'node:path'
import { writeDurably } from '../../../../node/durable.ts'
import { OperationError } from '../../../../node/errors.ts'
import { noEndpoint } from '../../../../node/ethereum/problems.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { type BoundNetwork, bindOnce, boundNetworkFile, isBoundTo, readBoundNetwork } from '../../../bound-network.ts'
import { readNodeSettings, writeNodeSettings } from '../../../node-settings.ts'
import type { CliContext } from '../../context.ts'
import { quoted } from '../../quoted.ts'
import { checkAlike, checkComplete, examineAll } from '../deploy/verdict.ts'
import { type FileClaim, readClaim, readNetworkFile } from '../deploy/verify-deployment.ts'

type Row = readonly [name: string, value: string]
export type Settled = { readonly data: object; readonly rows: readonly Row[] }

/**
 * Nothing is written unless every endpoint shows all of it. Throws 'folder-other-network', what reading the file throws, 'deployment-differs',
 * 'deployment-unproven' and `write-failed`; cut off anywhere, it can be done again.
 */
export async function settle(context: CliContext, file: string): Promise<Settled> {
  const { settings, folder } = context
  const { ethereum: urls } = settings
  if (urls === undefined) throw noEndpoint()
  const { text, claim, peers } = await readNetworkFile(file)
  const { token, gatewayFactory } = claim
  const network = networkOf(claim)
  const { chain, bridge, genesis } = network
  await checkFolder(folder.root, network)
  const verdicts = await examineAll(urls, claim)
  checkAlike(verdicts, file)
  checkComplete(verdicts, file)
  // The first: of several commands at once that would have the folder for networks of their own, one gets it, and only that one writes more.
  const bound = await bindOnce(folder.root, network)
  if (!isBoundTo(bound, network)) throw otherFolder(folder.root, bound)
  const kept = join(folder.root, 'network.json')
  await writeDurably(kept, text)
  // The last: without it no node finds the file.
  await writeNodeSettings({ ...settings, deployment: kept })
  return {
    data: { ...{ chain, bridge, token, gatewayFactory, genesis, peers }, folder: folder.root, file: kept },
    rows: [
      ['chain', `${chain}`],
      ['bridge', `${bridge}, as ${urls.length === 1 ? 'the endpoint shows' : `all ${urls.length} endpoints show`}`],
      ['gateways', gatewayFactory === undefined ? 'none are made here' : `made by ${gatewayFactory}`],
      ['genesis', genesis],
      ['peers', peers.length === 0 ? 'none in the file: name one with --peers' : peers.join(', ')],
      ['folder', `${folder.root} is of this network now`],
      ['start it', `ttx ${flagsOf(context)}node`],
    ],
  }
}

/** What a folder is bound to, of what a file says. */
export function networkOf({ chain, bridge, genesis }: FileClaim): BoundNetwork {
  return { chain, bridge, genesis: genesisInfohash(genesis) }
}

/**
 * Throws 'folder-other-network' where money was moved from the folder on another network, or its node is of another one; any network but none is another
 * one where `network` is undefined.
 */
export async function checkFolder(data: string, network: BoundNetwork | undefined): Promise<void> {
  for (const bound of [await readBoundNetwork(data), await servedNetwork(data)]) {
    if (bound === undefined || (network !== undefined && isBoundTo(bound, network))) continue
    throw otherFolder(data, bound)
  }
}

/** That of the node that was last started there: what it has read stays in the folder, and no other one starts on it. */
async function servedNetwork(data: string): Promise<BoundNetwork | undefined> {
  const { deployment } = readNodeSettings(data)
  if (deployment === undefined) return undefined
  const claim = await readClaim(deployment).catch(() => undefined) // a file that is gone says nothing
  return claim && networkOf(claim)
}

function otherFolder(data: string, bound: BoundNetwork): OperationError {
  const is = `chain ${bound.chain}, bridge ${bound.bridge}`
  return new OperationError(
    'folder-other-network',
    `expected a data folder of this network, or of none, got ${data}, which is for another one (${is}); choose another folder with --network NAME or --data FOLDER`,
    { facts: { folder: data, file: boundNetworkFile(data) } },
  )
}

/** What a command needs to mean the same folder, to be pasted. */
export function flagsOf({ settings: { data, network } }: Pick<CliContext, 'settings'>): string {
  if (data !== join(homedir(), '.torrenttx', network)) return `--data ${quoted(data)} `
  return network === 'devnet' ? '' : `--network ${quoted(network)} `
}
