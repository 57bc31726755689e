// A thread that retraces the past: it holds the state and replays one block after another, at the lowest priority.

import assert from 'node:assert'
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import type { ParentBlock } from '../../protocol/block.ts'
import { encodeOutputs, outputsIn } from '../../protocol/block-torrent.ts'
import { genesisState } from '../../protocol/genesis.ts'
import { blockId, decodeSealed, type SealedHeader } from '../../protocol/header.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { outputsOf, stateOf } from '../../protocol/state.ts'
import type { GenesisTransaction } from '../../protocol/transaction.ts'
import { retrace } from './check.ts'
import { decodePastBlock } from './past-block.ts'

export type RetraceStart = {
  readonly rules: Rules
  /** With the outputs after it as in `outputs.bin`, or the genesis block and its transaction. */
  readonly from:
    | { readonly sealed: Uint8Array; readonly outputs: Uint8Array }
    | { readonly sealed: SealedHeader; readonly genesis: GenesisTransaction }
}

/** A block as `encodePastBlock` makes it, or a question for the outputs after the last one. */
export type RetraceTask = { readonly block: Uint8Array } | 'outputs'

/** What came of it; the state stays what it was where the block was refused: `wrong` if these are its rows, else whoever sent them is. */
export type RetraceAnswer =
  | { readonly done: true; readonly outputs?: Uint8Array }
  | { readonly refused: 'wrong' | 'bad'; readonly why: string }

const port = parentPort
assert(port !== null, 'it runs as a thread')
// On Linux a thread has a priority of its own; elsewhere it would be that of the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW)
const { rules, from } = workerData as RetraceStart
let last = begin()
port.on('message', (task: RetraceTask) => port.postMessage(answer(task)))

function answer(task: RetraceTask): RetraceAnswer {
  if (task === 'outputs') return { done: true, outputs: encodeOutputs(outputsOf(last.state)) }
  try {
    last = retrace(rules, last, decodePastBlock(task.block))
    return { done: true }
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    const isWrong = error.code === 'wrong-past' || error.code === 'bad-steps'
    return { refused: isWrong ? 'wrong' : 'bad', why: error.message }
  }
}

function begin(): ParentBlock {
  if ('genesis' in from) {
    const { sealed } = from
    return { id: blockId(sealed), header: sealed.header, state: genesisState(from.genesis) }
  }
  const sealed = decodeSealed(from.sealed)
  return { id: blockId(sealed), header: sealed.header, state: stateOf(outputsIn(from.outputs)) }
}
