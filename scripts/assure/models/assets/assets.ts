// `npm run assets -- [seconds] [seed]`: do the rules for assets keep the same books as plain words? Tries all pairs of steps from a small world, long
// chains at random, made-up states and all small states of the lanes, then puts each trap into the rules, which must show. Fails if the rules do not
// hold, or if a trap goes unseen.

import { randomOf } from '../world.ts'
import { violations } from './chains.ts'
import { LANE_TRAPS } from './lanes.ts'
import { TRAPS } from './machine.ts'
import { playChains, playLanes, playLies, playPairs } from './play.ts'

const CHAINS = 1_000
const STATES = 5_000
const LANES_EVERY = 7

const [seconds, seed] = [Number(process.argv[2] ?? 120), Number(process.argv[3] ?? 1)]
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error('expected seconds and a whole number as the seed')
  process.exitCode = 2
} else if (!isSound()) {
  process.exitCode = 1
}

function isSound(): boolean {
  const startMs = Date.now()
  const isOver = (part: number) => Date.now() - startMs > seconds * 1_000 * part
  const pairs = playPairs(() => isOver(0.4))
  print('all pairs of steps', pairs)
  const chains = playChains(randomOf(seed), () => isOver(0.8))
  print('chains at random', chains)
  const lies = playLies(randomOf(seed + 1), STATES)
  print('made-up states', { states: STATES, failures: lies })
  const lanes = playLanes(LANES_EVERY)
  print('lanes', lanes)
  let ok = [pairs, chains].every((tally) => tally.accepted > 0 && violations(tally) === 0)
  ok = ok && lies + lanes.differs + lanes.stuck === 0
  for (const trap of TRAPS) {
    const tally = playChains(randomOf(seed + 2), (count) => count === CHAINS, trap)
    print(`trap: ${trap}`, tally)
    if (violations(tally) === 0) ok = false
  }
  for (const trap of LANE_TRAPS) {
    const tally = playLanes(LANES_EVERY, trap)
    print(`trap: ${trap}`, tally)
    if (tally.differs === 0) ok = false
  }
  console.log(`${ok ? 'ok' : 'FAILED'}: seed ${seed}, ${Math.round((Date.now() - startMs) / 1_000)} s`)
  return ok
}

function print(name: string, counts: Readonly<Record<string, number>>): void {
  const facts = Object.entries(counts).map(([what, count]) => `${what} ${count}`)
  console.log(`${name.padEnd(48)} ${facts.join(', ')}`)
}
