// What a step of two inputs, payee and change takes in either mode: by the encoders, by the limits of the contract, and in gas by its snapshot.

import { readFile } from 'node:fs/promises'
import { expenseOf, isWithin, type Load, loadOfStep, NO_LOAD, stepLimit } from '../../miner/rows.ts'
import type { Rows } from '../../miner/rows-choice.ts'
import { blobGas } from '../../node/ethereum/calls.ts'
import { BLOB_BYTES, BLOB_ELEMENTS, ENTRY_ELEMENTS, elementsOf, MAX_BLOB_STEPS } from '../../node/protocol/blob.ts'
import { encodeUint } from '../../node/protocol/bytes.ts'
import { toInfohash } from '../../node/protocol/ids.ts'
import { STEP_LIMIT, UNIT } from '../../node/protocol/rules.ts'
import { encodeStep } from '../../node/protocol/step.ts'
import { accountOf, pay } from '../assure/models/world.ts'
import type { Bench } from './measure.ts'

const SNAPSHOT = new URL('../../test/contract/gas.json', import.meta.url)
const REQUESTS = 200

export const bench: Bench = {
  name: 'steps',
  title: `what a step of two inputs, payee and change takes; gas in calldata is measured, in blobs what a miner counts with, ${REQUESTS} requests in a block`,
  unit: 'as named',
  rounds: 1,
  limits: [],
  prepare: async () => {
    const gas: Record<string, number> = JSON.parse(await readFile(SNAPSHOT, 'utf8'))
    const gasOf = (name: string) => gas[`publish, ${name}`] ?? Number.NaN
    const [none, most] = [gasOf('0 steps of 1 inputs'), gasOf(`${STEP_LIMIT} steps of 2 inputs`)]
    const inputs = [toInfohash(encodeUint(1, 20)), toInfohash(encodeUint(2, 20))]
    const { packed } = pay(accountOf('payer'), {
      ...{ to: accountOf('payee').address, tokens: 3n * UNIT, time: 1_800_000_000, prev: inputs },
    })
    const size = encodeStep({ kind: 'transaction', packed }).length
    const load = loadOfStep(size)
    const blobElements = ENTRY_ELEMENTS + elementsOf(size)
    const full = repeat(load, MAX_BLOB_STEPS)
    const { gas: execution, blobs } = expenseOf('blobs', { ...full, requests: REQUESTS })
    const numbers: readonly (readonly [name: string, value: number])[] = [
      ['steps a block, calldata', mostSteps('calldata', load)],
      ['steps a block, blobs', mostSteps('blobs', load)],
      ['bytes a step, packed', size],
      ['bytes of calldata a step, with its state', size + 32],
      ['bytes of blobs a step, with its entry', (blobElements * BLOB_BYTES) / BLOB_ELEMENTS],
      ['gas a step, calldata', (most - none) / STEP_LIMIT],
      ['gas of a full block, calldata', most],
      ['gas a step, blobs, the block divided among them', Number(execution) / MAX_BLOB_STEPS],
      ['gas of a full block, blobs', Number(execution)],
      ['blob gas a step', Number(blobGas(blobs)) / MAX_BLOB_STEPS],
      ['blobs of a full block', blobs],
    ]
    return { cases: numbers.map(([name, value]) => ({ name, run: () => value })), stop: () => undefined }
  },
}

function mostSteps(rows: Rows, load: Load): number {
  let steps = 0
  while (steps < stepLimit(rows) && isWithin(rows, repeat(load, steps + 1))) steps += 1
  return steps
}

function repeat(load: Load, times: number): Load {
  return { ...NO_LOAD, steps: times, bytes: times * load.bytes, elements: times * load.elements }
}
