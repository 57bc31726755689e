// What the honest processes have to do now, as far as anybody outside can tell, and whether they do anything.

import type { NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import { finalizeCall } from '../../../node/ethereum/calls.ts'
import { MAX_DEPTH } from '../../../node/protocol/rules.ts'
import { targetCeiling, workOf } from '../../../node/protocol/target.ts'
import { toSeconds } from '../../../node/protocol/units.ts'
import { EASIEST } from '../../support/stage.ts'
import { findUntruth } from './answers.ts'
import type { Ground } from './ground.ts'
import type { Name } from './honest.ts'

export type Duties = {
  /** In words. */
  readonly open: readonly string[]
  /** Every node that can be has seen all that Ethereum has. */
  readonly isLive: boolean
  /** Another text whenever something has happened. */
  readonly progress: string
}

const RPC_MS = 30_000
/** Hashes that every machine makes in a second or two. */
const SMALL_WORK = 2n ** 20n

/** Trouble with a node is something that it has to get over. */
export async function findDuties(ground: Ground): Promise<Duties> {
  try {
    return await look(ground)
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { open: [error.message], isLive: false, progress: error.code }
  }
}

async function look(ground: Ground): Promise<Duties> {
  const { honest, model } = ground
  const { number, time } = await ground.head()
  const isBWrong = honest.endpoints.isBWrong
  const open: string[] = []
  const progress: string[] = [`${number}`]
  // The second node follows both endpoints, and acts only on what both say.
  for (const name of isBWrong ? (['node-0'] as const) : (['node-0', 'node-1'] as const)) {
    const { text, want } = await lookAt(honest.nodes[name], name, number)
    progress.push(text)
    if (want !== undefined) open.push(want)
  }
  const isLive = open.length === 0
  for (const name of honest.names) if (!honest.isUp(name)) open.push(`${name} has not begun`)
  const wrong = model.livingWrong()
  progress.push(`${wrong.length} wrong`)
  const [first] = wrong
  if (first !== undefined) open.push(`${wrong.length} wrong blocks live, ${first} (${model.of(first).problem}) first`)
  if (!isLive) return { open, isLive, progress: progress.join() }
  const node = honest.nodes['node-0']
  const { nominate, finalize } = await node.call('bridge_due', {})
  if (nominate.length > 0) open.push(`${nominate.length} nominations are due`)
  if (finalize.length > 0) open.push('a finalization is due')
  else if (await canFinalize(ground)) open.push('the bridge would make a right block final')
  if (!isBWrong) {
    const { claims } = await honest.nodes['node-1'].call('bridge_claims', {})
    progress.push(`${claims.length} claims`)
    if (claims.length > 0) open.push(`${claims.length} requests of final blocks wait to be paid`)
  }
  const waiting = await findWaiting(ground, node, time)
  progress.push(waiting ?? '')
  if (waiting !== undefined) open.push(waiting)
  // Asked last: it is a lot to read.
  if (open.length === 0) open.push(...(await findUntruths(ground)))
  return { open, isLive, progress: progress.join() }
}

async function findUntruths({ honest, model }: Ground): Promise<string[]> {
  const names = honest.endpoints.isBWrong ? (['node-0'] as const) : (['node-0', 'node-1'] as const)
  const found: string[] = []
  for (const name of names) {
    const untruth = await findUntruth(model, honest.nodes[name], name)
    if (untruth !== undefined) found.push(untruth)
  }
  return found
}

async function lookAt(
  node: NodeClient,
  name: Name,
  newest: bigint,
): Promise<{ readonly text: string; readonly want?: string }> {
  try {
    const { bridge } = await node.call('node_info', {}, AbortSignal.timeout(RPC_MS))
    const { state, problem, ethereumBlock, tip } = bridge
    const text = `${name} ${state} ${ethereumBlock} ${tip?.id}`
    if (state === 'live' && ethereumBlock !== undefined && ethereumBlock >= newest) return { text }
    return {
      text,
      want: `${name} is ${state} at block ${ethereumBlock} of ${newest} (${problem ?? 'no problem named'})`,
    }
  } catch (error) {
    return {
      text: `${name} silent`,
      want: `${name} does not answer: ${error instanceof Error ? error.message : error}`,
    }
  }
}

/** Asks the contract itself. */
async function canFinalize({ model, stage, caller }: Ground): Promise<boolean> {
  for (const id of model.liveChildren(model.final)) {
    if (model.of(id).verdict !== 'right') continue
    const { data } = finalizeCall(model.of(id).bytes)
    const asked = stage.anvil.client.call({ account: caller.account, to: stage.bridge.address, data })
    if (
      await asked.then(
        () => true,
        () => false,
      )
    )
      return true
  }
  return false
}

/** What a miner would put into a block that it could find at once. */
async function findWaiting({ model }: Ground, node: NodeClient, time: bigint): Promise<string | undefined> {
  const { parent, queue, candidates } = await node.call('bridge_template', {})
  const requests = candidates.filter(({ request }) => request !== undefined)
  const block = model.blocks.get(parent.id)
  if ((queue.length === 0 && requests.length === 0) || block === undefined) return undefined
  const { height, target } = block.sealed.header
  if (height >= model.finalHeight + BigInt(MAX_DEPTH)) return undefined
  const ceiling = targetCeiling(target, toSeconds(time - BigInt(parent.publishedAt)), EASIEST)
  if (workOf(ceiling) > SMALL_WORK) return undefined
  return `${queue.length} entries of the queue and ${requests.length} requests wait for a miner`
}
