// Where all TTX, and all of a token, is at one moment, from what Ethereum and the snapshot of the final block say: the sums must be genesis, and what the
// token's gateway holds.

import { createPublicClient, http, type PublicClient } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import type { NetworkDefinition } from '../../../node/deployment.ts'
import { OperationError } from '../../../node/errors.ts'
import { connectEthereum } from '../../../node/ethereum/agreeing/http-chain.ts'
import type { ClaimedEvent, DepositedEvent, EnteredEvent, FinalizedEvent } from '../../../node/ethereum/chain.ts'
import { isPaidByGateway, owedByGateway, tokenBalanceOf } from '../../../node/ethereum/gateways/token.ts'
import { encodeAsset } from '../../../node/protocol/asset.ts'
import { splitHead } from '../../../node/protocol/blob-block.ts'
import { decodeOutputs } from '../../../node/protocol/block-torrent.ts'
import { formatHex } from '../../../node/protocol/bytes.ts'
import { netOf } from '../../../node/protocol/fee.ts'
import { genesisState } from '../../../node/protocol/genesis.ts'
import { decodeSealed, type Header } from '../../../node/protocol/header.ts'
import { type Address, type Hash, parseHash } from '../../../node/protocol/ids.ts'
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
  /** Of the token that was named. */
  readonly token?: TokenCount
}

/** Units of a token, as of the same block. `total` is the sum of the four before it, and must be `held`. */
type TokenCount = {
  /** What the gateway has, by what the token says. */
  readonly held: bigint
  /** Unspent outputs in the state of the newest final block. */
  readonly outputs: bigint
  /** Entered, and not yet consumed by the final block. */
  readonly unconsumed: bigint
  /** Requests in final blocks that the gateway has not paid, gross. */
  readonly unpaid: bigint
  /** What the gateway owes to the miners of final blocks. */
  readonly owed: bigint
  readonly total: bigint
}

export type Token = {
  readonly token: Address
  /** There may be nothing at its address yet. */
  readonly gateway: Address
}

/**
 * As of the newest block of Ethereum. Throws `OperationError('bad-snapshot')` where the snapshot is not that of the final block. The
 * caller compares `total` with `genesis`.
 */
export async function countSupply(
  url: string,
  network: NetworkDefinition,
  node: NodeClient,
  token?: Token,
): Promise<SupplyCount> {
  const client = createPublicClient({ transport: http(url), cacheTime: 0 })
  const count = (blockNumber: bigint) => countAt(client, blockNumber, { url, network, node, token })
  const newest = await client.getBlockNumber()
  const counted = await count(newest)
  // Asked for its newest block while it adds one, anvil answers with the state of the one that it adds. An older one stays as it is.
  return (await client.getBlockNumber()) === newest ? counted : count(newest)
}

type Place = {
  readonly url: string
  readonly network: NetworkDefinition
  readonly node: NodeClient
  readonly token: Token | undefined
}

async function countAt(
  client: PublicClient,
  blockNumber: bigint,
  { url, network, node, token }: Place,
): Promise<SupplyCount> {
  const { bridge } = network.rules
  const contract = { abi: bridgeAbi, address: bridge, blockNumber } as const
  const [finalId, wttx] = await Promise.all([
    client.readContract({ ...contract, functionName: 'finalBlock' }),
    client.readContract({ abi: tokenAbi, address: network.rules.token, blockNumber, functionName: 'totalSupply' }),
  ])
  const finalBlock = parseHash(finalId)
  const chain = await readEvents(url, network, blockNumber)
  const header = chain.published.get(finalBlock)?.header
  const all = await readOutputs(network, node, finalBlock, header?.state)
  const outputs = sum(all.flatMap(({ asset, value }) => (asset === undefined ? [value] : [])))
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
    ...(token && { token: await countToken(client, token, { chain, header, all, blockNumber }) }),
  }
}

async function countToken(
  client: PublicClient,
  { token, gateway }: Token,
  {
    chain,
    header,
    all,
    blockNumber,
  }: { chain: Events; header: Header | undefined; all: readonly Output[]; blockNumber: bigint },
): Promise<TokenCount> {
  const asker = { ask: <T>(_: string, question: (client: PublicClient) => Promise<T>) => question(client) }
  const held = (await tokenBalanceOf(asker, token, gateway, blockNumber)) ?? 0n
  const outputs = sum(all.flatMap(({ asset, value }) => (asset === gateway ? [value] : [])))
  const consumed = header?.lanes.assets.count ?? 0n
  const waiting = chain.entered.filter(({ index, asset }) => index >= consumed && asset === gateway)
  const unconsumed = sum(waiting.map(({ amount }) => amount))
  const name = formatHex(encodeAsset(gateway))
  let [unpaid, owed] = [0n, 0n]
  const miners = new Set<Address>()
  for (const { id } of chain.final) {
    const block = chain.published.get(id)
    if (block === undefined) continue
    for (const [i, { asset, tokens }] of block.asked.entries()) {
      if (asset === undefined || formatHex(asset) !== name) continue
      miners.add(block.miner)
      const number = block.header.firstRequest + BigInt(i)
      if (!(await isPaidByGateway(asker, gateway, number, blockNumber))) unpaid += tokens
    }
  }
  for (const miner of miners) owed += await owedByGateway(asker, gateway, miner, blockNumber)
  return { held, outputs, unconsumed, unpaid, owed, total: outputs + unconsumed + unpaid + owed }
}

type Events = Awaited<ReturnType<typeof readEvents>>
type Published = { readonly header: Header; readonly miner: Address; readonly asked: readonly Asked[] }
type Output = ReturnType<typeof decodeOutputs>[number]

/** In as many questions as the endpoint wants, however much has happened. */
async function readEvents(url: string, { rules, deployedBlock }: NetworkDefinition, toBlock: bigint) {
  const chain = connectEthereum([url], rules)
  const published = new Map<Hash, Published>()
  const final: FinalizedEvent[] = []
  const deposits: DepositedEvent[] = []
  const entered: EnteredEvent[] = []
  const claims: ClaimedEvent[] = []
  for (const event of await chain.events(deployedBlock, toBlock).finally(() => chain.close())) {
    if (event.kind === 'published') {
      const { header, seal } = decodeSealed(event.sealed)
      published.set(event.id, { header, miner: seal.miner, asked: askedIn(event.body) })
    } else if (event.kind === 'finalized') final.push(event)
    else if (event.kind === 'deposited') deposits.push(event)
    else if (event.kind === 'entered') entered.push(event)
    else if (event.kind === 'claimed') claims.push(event)
  }
  return { published, final, deposits, entered, claims }
}

/** The snapshot comes from a node, so it is checked against the root that Ethereum has. */
async function readOutputs(
  network: NetworkDefinition,
  node: NodeClient,
  id: Hash,
  root: Hash | undefined,
): Promise<readonly Output[]> {
  if (root === undefined) return outputsOf(genesisState(network.genesis))
  const { files } = await node.call('bridge_files', { id })
  const file = files.find(({ name }) => name === 'outputs.bin')
  const outputs = decodeOutputs(file?.bytes ?? new Uint8Array())
  if (stateRoot(stateOf(outputs)) !== root) {
    throw new OperationError('bad-snapshot', `expected a snapshot with the root ${root} of block ${id}, got another`, {
      facts: { block: id, root },
    })
  }
  return outputs
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
