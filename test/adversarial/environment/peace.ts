// The end of a run: the driver does nothing any more, time passes, and everything has to come to its end.

import assert from 'node:assert/strict'
import type { Hex } from 'viem'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { equalBytes, parseHex } from '../../../node/protocol/bytes.ts'
import { keyOf, parseKey } from '../../../node/protocol/ids.ts'
import { readRecord } from '../../support/chain/record.ts'
import type { Ground } from './ground.ts'
import type { Request } from './users.ts'

const HOUR = 3_600n
/** Hours: races end and what they put off begins again, and then everything has its two days. A flood of the queue takes longer. */
const PEACE = 160n
const STEP = 4n
const RIVAL = 4

/**
 * Resolves when all honest users are paid, and answers how many requests that were. Throws where one is not, where money is missing, where an
 * honest account lost a bond, and where a node that comes only now sees something else.
 */
export async function makePeace(ground: Ground): Promise<number> {
  const { honest } = ground
  honest.endpoints.tick(Number.POSITIVE_INFINITY)
  honest.beacons.tick(Number.POSITIVE_INFINITY)
  await ground.settle()
  for (let hours = 0n; ; hours += STEP) {
    const unpaid = await findUnpaid(ground)
    if (unpaid.length === 0) break
    const [first] = unpaid
    assert.ok(
      hours < PEACE,
      `${unpaid.length} requests of honest users are not paid after ${hours} hours of peace, ${first?.infohash} first`,
    )
    await ground.pass(STEP * HOUR)
    await ground.settle()
  }
  await checkBonds(ground)
  await welcome(ground)
  await honest.arena.countMoney()
  return ground.users.requests.filter(({ isForced, packed }) => !isForced || isQueued(ground, packed)).length
}

/** Requests whose recipients have another amount than what is due to them. */
async function findUnpaid(ground: Ground): Promise<Request[]> {
  const unpaid: Request[] = []
  for (const request of ground.users.requests) {
    const { recipient, net, isForced, packed } = request
    const has = await ground.stage.balanceOf(recipient)
    if (has === net || (has === 0n && isForced && !isQueued(ground, packed))) continue
    assert.equal(has, 0n, `request ${request.infohash} was paid wrongly`)
    unpaid.push(request)
  }
  return unpaid
}

/** What a reorganisation took out of the queue its author would have to force again. */
function isQueued({ model }: Ground, packed: Hex): boolean {
  const bytes = parseHex(packed)
  return model.queue.some(({ entry }) => entry.kind === 'forced' && equalBytes(entry.packed, bytes))
}

/** A node without any data reads all that has happened, and must come to the same. */
async function welcome({ honest, model }: Ground): Promise<void> {
  const newcomer = await honest.welcome()
  const see = async (node: NodeClient) => (await node.call('node_info', {})).bridge
  await honest.arena.until('a newcomer to see the same branch', async () => {
    await honest.arena.seen(newcomer)
    const [own, theirs] = [await see(newcomer), await see(honest.nodes['node-0'])]
    return own.final?.id === theirs.final?.id && own.tip?.id === theirs.tip?.id
  })
  assert.equal((await see(newcomer)).final?.id, model.final)
}

/** A block beside a right one costs its author the bond. */
async function checkBonds({ model, stage }: Ground): Promise<void> {
  const { client } = stage.anvil
  for (const { id } of model.tree.values()) {
    if (model.ours.has(id) || id === model.genesis) continue
    const record = await readRecord(client, stage.bridge, id)
    if ((record.flags & RIVAL) === 0) continue
    const parent = await readRecord(client, stage.bridge, parseKey(record.parent))
    const isForfeited = model.standing(model.of(id).sealed.header.parent).final && parent.firstChild !== keyOf(id)
    assert.ok(!isForfeited, `the honest block ${id} is a rival of a right one, and its bond is lost`)
  }
}
