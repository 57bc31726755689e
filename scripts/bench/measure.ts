// Measures what a bench compares: interleaved rounds, medians, and ratios taken within a round, so that a machine that slows
// down midway slows all sides alike.

/** One of the things that a bench compares. */
export type Case = {
  readonly name: string
  /** The name of the case that its ratio is to; the first one by default. */
  readonly baseline?: string
  /** Does the work once and returns the value in the bench's unit. Takes a second at most, so that rounds interleave. */
  readonly run: () => number | Promise<number>
}

/** A bound on a case's median or on its ratio to its baseline; a bench that breaks one fails. */
export type Limit = {
  readonly case: string
  readonly of: 'median' | 'ratio'
  readonly atLeast?: number
  readonly atMost?: number
}

export type Bench = {
  /** Its name on the command line and that of its file. */
  readonly name: string
  /** One line: what is measured, under which conditions. */
  readonly title: string
  readonly unit: string
  /** Rounds that count; one more warms up before them. Use 1 for what never varies: it then runs once, without warm-up. */
  readonly rounds: number
  readonly limits: readonly Limit[]
  /** The first case is the baseline of the ratios of those that name none. `stop` frees what the cases hold. */
  readonly prepare: (options?: BenchOptions) => Prepared | Promise<Prepared>
}

/** `against`: the folder of another checkout to compare with, absolute. `outputs`: how large the state is, where one is made. */
export type BenchOptions = { readonly against?: string; readonly outputs?: number }

type Prepared = { readonly cases: readonly Case[]; readonly stop: () => void | Promise<void> }

/** `ratio` is the median of value / baseline's value of the same round. */
type CaseResult = {
  readonly name: string
  readonly median: number
  readonly least: number
  readonly greatest: number
  readonly ratio: number
  readonly values: readonly number[]
}

export type BenchResult = {
  readonly bench: string
  readonly title: string
  readonly unit: string
  readonly cases: readonly CaseResult[]
  /** One sentence for each limit that was broken. */
  readonly broken: readonly string[]
}

/** Runs a bench from `prepare` to `stop`. */
export async function measure(bench: Bench, options: BenchOptions = {}): Promise<BenchResult> {
  const { cases, stop } = await bench.prepare(options)
  try {
    if (bench.rounds > 1) for (const { run } of cases) await run()
    const values = cases.map((): number[] => [])
    for (let round = 0; round < bench.rounds; round++) {
      for (const [i, { run }] of cases.entries()) values[i]?.push(await run())
    }
    const results = cases.map(({ name, baseline }, i) => {
      const to = baseline === undefined ? 0 : cases.findIndex((each) => each.name === baseline)
      return summarise(name, values[i] ?? [], values[to] ?? [])
    })
    const broken = bench.limits.flatMap((limit) => breach(limit, results))
    return { bench: bench.name, title: bench.title, unit: bench.unit, cases: results, broken }
  } finally {
    await stop()
  }
}

/** The middle value, or the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

function summarise(name: string, values: readonly number[], baseline: readonly number[]): CaseResult {
  return {
    name,
    median: median(values),
    least: Math.min(...values),
    greatest: Math.max(...values),
    ratio: median(values.map((value, round) => value / (baseline[round] ?? Number.NaN))),
    values,
  }
}

function breach(limit: Limit, results: readonly CaseResult[]): string[] {
  const value = results.find(({ name }) => name === limit.case)?.[limit.of] ?? Number.NaN
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = limit
  // Written so that NaN, a case that is missing, breaks the limit.
  if (value >= atLeast && value <= atMost) return []
  return [`expected the ${limit.of} of ${limit.case} to be between ${atLeast} and ${atMost}, got ${value}`]
}
