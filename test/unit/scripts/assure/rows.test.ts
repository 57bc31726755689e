// The model of rows: a block is right exactly if none of its rows is wrong, and each rule that looks fussy is one whose absence shows.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { type Case, changed, small, smallest } from '../../../../scripts/assure/models/rows/blocks.ts'
import { HARMLESS, judge, newTally, TRAPS, type Trap } from '../../../../scripts/assure/models/rows/judge.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'

const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const ROOT = new URL('../../../../', import.meta.url)

/** Of every `every` blocks one, until there are `count`. */
function tallyOf(cases: Iterable<Case>, count: number, every = 1, trap?: Trap) {
  const tally = newTally()
  let i = 0
  for (const { rights, parent, header, blob } of cases) {
    if (i % every === 0) judge(tally, rights, parent, header, blob, trap)
    i += 1
    if (i >= count * every) break
  }
  return tally
}

for (const [name, cases, count, every] of [
  ['of one step or none', smallest(), 20_000, 97],
  ['of two steps', small(), 2_000_000, 5],
  ['of up to three steps, with something changed', changed(randomOf(SEED)), 20_000, 1],
] as const) {
  test(`a block is right exactly if no row of it is wrong: ${name} (seed ${SEED})`, () => {
    const { blocks, right, rightRefuted, wrongStands } = tallyOf(cases, count, every)
    assert(blocks > 2_000 && right > 10 && right < blocks, `${right} of ${blocks}`)
    assert.deepEqual({ rightRefuted, wrongStands }, { rightRefuted: 0, wrongStands: 0 })
  })
}

for (const trap of TRAPS) {
  test(`the model sees it: ${trap} (seed ${SEED})`, () => {
    const { rightRefuted, wrongStands } = tallyOf(changed(randomOf(SEED)), 20_000, 1, trap)
    assert(rightRefuted + wrongStands > 0)
  })
}

test(`what looks like a trap and is none changes nothing: ${HARMLESS} (seed ${SEED})`, () => {
  const { rightRefuted, wrongStands } = tallyOf(changed(randomOf(SEED)), 20_000, 1, HARMLESS)
  assert.equal(rightRefuted + wrongStands, 0)
})

test('the command counts, and refuses what is no number', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/assure/models/rows/rows.ts', ...args], { cwd: ROOT, encoding: 'utf8' })
  const right = run('1')
  assert.equal(right.status, 0, right.stderr)
  assert.match(right.stdout, /^up to one step .* right refuted 0, wrong stands 0$/m)
  assert.equal(run('soon').status, 2)
})
