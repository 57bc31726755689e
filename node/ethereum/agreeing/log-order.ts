// Logs in their order on the chain: an endpoint may give them in another one, or some of them twice, as one that merges what several machines say.

type PlacedLog = {
  readonly blockNumber: bigint
  readonly blockHash: string
  readonly logIndex: number
  readonly transactionHash: string
  readonly data: string
  readonly topics: readonly string[]
}

/** Ascending by block and index, each once. Throws `TypeError` where two different ones have one place. */
export function placeInOrder<Log extends PlacedLog>(logs: readonly Log[]): Log[] {
  const sorted = logs.toSorted((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex)
  return sorted.filter((log, i) => {
    const before = sorted[i - 1]
    if (before === undefined || before.blockNumber !== log.blockNumber || before.logIndex !== log.logIndex) return true
    if (textOf(before) === textOf(log)) return false
    throw new TypeError(`two different logs are at index ${log.logIndex} of block ${log.blockNumber}`)
  })
}

function textOf({ blockHash, transactionHash, data, topics }: PlacedLog): string {
  return [blockHash, transactionHash, data, ...topics].join(' ')
}
