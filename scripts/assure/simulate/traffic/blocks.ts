// What a block costs in calldata and in blobs, and what has to be asked for so that its fees pay for it: a table of docs/economics.md.

import { costOf } from '../../../../miner/assemble.ts'
import { addLoads, costOfExpense, expenseOf, type Load } from '../../../../miner/rows.ts'
import type { Rows } from '../../../../miner/rows-choice.ts'
import { bondOf } from '../../../../node/ethereum/calls.ts'
import { DEFAULT_PARAMETERS } from '../../../../node/ethereum/deploying/parameters.ts'
import { MAX_BLOB_STEPS } from '../../../../node/protocol/blob.ts'
import { BLOB_REQUEST_LIMIT } from '../../../../node/protocol/blob-block.ts'
import { STEP_LIMIT } from '../../../../node/protocol/rules.ts'
import { GWEI, toGasPrice } from '../../../../node/protocol/units.ts'
import { GWEIS, markdown } from '../table.ts'
import { ASSUMED } from '../world/assumptions.ts'
import { paymentsLoad, policyAt, requestsLoad } from '../world/content.ts'
import { Ethereum } from '../world/ethereum.ts'
import { GAS, publicationOf } from '../world/gas.ts'

/** As the simulation has them: one is due every hour, and the target eases from 45 minutes on. */
export const BLOCKS_A_DAY = 27
/** What follows a publication: finality, the bond, and its way out. */
const AFTER = GAS.finalize + GAS.release + GAS.withdraw
/** One is worth, ETH. */
const TTX = Number(ASSUMED.weiPerTtx) / 1e18

/** ETH, publication and all that follows it, at a base fee without a tip, and with blobs at `factor` times their reserve price. */
export function blockCost(rows: Rows, load: Load, gwei: number, factor = 1): number {
  const { gasPrice, blobGasPrice } = pricesAt(gwei)
  const prices = { gasPrice, blobGasPrice: toGasPrice(BigInt(factor) * blobGasPrice) }
  return Number(costOfExpense(publicationOf(rows, load, false), prices) + AFTER * gasPrice) / 1e18
}

/** ETH that a block puts down at a base fee. */
export function bondAt(gwei: number, isRival = false): number {
  const baseFee = toGasPrice(BigInt(Math.round(gwei * Number(GWEI))))
  return Number(bondOf({ baseFee, floorPrice: toGasPrice(DEFAULT_PARAMETERS.floorPrice) }, isRival)) / 1e18
}

/** From how many requests on, and nothing else in the block, its miner posts it in blobs. The base fee makes no difference. */
export function firstInBlobs(): number {
  const policy = policyAt(pricesAt(1))
  const cost = (rows: Rows, count: number) => costOf(expenseOf(rows, requestsLoad(count)), policy)
  for (let count = 1; count <= STEP_LIMIT; count++) if (cost('blobs', count) < cost('calldata', count)) return count
  throw new RangeError('blobs are never cheaper')
}

export function blockTable(): string {
  const [usual, full] = [requestsLoad(6), addLoads(requestsLoad(200), paymentsLoad(MAX_BLOB_STEPS - 200))]
  const lines: readonly (readonly [string, (gwei: number) => number])[] = [
    ['a block of 6 requests, in calldata, ETH', (gwei) => blockCost('calldata', usual, gwei)],
    ['the same in a blob', (gwei) => blockCost('blobs', usual, gwei)],
    [`a block of ${STEP_LIMIT} requests, in calldata`, (gwei) => blockCost('calldata', requestsLoad(STEP_LIMIT), gwei)],
    [`${BLOB_REQUEST_LIMIT} requests, in a blob`, (gwei) => blockCost('blobs', requestsLoad(BLOB_REQUEST_LIMIT), gwei)],
    [`${MAX_BLOB_STEPS} steps, 200 of them requests, in six blobs`, (gwei) => blockCost('blobs', full, gwei)],
    ['a payment more, in calldata', (gwei) => more('calldata', STEP_LIMIT, gwei)],
    ['a payment more, in blobs', (gwei) => more('blobs', MAX_BLOB_STEPS, gwei)],
    [
      'a request more, in blobs',
      (gwei) => (blockCost('blobs', requestsLoad(200), gwei) - blockCost('blobs', requestsLoad(0), gwei)) / 200,
    ],
    ['so that 1% pays for a block with a tenth on top, TTX: one request of', (gwei) => leastRequest(1, gwei)],
    ['6 requests, of each', (gwei) => leastRequest(6, gwei)],
    ['100 requests, of each', (gwei) => leastRequest(100, gwei)],
    [`${BLOB_REQUEST_LIMIT} requests, of each`, (gwei) => leastRequest(BLOB_REQUEST_LIMIT, gwei)],
  ]
  const head = ['at a base fee of', ...GWEIS.map((gwei) => `${gwei} gwei`)]
  return markdown(
    head,
    lines.map(([what, of]) => [what, ...GWEIS.map((gwei) => figure(of(gwei)))]),
  )
}

/** As many usual payments a second as blocks have room for. */
export function throughput(rows: Rows): number {
  const steps = rows === 'calldata' ? STEP_LIMIT : MAX_BLOB_STEPS
  return (steps * BLOCKS_A_DAY) / 86_400
}

/** Two digits, without an exponent. */
export function figure(value: number): string {
  if (value >= 100) return Number(value.toPrecision(2)).toLocaleString('en-US')
  const digits = Math.max(0, 1 - Math.floor(Math.log10(value)))
  return value.toFixed(Math.min(digits, 20))
}

/** Of a full block. */
function more(rows: Rows, count: number, gwei: number): number {
  return (blockCost(rows, paymentsLoad(count), gwei) - blockCost(rows, paymentsLoad(0), gwei)) / count
}

/** TTX in each of as many requests. */
function leastRequest(count: number, gwei: number): number {
  const load = requestsLoad(count)
  const cost = Math.min(blockCost('calldata', load, gwei), blockCost('blobs', load, gwei))
  const margin = 1 + Number(ASSUMED.marginPercent) / 100
  return (100 * margin * cost) / TTX / count
}

function pricesAt(gwei: number) {
  return new Ethereum(0, 0, gwei).prices(0)
}
