// Where the rows of a block are posted: what fits there, and what it costs (docs/protocol.md sections 5.2 and 7.4).

import { blobGas, publishBlobsGas, publishGas } from '../node/ethereum/calls.ts'
import { BLOB_ELEMENTS, ENTRY_ELEMENTS, elementsOf, MAX_BLOB_STEPS, MAX_BLOBS } from '../node/protocol/blob.ts'
import { BLOB_REQUEST_LIMIT, growthLimit } from '../node/protocol/blob-block.ts'
import { BYTE_LIMIT, STEP_LIMIT } from '../node/protocol/rules.ts'
import { addWei, costOfGas, type GasPrice, toGasPrice, type Wei } from '../node/protocol/units.ts'
import type { Rows } from './rows-choice.ts'

/** What is in a block so far, counted for both. */
export type Load = {
  readonly steps: number
  /** Of packed steps. */
  readonly bytes: number
  /** Field elements of its steps in blobs. */
  readonly elements: number
  readonly queueEntries: number
  readonly requests: number
  /** Entries that the state has more. */
  readonly growth: number
}

/** What publishing a block takes: units of gas, and blobs, which have a gas and a price of their own. */
export type Expense = { readonly gas: bigint; readonly blobs: number }

/** `blobGasPrice` is absent where blocks cannot be posted in blobs. */
export type GasPrices = { readonly gasPrice: GasPrice; readonly blobGasPrice?: GasPrice }

export const NO_LOAD: Load = { steps: 0, bytes: 0, elements: 0, queueEntries: 0, requests: 0, growth: 0 }

/** Of a step of this many bytes, which comes to a block. */
export function loadOfStep(size: number): Load {
  return { ...NO_LOAD, steps: 1, bytes: size, elements: elementsOf(size) }
}

export function addLoads(a: Load, b: Load): Load {
  return {
    steps: a.steps + b.steps,
    bytes: a.bytes + b.bytes,
    elements: a.elements + b.elements,
    queueEntries: a.queueEntries + b.queueEntries,
    requests: a.requests + b.requests,
    growth: a.growth + b.growth,
  }
}

/** Whether the contract accepts a block with all of this. */
export function isWithin(rows: Rows, load: Load): boolean {
  if (rows === 'calldata') return load.steps <= STEP_LIMIT && postedBytes(load) <= BYTE_LIMIT
  const { steps, requests, growth, queueEntries } = load
  const fits = steps <= MAX_BLOB_STEPS && allElements(load) <= MAX_BLOBS * BLOB_ELEMENTS
  return fits && requests <= BLOB_REQUEST_LIMIT && growth <= growthLimit(queueEntries)
}

/** Steps of a block at most. */
export function stepLimit(rows: Rows): number {
  return rows === 'calldata' ? STEP_LIMIT : MAX_BLOB_STEPS
}

/** Of the publication of a block with all of this. */
export function expenseOf(rows: Rows, load: Load): Expense {
  if (rows === 'calldata') return { gas: publishGas(load.steps, postedBytes(load)), blobs: 0 }
  const gas = publishBlobsGas(load.queueEntries + load.requests)
  return { gas, blobs: Math.ceil(allElements(load) / BLOB_ELEMENTS) }
}

export function costOfExpense({ gas, blobs }: Expense, { gasPrice, blobGasPrice }: GasPrices): Wei {
  return addWei([costOfGas(gas, gasPrice), costOfGas(blobGas(blobs), blobGasPrice ?? toGasPrice(0n))])
}

/** What a part of a block costs, as its share of a whole one: of a blob what it takes of it. */
export function shareOf(rows: Rows, load: Load, prices: GasPrices): Wei {
  if (rows === 'calldata') {
    const gas = publishGas(load.steps, postedBytes(load)) - publishGas(0, 0)
    return costOfGas(gas, prices.gasPrice)
  }
  const gas = publishBlobsGas(load.queueEntries + load.requests) - publishBlobsGas(0)
  const ofBlob = (blobGas(1) * BigInt(allElements(load))) / BigInt(BLOB_ELEMENTS)
  return addWei([costOfGas(gas, prices.gasPrice), costOfGas(ofBlob, prices.blobGasPrice ?? toGasPrice(0n))])
}

/** Steps, and 32 bytes of state for each. */
function postedBytes({ steps, bytes }: Load): number {
  return bytes + 32 * steps
}

/** Of entries and steps. */
function allElements({ steps, elements }: Load): number {
  return ENTRY_ELEMENTS * steps + elements
}
