// What a run against the whole environment was like, in numbers that can be added up over many runs.

export type Report = {
  readonly seed: number
  /** Where its rows were posted: each kind once. */
  readonly rows: readonly string[]
  readonly seconds: number
  /** Times that a move of each kind was made; those that were not possible are left out. */
  readonly moves: Readonly<Record<string, number>>
  /** Blocks that were published, by what they were. */
  readonly blocks: {
    readonly right: number
    readonly wrong: number
    readonly baseless: number
    readonly final: number
    readonly inBlobs: number
  }
  /** Wrong blocks that were refuted, and how long the longest of them lived. */
  readonly killed: number
  readonly longestKillMs: number
  /** The longest that all nodes took to have seen everything. */
  readonly longestLiveMs: number
  readonly requests: number
  readonly paid: number
  readonly reorganisations: number
  readonly restarts: number
  /** By the bridge, of what the driver tried. */
  readonly refusals: Readonly<Record<string, number>>
}

/** For people. */
export function formatReport(report: Report): string {
  const { seed, rows, seconds, moves, blocks, killed, requests, paid, reorganisations, restarts, refusals } = report
  const made = Object.values(moves).reduce((sum, count) => sum + count, 0)
  return [
    `from seed ${seed} on: ${made} moves in ${seconds} s, rows in ${rows.join(', ')}`,
    `moves: ${list(moves)}`,
    `blocks: ${blocks.right} right, ${blocks.wrong} wrong, ${blocks.baseless} on wrong ones; ${blocks.final} final; ${blocks.inBlobs} in blobs`,
    `wrong blocks killed: ${killed}, the slowest after ${report.longestKillMs} ms; all nodes live after ${report.longestLiveMs} ms at most`,
    `requests: ${paid} of ${requests} paid; Ethereum reorganised ${reorganisations} times; ${restarts} restarts`,
    `refused by the bridge: ${list(refusals)}`,
  ].join('\n')
}

/** Of two runs; the seed is that of the first. */
export function addReports(a: Report, b: Report): Report {
  return {
    seed: a.seed,
    rows: [...new Set([...a.rows, ...b.rows])],
    seconds: a.seconds + b.seconds,
    moves: addCounts(a.moves, b.moves),
    blocks: {
      right: a.blocks.right + b.blocks.right,
      wrong: a.blocks.wrong + b.blocks.wrong,
      baseless: a.blocks.baseless + b.blocks.baseless,
      final: a.blocks.final + b.blocks.final,
      inBlobs: a.blocks.inBlobs + b.blocks.inBlobs,
    },
    killed: a.killed + b.killed,
    longestKillMs: Math.max(a.longestKillMs, b.longestKillMs),
    longestLiveMs: Math.max(a.longestLiveMs, b.longestLiveMs),
    requests: a.requests + b.requests,
    paid: a.paid + b.paid,
    reorganisations: a.reorganisations + b.reorganisations,
    restarts: a.restarts + b.restarts,
    refusals: addCounts(a.refusals, b.refusals),
  }
}

type Counts = Readonly<Record<string, number>>

function addCounts(a: Counts, b: Counts): Counts {
  const sums: Record<string, number> = { ...a }
  for (const [name, count] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

function list(counts: Counts): string {
  return (
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'nothing'
  )
}
