// Moves about blobs: beacon endpoints that fail or lie for a while, a node that sleeps until blobs are gone, a miner that posts elsewhere.

import { setTimeout as delay } from 'node:timers/promises'
import { readAllBlocks } from '../../../../node/client/all-blocks.ts'
import type { Chance } from '../chance.ts'
import type { Ground } from '../ground.ts'
import type { Name } from '../honest.ts'
import { type Made, makeBlock, siteOn } from '../publishing.ts'
import type { Move } from './move.ts'

const LOOK_MS = 200
/** A block without steps is never in blobs. */
const TRIES = 5
/** The other node gets this long to have the blobs before the move is given up: whether it ever gets them is for the settling to say. */
const PATIENCE_MS = 30_000

const fail: Move = {
  name: 'let the good beacon endpoint fail',
  weight: 3,
  isOfBlobs: true,
  async make({ honest: { beacons } }, chance, number) {
    if (beacons.isAFailing) return undefined
    const moves = chance.whole(1, 4)
    return `it ${await beacons.fail(chance, number + moves)}, for ${moves} moves`
  },
}

const lie: Move = {
  name: 'let the bad beacon endpoint lie',
  weight: 4,
  isOfBlobs: true,
  async make({ honest: { beacons } }, chance, number) {
    if (beacons.isBWrong) return undefined
    const moves = chance.whole(1, 8)
    return `it ${await beacons.lie(chance, number + moves)}, for ${moves} moves`
  },
}

const sleep: Move = {
  name: 'let a node sleep longer than blobs live',
  weight: 3,
  isOfBlobs: true,
  async make(ground, chance, number) {
    const { honest, model } = ground
    const [sleeper, other] = chance.isLucky(0.5) ? (['node-0', 'node-1'] as const) : (['node-1', 'node-0'] as const)
    const moves = chance.oneOf(0, 0, 1, 3)
    await ground.settle()
    await honest.kill(sleeper, number + moves)
    await model.sync()
    const made = await makeInBlobs(ground, chance)
    const outcome = made && (await ground.caller.send(made.call))
    await ground.bury()
    const { number: block } = await ground.head()
    const found = `${made?.note ?? 'no block'}: ${outcome}`
    if (!(await hasJudged(ground, other, block))) return `${sleeper} for ${moves} moves, blobs stay; ${found}`
    honest.beacons.prune(block)
    return `${sleeper} for ${moves} moves, blobs up to block ${block} are gone; ${found}`
  },
}

/** A right block on the tip, in blobs if the chances are good. Once blobs are gone, only its torrent has them: another one would keep them from all who come late. */
async function makeInBlobs(ground: Ground, chance: Chance): Promise<Made | undefined> {
  const { model } = ground
  const { next } = await ground.head()
  let made: Made | undefined
  for (let i = 0; i < TRIES && !(made && 'blobs' in made.body); i++)
    made = await makeBlock(ground, siteOn(ground, model.of(model.tip)), 'right', next, chance, true)
  return made
}

/** Whether a node knows, and soon, of every block up to this one of Ethereum what it is, and none of them is wrong and lives. */
async function hasJudged({ honest, model }: Ground, name: 'node-0' | 'node-1', block: bigint): Promise<boolean> {
  const endMs = performance.now() + PATIENCE_MS
  while (performance.now() < endMs) {
    const { blocks, status } = await readAllBlocks(honest.nodes[name])
    await model.sync()
    const judged = new Set(blocks.filter(({ verdict }) => verdict !== 'unknown').map(({ id }) => id))
    const hasAll = [...model.living()].every((id) => id === model.final || judged.has(id))
    if (status.ethereumBlock !== undefined && status.ethereumBlock >= block && hasAll)
      return model.livingWrong().length === 0
    await delay(LOOK_MS)
  }
  return false
}

const post: Move = {
  name: 'let the miner post elsewhere',
  weight: 4,
  isOfBlobs: true,
  async make({ honest, rows }, chance, number) {
    const name: Name = 'miner'
    const elsewhere = chance.oneOf('auto', 'blobs', 'calldata')
    if (rows !== 'both' || honest.isAway(name) || !honest.isRunning(name)) return undefined
    await honest.kill(name, number, { TTX_ROWS: elsewhere })
    return elsewhere
  },
}

export const BLOB_MOVES: readonly Move[] = [fail, lie, sleep, post]
