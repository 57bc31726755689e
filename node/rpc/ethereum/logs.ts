// Logs of a range of blocks, as far as one request may read.

import type { Hash } from '../../protocol/ids.ts'
import type { Call } from './call.ts'
import { EthereumError } from './errors.ts'
import type { Filter } from './params.ts'
import { contentsAt, heightOf, idAt, lower, notYet, placeOf, tipOf, unknownHash } from './places.ts'
import { type LogJson, logsJson, readAll } from './transactions.ts'

/** Of one answer: some 4 MB. One block may have more. */
const MOST_LOGS = 5_000

type Blocks = { readonly from: bigint; readonly to: bigint }

/** Throws `EthereumError`: limit, pruned, notFound. */
export async function logsOf(call: Call, filter: Filter): Promise<LogJson[]> {
  const { from, to } = blocksOf(call, filter)
  const found: LogJson[] = []
  for (let height = from; height <= to; height++) {
    // A reorganisation may have taken it away since the last one was read.
    const id = idAt(call.parts, height)
    if (id === undefined) break
    const contents = contentsAt(call.parts, height)
    if (!call.budget.has(1 + contents.length)) throw tooMany({ from, to }, height)
    const first = found.length
    for await (const { index, ...each } of readAll(call, contents)) {
      found.push(...logsJson(each, { id, height, index }).filter((log) => isWanted(filter, log)))
    }
    if (found.length > MOST_LOGS && first > 0) throw tooMany({ from, to }, height)
  }
  return found
}

function blocksOf({ parts }: Call, { blockHash, fromBlock, toBlock }: Filter): Blocks {
  if (blockHash != null) {
    if (fromBlock != null || toBlock != null)
      throw new EthereumError('invalid', 'expected blockHash, or fromBlock and toBlock: leave one of them out')
    const height = heightOf(parts, blockHash)
    if (height === undefined) throw unknownHash(blockHash)
    return { from: height, to: height }
  }
  const tip = tipOf(parts)
  const heightIn = (ref: typeof fromBlock) => (typeof ref === 'bigint' ? ref : placeOf(parts, ref ?? 'latest').height)
  const [from, to] = [heightIn(fromBlock), heightIn(toBlock)]
  if (from > to) throw new EthereumError('invalid', `expected fromBlock up to toBlock, got ${from} and ${to}`)
  if (from > tip) throw notYet(from, tip)
  return { from, to: lower(to, tip) }
}

/** As the specification of filters has it: each place of the list holds what may be there, null for anything. */
function isWanted({ address, topics }: Filter, log: LogJson): boolean {
  if (address != null && !address.includes(log.address)) return false
  return (topics ?? []).every((choices, i) => {
    const topic = log.topics[i]
    return topic !== undefined && (choices === null || choices.length === 0 || choices.includes(topic as Hash))
  })
}

function tooMany({ from, to }: Blocks, height: bigint): EthereumError {
  const next =
    height > from
      ? `ask for blocks ${from} to ${height - 1n} first, then from ${height} on`
      : 'send it in a request of its own'
  return new EthereumError('limit', `the logs of blocks ${from} to ${to} are too many for one answer: ${next}`, {
    ...(height > from ? { fromBlock: `0x${from.toString(16)}`, toBlock: `0x${(height - 1n).toString(16)}` } : {}),
  })
}
