// Where all TTX is at one moment, from what Ethereum and the snapshot of the final block say: the sum must be genesis.

import { createPublicClient, http } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import type { NetworkDefinition } from '../../../node/deployment.ts'
import { OperationError } from '../../../node/errors.ts'
import { connectEthereum } from '../../../node/ethereum/agreeing/http-chain.ts'
import type { ClaimedEvent, DepositedEvent, FinalizedEvent } from '../../../node/ethereum/chain.ts'
import { splitHead } from '../../../node/protocol/blob-block.ts'
import { decodeOutputs } from '../../../node/protocol/block-torrent.ts'
import { netOf } from '../../../node/protocol/fee.ts'
import { genesisState } from '../../../node/protocol/genesis.ts'
import { decodeSealed, type Header } from '../../../node/protocol/header.ts'
import { type Hash, parseHash } from '../../../node/protocol/ids.ts'
import { isInBlobs, type PostedBody } from '../../../node/protocol/replay.ts'
import { type Asked, asksForTtx, requestsIn } from '../../../node/protocol/requests.ts'
import { SUPPLY } from '../../../node/protocol/rules.ts'
import { outputsOf, stateOf, stateRoot } from '../../../node/protocol/state.ts'
import { splitSteps } from '../../../node/protocol/step.ts'

/** Base units, as of one block of Ethereum. `total` is the sum of the five before it. */
export type SupplyCount = {
  readonly ethereumBlock: bigint
  readonly finalHeight: bigint
  readonly finalBlock: Hash
  /** Unspent outputs in the state of the newest final block. */
  readonly outputs: bigint
  /** wTTX in existence. */
  readonly wttx: bigint
  /** Burned wTTX whose queue entries the final block has not consumed, gross. */
  readonly unconsumed: bigint
  /** Requests in final blocks that are not paid yet: what their recipients will get. */
  readonly unminted: bigint
  /** What the miners of unpaid blocks did not get, and nobody ever will. */
  readonly locked: bigint
  readonly total: bigint
  readonly genesis: bigint
}

/** Throws `OperationError('bad-snapshot')` where the snapshot is not that of the final block. The caller compares `total` with `genesis`. */
export async function countSupply(url: string, network: NetworkDefinition, node: NodeClient): Promise<SupplyCount> {
  const client = createPublicClient({ transport: http(url), cacheTime: 0 })
  const { bridge, token } = network.rules
  const blockNumber = await client.getBlockNumber()
  const contract = { abi: bridgeAbi, address: bridge, blockNumber } as const
  const [finalId, wttx] = await Promise.all([
    client.readContract({ ...contract, functionName: 'finalBlock' }),
    client.readContract({ abi: tokenAbi, address: token, blockNumber, functionName: 'totalSupply' }),
  ])
  const finalBlock = parseHash(finalId)
  const chain = await readEvents(url, network, blockNumber)
  const header = chain.published.get(finalBlock)?.header
  const outputs = await sumOutputs(network, node, finalBlock, header?.state)
  const consumed = header?.lanes.deposits.count ?? 0n
  const unconsumed = sum(chain.deposits.filter(({ index }) => index >= consumed).map(({ gross }) => gross))
  const unminted = sumUnminted(chain)
  const locked = sumLocked(chain)
  return {
    ethereumBlock: blockNumber,
    finalHeight: header?.height ?? 0n,
    finalBlock,
    outputs,
    wttx,
    unconsumed,
    unminted,
    locked,
    total: outputs + wttx + unconsumed + unminted + locked,
    genesis: SUPPLY,
  }
}

type Events = Awaited<ReturnType<typeof readEvents>>

/** In as many questions as the endpoint wants, however much has happened. */
async function readEvents(url: string, { rules, deployedBlock }: NetworkDefinition, toBlock: bigint) {
  const chain = connectEthereum([url], rules)
  const published = new Map<Hash, { readonly header: Header; readonly asked: readonly Asked[] }>()
  const final: FinalizedEvent[] = []
  const deposits: DepositedEvent[] = []
  const claims: ClaimedEvent[] = []
  for (const event of await chain.events(deployedBlock, toBlock).finally(() => chain.close())) {
    if (event.kind === 'published')
      published.set(event.id, { header: decodeSealed(event.sealed).header, asked: askedIn(event.body) })
    else if (event.kind === 'finalized') final.push(event)
    else if (event.kind === 'deposited') deposits.push(event)
    else if (event.kind === 'claimed') claims.push(event)
  }
  return { published, final, deposits, claims }
}

/** The snapshot comes from a node, so it is checked against the root that Ethereum has. */
async function sumOutputs(
  network: NetworkDefinition,
  node: NodeClient,
  id: Hash,
  root: Hash | undefined,
): Promise<bigint> {
  if (root === undefined) return sum(outputsOf(genesisState(network.genesis)).map(({ value }) => value))
  const { files } = await node.call('bridge_files', { id })
  const file = files.find(({ name }) => name === 'outputs.bin')
  const outputs = decodeOutputs(file?.bytes ?? new Uint8Array())
  if (stateRoot(stateOf(outputs)) !== root) {
    throw new OperationError('bad-snapshot', `expected a snapshot with the root ${root} of block ${id}, got another`, {
      facts: { block: id, root },
    })
  }
  return sum(outputs.flatMap(({ asset, value }) => (asset === undefined ? [value] : [])))
}

function sumUnminted({ final, published, claims }: Events): bigint {
  const paid = new Set(claims.map(({ number }) => number))
  const waiting = final.flatMap(({ id }) => {
    const block = published.get(id)
    return (block?.asked ?? []).filter(
      (each, i) => asksForTtx(each) && !paid.has((block?.header.firstRequest ?? 0n) + BigInt(i)),
    )
  })
  return sum(waiting.map(({ tokens }) => netOf(tokens)))
}

/** In blobs the steps are elsewhere, and what they ask for is said beside them. */
function askedIn(body: PostedBody): readonly Asked[] {
  return isInBlobs(body) ? splitHead(body).requests : requestsIn(splitSteps(body.steps))
}

function sumLocked({ final, published }: Events): bigint {
  return sum(final.map(({ id, fee }) => (published.get(id)?.header.fee ?? 0n) - fee))
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n)
}
