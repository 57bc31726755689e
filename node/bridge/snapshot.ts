// Beginning at a final block instead of genesis: its content is checked against its header, and its header against the contract.

import { OperationError } from '../errors.ts'
import type { Chain, ChainBlock } from '../ethereum/chain.ts'
import { requestsOf } from '../protocol/block.ts'
import { type BlockFile, decodeOutputs } from '../protocol/block-torrent.ts'
import { blockId, decodeSealed, type Header } from '../protocol/header.ts'
import { LANES, NO_LENGTHS } from '../protocol/queue.ts'
import { RuleError } from '../protocol/rule-error.ts'
import type { Rules } from '../protocol/rules.ts'
import { type State, stateOf, stateRoot } from '../protocol/state.ts'
import { splitSteps } from '../protocol/step.ts'
import { splitStates, traceOf, traceRoot } from '../protocol/trace.ts'
import type { Time } from '../protocol/units.ts'
import type { ViewRoot } from './records/fold.ts'
import type { BlockBody } from './records/judging/judge.ts'

/** A sealed header (417 bytes) and the files of its torrent; `outputs.bin` is needed, steps and states are welcome. */
export type Snapshot = { readonly sealed: Uint8Array; readonly files: readonly BlockFile[] }

export type CheckedSnapshot = {
  readonly root: ViewRoot
  readonly state: State
  readonly outputs: Uint8Array
  readonly body?: BlockBody
  /** The last block of Ethereum without anything that matters after the snapshot. */
  readonly origin: ChainBlock
}

/** The state whose outputs these are (`outputs.bin`). Throws `RuleError('bad-snapshot')` unless it is the header's. */
export function stateOfSnapshot(header: Pick<Header, 'state'>, outputs: Uint8Array): State {
  const state = stateOf(decodeOutputs(outputs))
  if (stateRoot(state) === header.state) return state
  throw new RuleError(
    'bad-snapshot',
    'expected outputs.bin to hold the state of the block, got another one; fetch it again',
    {
      expected: header.state,
      got: stateRoot(state),
    },
  )
}

/**
 * Throws `RuleError('bad-snapshot')` or `RuleError('bad-header')` if the content is not what the header commits to, and
 * `OperationError('snapshot-not-final')` if the contract does not call the block final. `deployed` is the bridge's first block of Ethereum.
 */
export async function checkSnapshot(
  chain: Chain,
  rules: Rules,
  deployed: bigint,
  snapshot: Snapshot,
): Promise<CheckedSnapshot> {
  const sealed = decodeSealed(snapshot.sealed)
  const id = blockId(sealed)
  const file = (name: string) => snapshot.files.find((candidate) => candidate.name === name)?.bytes ?? new Uint8Array()
  const outputs = file('outputs.bin')
  const state = stateOfSnapshot(sealed.header, outputs)
  const body = bodyOf(sealed.header, { steps: file('steps.bin'), states: file('states.bin') })

  const head = await chain.head()
  const { records, lanes } = await chain.read(head.hash, NO_LENGTHS, [id])
  const [record] = records
  if (record === undefined || !record.final) {
    throw new OperationError(
      'snapshot-not-final',
      `expected block ${id} to be final on Ethereum, but it is not; use the snapshot of a final block`,
      { facts: { block: id } },
    )
  }
  // What follows the block: its children, and the first entry of each lane that it left.
  let time = record.publishedAt
  for (const lane of LANES) {
    const { count } = sealed.header.lanes[lane]
    const queued = lanes[lane].length > count ? await chain.queueTime(head.hash, { lane, index: count }) : time
    if (queued < time) time = queued
  }
  const origin = await lastBefore(chain, time, deployed > 0n ? deployed - 1n : 0n, head)
  const requests = body === undefined ? [] : requestsOf(rules, body.steps).map(({ step }) => step)
  const root = {
    id,
    sealed,
    publishedAt: record.publishedAt,
    work: record.work,
    requests,
  }
  return { root, state, outputs, origin, ...(body ? { body } : {}) }
}

/** `undefined` unless these are the steps and the states of the block. */
function bodyOf(header: Header, body: BlockBody): BlockBody | undefined {
  const steps = splitSteps(body.steps)
  if (body.states.length !== 32 * steps.length) return undefined
  return traceRoot(traceOf(steps, splitStates(body.states))) === header.traceRoot ? body : undefined
}

/** The newest block of Ethereum before `time`, or block `low`. */
async function lastBefore(chain: Chain, time: Time, lowest: bigint, head: ChainBlock): Promise<ChainBlock> {
  let [low, high] = [lowest, head.number]
  while (low + 1n < high) {
    const middle = (low + high) / 2n
    const block = await chain.blockAt(middle)
    if (block !== undefined && block.time < time) low = middle
    else high = middle
  }
  const block = await chain.blockAt(low)
  if (block !== undefined) return block
  throw new OperationError('ethereum-moved', `expected block ${low} of Ethereum, got none; try again`, { retry: true })
}
