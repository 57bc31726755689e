// `npm run rows -- [seconds] [seed]`: is a block of rows right exactly if no row of it can be refuted? Enumerates small blocks and
// changes right ones, then puts each trap into the rules, which must show. Fails if the rules do not hold, or if a trap goes unseen.

import { randomOf } from '../world.ts'
import { type Case, changed, small, smallest } from './blocks.ts'
import { HARMLESS, judge, newTally, type Tally, TRAPS, type Trap } from './judge.ts'

/** Blocks with each trap. */
const EACH = 100_000
/** Between looks at the clock. */
const STRIDE = 4_096

const [seconds, seed] = [Number(process.argv[2] ?? 120), Number(process.argv[3] ?? 1)]
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error('expected seconds and a whole number as the seed')
  process.exitCode = 2
} else {
  if (!isSound()) process.exitCode = 1
}

function isSound(): boolean {
  const start = Date.now()
  const until = (part: number) => start + seconds * 1_000 * part
  const rules = [
    { name: 'up to one step', tally: play(smallest(), { until: until(0.35) }) },
    { name: 'two steps', tally: play(small(), { until: until(0.65) }) },
    { name: 'up to three, changed at random', tally: play(changed(randomOf(seed)), { until: until(0.85) }) },
  ]
  for (const { name, tally } of rules) console.log(`${name.padEnd(40)} ${format(tally)}`)
  let ok = rules.every(({ tally }) => tally.blocks > 0 && violations(tally) === 0)
  for (const trap of [...TRAPS, HARMLESS] as const) {
    const tally = play(changed(randomOf(seed + 6)), { most: EACH, trap })
    console.log(`trap: ${trap.padEnd(34)} ${format(tally)}`)
    if ((violations(tally) === 0) !== (trap === HARMLESS)) ok = false
  }
  console.log(`${ok ? 'ok' : 'FAILED'}: seed ${seed}, ${Math.round((Date.now() - start) / 1_000)} s`)
  return ok
}

/** Judges cases until they end, there were enough, or the time is over. */
function play(
  cases: Iterable<Case>,
  limits: { readonly until?: number; readonly most?: number; readonly trap?: Trap },
): Tally {
  const { until = Number.POSITIVE_INFINITY, most = Number.POSITIVE_INFINITY, trap } = limits
  const tally = newTally()
  let count = 0
  for (const { rights, parent, header, blob } of cases) {
    judge(tally, rights, parent, header, blob, trap)
    count += 1
    if (count >= most || (count % STRIDE === 0 && Date.now() > until)) break
  }
  return tally
}

function violations({ rightRefuted, wrongStands }: Tally): number {
  return rightRefuted + wrongStands
}

function format({ blocks, right, rightRefuted, wrongStands }: Tally): string {
  return `blocks ${blocks}, right ${right}, right refuted ${rightRefuted}, wrong stands ${wrongStands}`
}
