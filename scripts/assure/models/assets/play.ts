// What the assets model plays, for the command and for the tests: pairs of steps, chains, made-up states, lanes.

import { advance, begin, crowded, isTotal, newTally, nextSteps, randomStep, roomy, type Tally } from './chains.ts'
import { blocksOf, isMeant, isTaken, type LaneTrap, queues, sequences } from './lanes.ts'
import type { Trap } from './machine.ts'

/** Steps of a chain at random. */
const LENGTH = 24
const ENTRIES = 2
const STEPS = 3

/** All pairs of steps, of which one in `every` is tried, until the time is over. */
export function playPairs(isOver: () => boolean, every = 1): Tally {
  const tally = newTally()
  const placeOf = roomy()
  const world = begin(placeOf, tally)
  let count = 0
  for (const first of nextSteps(world)) {
    const after = advance(placeOf, world, first, tally)
    for (const second of nextSteps(after)) {
      if (count++ % every === 0) advance(placeOf, after, second, tally)
    }
    if (isOver()) break
  }
  return tally
}

/** Chains at random, each second one where names crowd each other. */
export function playChains(random: () => number, isOver: (chains: number) => boolean, trap?: Trap): Tally {
  const tally = newTally()
  for (let chains = 0; !isOver(chains); chains++) {
    const placeOf = chains % 2 === 0 ? roomy() : crowded(random)
    let world = begin(placeOf, tally, trap)
    for (let i = 0; i < LENGTH; i++) world = advance(placeOf, world, randomStep(random, world), tally, trap)
  }
  return tally
}

/** How many of `states` made-up states have no answer, or one that does not fit. */
export function playLies(random: () => number, states: number): number {
  let failures = 0
  for (let i = 0; i < states; i++) {
    const placeOf = i % 2 === 0 ? roomy() : crowded(random)
    let world = begin(placeOf, newTally())
    for (let k = 0; k < 4; k++) world = advance(placeOf, world, randomStep(random, world), newTally())
    if (!isTotal(random, placeOf, world)) failures += 1
  }
  return failures
}

/**
 * All states of the lanes and all blocks of a few steps, of which one in `every` is tried: how many there were, on how many the contract is of another
 * opinion, and in how many states there is no right block.
 */
export function playLanes(every = 1, trap?: LaneTrap) {
  const blocks = sequences(ENTRIES, STEPS)
  const tally = { blocks: 0, differs: 0, stuck: 0 }
  let count = 0
  for (const queue of queues(ENTRIES)) {
    if (blocksOf(queue).length === 0) tally.stuck += 1
    for (const steps of blocks) {
      if (count++ % every !== 0) continue
      tally.blocks += 1
      if (isTaken(queue, steps, trap) !== isMeant(queue, steps)) tally.differs += 1
    }
  }
  return tally
}
