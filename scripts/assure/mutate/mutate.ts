// `npm run mutate [-- word …]`: changes the contracts in one place at a time and sees whether a test fails. Exits with 1 if a
// mutant survives without a reason in accepted.json.
//
// Words pick mutants whose line (as `--list` prints it) contains all of them; `a|b` stands for either. What was judged before is not judged again
// while contracts and tests are as they were: Ctrl-C loses the mutant at hand, and nothing else.

import { parseArgs } from 'node:util'
import { compile, readSources } from '../solc.ts'
import { REASONS } from './accepted.ts'
import { isNode } from './ast.ts'
import { Judge, type Verdict } from './judge.ts'
import { Ledger } from './ledger.ts'
import { describe, type Mutant, mutantsOf } from './mutants.ts'
import { PLAN, type Suite } from './plan.ts'
import { Workplace } from './workplace.ts'

const { positionals: words, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '200' },
    workers: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
})

/** What is in the ledger for a test file with the contracts as they are. */
const originalOf = (file: string) => `original ${file}`

type Outcome = Verdict['verdict'] | 'accepted'

/** What is most likely to show a hole comes first. */
const ORDER = [
  /^check removed/,
  /^operand dropped/,
  /^(operator|statement removed|return removed|reason)/,
  /^(never|always|one side|return value)/,
  /inverted/,
  /^constant/,
  /^yul (operator|statement|never|always)/,
  /^yul constant/,
]

const sources = readSources()
const all = allMutants()
const picked = pick(all)
const ledger = await Ledger.open({ fresh: flags.fresh })
const say = (line: string) => {
  if (!flags.json) console.log(line)
}

if (picked.length === 0) {
  console.error(`mutate: expected words of mutants, got "${words.join(' ')}", which no mutant has`)
  process.exitCode = 2
} else if (flags.list) {
  for (const mutant of picked) console.log(describe(mutant))
} else {
  say(`${picked.length} of ${all.length} mutants${flags.sample ? `, drawn with seed ${flags.seed}` : ''}`)
  if (!flags.report) await judgeAll(picked.filter(({ id }) => ledger.get(id) === undefined))
  report(picked)
}

function allMutants(): Mutant[] {
  const { sources: trees } = compile(sources, { '*': { '': ['ast'] } })
  return Object.keys(PLAN).flatMap((file) => {
    const ast = trees[file]?.ast
    if (!isNode(ast)) throw new Error(`${file}: expected a source that compiles`)
    return mutantsOf(file, Buffer.from(sources[file] ?? ''), ast)
  })
}

/** With `--sample`, this many at random. */
function pick(mutants: readonly Mutant[]): Mutant[] {
  const matching = mutants.filter((mutant) =>
    words.every((word) => word.split('|').some((part) => describe(mutant).includes(part))),
  )
  const rank = ({ operator }: Mutant) => ORDER.findIndex((kind) => kind.test(operator))
  const sorted = matching.toSorted((a, b) => rank(a) - rank(b))
  if (flags.sample === undefined) return sorted
  const random = generator(Number(flags.seed))
  const drawn = sorted.map((mutant) => ({ mutant, lot: random() })).toSorted((a, b) => a.lot - b.lot)
  const kept = new Set(drawn.slice(0, Number(flags.sample)).map(({ mutant }) => mutant))
  return sorted.filter((mutant) => kept.has(mutant))
}

/** Each worker has a folder and a judge of its own; all compile in this thread, one after the other. */
async function judgeAll(mutants: readonly Mutant[]): Promise<void> {
  if (mutants.length === 0) return
  const left = mutants.values()
  let done = 0
  // Neither the folder nor the runner is left behind.
  let isStopped = false
  process.once('SIGINT', () => {
    isStopped = true
    console.error('mutate: stops, and judges this mutant again next time')
  })
  const suites = suitesOf(mutants)
  await checkOriginal(suites)
  await Promise.all(Array.from({ length: Number(flags.workers) }, work))

  async function work(): Promise<void> {
    await using workplace = await Workplace.open()
    await using judge = new Judge(workplace, sources, suites, Number(flags.runs))
    for (const mutant of left) {
      const startedMs = performance.now()
      const verdict = await judge.judge(mutant)
      // Ctrl-C ends the tests too, which says nothing about the mutant.
      if (isStopped) return
      const seconds = secondsSince(startedMs)
      await ledger.add({ id: mutant.id, ...verdict, seconds })
      done++
      const isNews = verdict.verdict === 'survived' && !REASONS.has(mutant.id)
      const line = `${done}/${mutants.length} ${verdict.verdict} ${describe(mutant)} (${seconds} s)`
      if (isNews || done % 25 === 0) say(line)
    }
  }
}

/** Of the test files that these mutants may meet, those that were not asked yet. */
async function checkOriginal(suites: readonly Suite[]): Promise<void> {
  const left = suites
    .map((suite) => ({ ...suite, files: suite.files.filter((file) => ledger.get(originalOf(file)) === undefined) }))
    .filter(({ files }) => files.length > 0)
  if (left.length === 0) return
  say('the tests without a mutant …')
  await using workplace = await Workplace.open()
  await using judge = new Judge(workplace, sources, left, Number(flags.runs))
  const startedMs = performance.now()
  await judge.checkOriginal()
  const seconds = secondsSince(startedMs)
  const files = new Set(left.flatMap((suite) => suite.files))
  for (const file of files) await ledger.add({ id: originalOf(file), verdict: 'survived', seconds })
}

function suitesOf(mutants: readonly Mutant[]): readonly Suite[] {
  return [...new Set(mutants.map(({ file }) => file))].flatMap((file) => PLAN[file] ?? [])
}

function secondsSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 100) / 10
}

function report(mutants: readonly Mutant[]): void {
  const outcomes = new Map(mutants.map((mutant) => [mutant, outcomeOf(mutant)]))
  const survivors = mutants.filter((mutant) => outcomes.get(mutant) === 'survived')
  // A reason that explains nothing any more is as wrong as one that is missing.
  const known = new Set(all.map(({ id }) => id))
  const stale = [...REASONS.keys()].filter((id) => !known.has(id) || ledger.get(id)?.verdict === 'killed')
  const table = Object.fromEntries(
    [...new Set(mutants.map(({ file }) => file)), undefined].map((file) => {
      const ofFile = mutants.filter((mutant) => file === undefined || mutant.file === file)
      const count = (wanted: Outcome | undefined) => ofFile.filter((mutant) => outcomes.get(mutant) === wanted).length
      const row = {
        mutants: ofFile.length,
        killed: count('killed'),
        equal: count('equal'),
        invalid: count('invalid'),
        accepted: count('accepted'),
        survived: count('survived'),
        notJudged: count(undefined),
      }
      return [file ?? 'all', row]
    }),
  )
  if (flags.json) {
    const lines = survivors.map((mutant) => describe(mutant))
    console.log(JSON.stringify({ table, survivors: lines, stale }, undefined, 2))
  } else {
    console.table(table)
    for (const mutant of survivors) console.log(`survived without a reason: ${describe(mutant)}`)
    for (const id of stale) console.log(`accepted, but killed or not there any more: ${id}`)
  }
  if (survivors.length > 0 || stale.length > 0) process.exitCode = 1
}

function outcomeOf({ id }: Mutant): Outcome | undefined {
  const verdict = ledger.get(id)?.verdict
  return verdict === 'survived' && REASONS.has(id) ? 'accepted' : verdict
}

/** mulberry32: the same lots for the same seed. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
