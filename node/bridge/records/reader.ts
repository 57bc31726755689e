// One step along Ethereum: where our past and its chain part, and which events follow, all of one and the same chain.

import { OperationError } from '../../errors.ts'
import { type BridgeEvent, type Chain, type ChainBlock, LAG_BLOCKS } from '../../ethereum/chain.ts'
import type { Checkpoint } from './disk/journal.ts'
import { incomplete } from './fold.ts'

export type Reading = {
  /** The newest checkpoint that is still on the chain; what was learned after it is void. */
  readonly ancestor: Checkpoint
  /** Everything up to this block is in `events`. */
  readonly target: ChainBlock
  /** Nothing was beyond the target when the step began. */
  readonly isHead: boolean
  readonly events: readonly BridgeEvent[]
}

export type ReadingLimits = {
  /** Blocks of Ethereum in one step. */
  readonly stepBlocks: bigint
  /** Blocks of Ethereum which may still be reorganised. */
  readonly finalityDepth: bigint
}

/**
 * What follows our checkpoints (ascending, at least one); `undefined` if there is nothing new. Throws the errors of `Chain`, and the
 * `OperationError`s `ethereum-lags`, `ethereum-moved` (both `retry`), `ethereum-logs-incomplete` and `ethereum-deep-reorganisation`.
 */
export async function readNext(
  chain: Chain,
  checkpoints: readonly Checkpoint[],
  limits: ReadingLimits,
): Promise<Reading | undefined> {
  const head = await chain.head()
  const ancestor = await commonAncestor(chain, checkpoints, head)
  if (ancestor === undefined || ancestor.number === head.number) return undefined
  const from = ancestor.number + 1n
  const to = stepEnd(from, head.number, limits)
  const target = to === head.number ? head : await blockAt(chain, to)
  const events = await chain.events(from, to)
  checkOrder(events, from, to)
  // Everything above was read from one chain if its two ends are there, in this order of questions, before and after.
  if ((await blockAt(chain, target.number)).hash !== target.hash) throw moved()
  if ((await blockAt(chain, ancestor.number)).hash !== ancestor.hash) throw moved()
  return { ancestor, target, isHead: target.number === head.number, events }
}

/** `undefined` if the endpoint has fallen a little behind. */
async function commonAncestor(
  chain: Chain,
  checkpoints: readonly Checkpoint[],
  head: ChainBlock,
): Promise<Checkpoint | undefined> {
  const [oldest, tip] = [checkpoints[0], checkpoints.at(-1)]
  if (oldest !== undefined && oldest.number > head.number) throw lags(oldest, head)
  for (const checkpoint of checkpoints.toReversed()) {
    if (checkpoint.number > head.number) continue
    const block = checkpoint.number === head.number ? head : await blockAt(chain, checkpoint.number)
    if (block.hash !== checkpoint.hash) continue
    const isContradicted = checkpoints.some(({ number }) => number > checkpoint.number && number <= head.number)
    if (tip === undefined || tip.number <= head.number || isContradicted) return checkpoint
    // A shorter chain that contradicts nothing: an endpoint that lags, or one of several behind one address.
    if (tip.number - head.number > LAG_BLOCKS) throw lags(tip, head)
    return undefined
  }
  throw deepReorganisation(`block ${oldest?.hash} of Ethereum at height ${oldest?.number}`, oldest?.number ?? 0n)
}

/** Steps end where blocks begin to be final, so that a reorganisation never has to go back further than that. */
function stepEnd(from: bigint, head: bigint, { stepBlocks, finalityDepth }: ReadingLimits): bigint {
  const settled = head - finalityDepth
  const end = from <= settled ? settled : head
  return end - from < stepBlocks ? end : from + stepBlocks - 1n
}

async function blockAt(chain: Chain, number: bigint): Promise<ChainBlock> {
  const block = await chain.blockAt(number)
  if (block === undefined) throw moved()
  return block
}

function checkOrder(events: readonly BridgeEvent[], from: bigint, to: bigint): void {
  let [number, logIndex] = [from, -1]
  for (const event of events) {
    const { place } = event
    // The contract writes down the time of the block that it is in.
    if ('time' in event && event.time !== place.time) {
      throw incomplete(`event ${place.logIndex} of block ${place.number} has another time than its block`)
    }
    const ascends = place.number > number || (place.number === number && place.logIndex > logIndex)
    if (!ascends || place.number > to)
      throw incomplete(`event ${place.logIndex} of block ${place.number} came out of order`)
    ;({ number, logIndex } = place)
  }
}

/** Ethereum took back `what` (of its block `number`), which was older than it may take back. */
export function deepReorganisation(what: string, number: bigint): OperationError {
  return new OperationError(
    'ethereum-deep-reorganisation',
    `expected ${what}, which was final, got another chain; check that the endpoint is on the right network, else delete the bridge's data and follow it again`,
    { facts: { number: `${number}` } },
  )
}

function moved(): OperationError {
  return new OperationError('ethereum-moved', 'the chain of Ethereum changed while it was read; it is read again', {
    retry: true,
  })
}

function lags(tip: ChainBlock, head: ChainBlock): OperationError {
  return new OperationError(
    'ethereum-lags',
    `expected block ${tip.number} of Ethereum or a later one, got ${head.number}; the endpoint has fallen behind, wait or use another one`,
    { facts: { expected: `${tip.number}`, got: `${head.number}` }, retry: true },
  )
}
