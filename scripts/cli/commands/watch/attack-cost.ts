// ttx attack-cost: what each kind of delay costs its author now, and how long it can last.

import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import { formatEther } from '../../../../miner/profit.ts'
import { type Attack, type AttackName, costAttacks } from '../../../../miner/watch/attack-cost.ts'
import { describeDoubt } from '../../../../miner/watch/judge.ts'
import { findOverturn } from '../../../../miner/watch/overturn.ts'
import { createKernel, kernelsBySpeed } from '../../../../miner/work/kernels/kernels.ts'
import { noncePrefix } from '../../../../miner/work/nonce.ts'
import { readAllBlocks } from '../../../../node/client/all-blocks.ts'
import { OperationError } from '../../../../node/errors.ts'
import { bondOf } from '../../../../node/ethereum/calls.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { targetCeiling, workOf } from '../../../../node/protocol/target.ts'
import { type GasPrice, GWEI, toGasPrice, toSeconds, toWei } from '../../../../node/protocol/units.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import type { Act, CliContext, Result } from '../../context.ts'
import { formatHashRate, parseHashRate } from '../../hash-rate.ts'
import { openNode, openRequiredEthereum } from '../../link.ts'
import { printableLine } from '../../printable.ts'
import { wrap } from '../../screen/fit.ts'
import { WIDTH } from '../../screen/live-line.ts'
import { addSettings } from '../../setting-flags.ts'
import { clockRows, formatMoment, formatSpan } from '../../time.ts'

type HashRate = { readonly perSecond: number; readonly source: 'given' | 'measured' }

type Flags = { readonly hashRate?: number; readonly gasPrice?: GasPrice; readonly blobGasPrice?: GasPrice }

const MEASURE_MS = 300

export function registerAttackCost(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('attack-cost')
        .helpGroup(AUDIENCE.watch)
        .summary('what each kind of delay costs its author now')
        .description(
          "Say of each way to delay or reorder what crosses the bridge what it costs its author at this moment in work, bond and gas, how long a delay it can cause at most, and which rule ends it. Prices are those of Ethereum's newest block unless they are given (a devnet's say nothing about mainnet), work is that of the present target.",
        )
        .option(
          '--hash-rate <rate>',
          'hashes a second for the times that are shown, as in 8.8M or 2G; without it that of one thread of this machine, measured',
          parseHashRate,
        )
        .option(
          '--gas-price <gwei>',
          'a base fee of Ethereum, as in 10 or 0.5, instead of that of its newest block',
          parseGwei,
        )
        .option('--blob-gas-price <gwei>', 'the same for a unit of blob gas', parseGwei)
        .action(act(attackCost)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx attack-cost',
    'ttx attack-cost --gas-price 10 --blob-gas-price 1',
    'ttx attack-cost --hash-rate 2G --json',
  )
}

async function attackCost(context: CliContext, flags: Flags): Promise<Result> {
  const { hashRate: given, gasPrice, blobGasPrice } = flags
  const { signal } = context
  const node = await openNode(context)
  const ethereum = await openRequiredEthereum(context, node)
  const { status, blocks } = await readAllBlocks(node, signal)
  const tip = blocks.findLast(({ id }) => id === status.tip?.id)
  if (tip === undefined) {
    throw new OperationError(
      'node-not-ready',
      `expected a node that knows what the next block builds on, got one that does not: ${describeDoubt(status)}`,
      { facts: { state: status.state }, retry: true },
    )
  }
  const head = await ethereum.head()
  const { easiestTarget, floorPrice } = await ethereum.parameters()
  const { forced } = (await ethereum.standing(tip.id)).lanes
  const maxPriorityFeePerGas = await ethereum.tip()
  const now = Number(head.time)
  const target = targetCeiling(tip.target, toSeconds(Math.max(now - tip.publishedAt, 0)), easiestTarget)
  const nextWork = workOf(target)
  const situation = {
    baseFee: gasPrice ?? head.baseFee,
    blobBaseFee: blobGasPrice ?? (await ethereum.blobBaseFee()),
    floorPrice,
    tip: maxPriorityFeePerGas,
    nextWork,
    queueWaiting: forced > tip.lanes.forced ? forced - tip.lanes.forced : 0n,
    surcharge: await ethereum.surcharge('forced', LANE_SHARE, 0),
    overturn: findOverturn(blocks, now, nextWork),
  }
  const rate: HashRate =
    given === undefined ? { perSecond: measureRate(), source: 'measured' } : { perSecond: given, source: 'given' }
  const attacks = costAttacks(situation)
  const { baseFee, blobBaseFee, overturn, queueWaiting } = situation
  return {
    data: {
      node: status.state,
      ethereumBlock: head.number,
      ethereumTime: now,
      baseFeeWei: baseFee,
      blobBaseFeeWei: blobBaseFee,
      pricesFrom: {
        baseFee: gasPrice === undefined ? 'newest block' : 'given',
        blobBaseFee: blobGasPrice === undefined ? 'newest block' : 'given',
      },
      tipWei: maxPriorityFeePerGas,
      floorPriceWei: floorPrice,
      bondWei: bondOf(situation),
      rivalBondWei: bondOf(situation, true),
      next: { parent: tip.id, target, hashes: nextWork, seconds: secondsOf(nextWork, rate) },
      hashRate: rate,
      queueWaiting,
      overturn,
      attacks: attacks.map((attack) => ({ ...attack, seconds: secondsOf(attack.hashes, rate) })),
    },
    text: [
      formatRows([
        [
          'gas',
          `${gweiOf(baseFee)} gwei base fee${by(gasPrice)}, ${gweiOf(maxPriorityFeePerGas)} gwei tip, ${gweiOf(blobBaseFee)} gwei for blob gas${by(blobGasPrice)}; the bridge counts at least ${gweiOf(floorPrice)} gwei`,
        ],
        [
          'bond',
          `${formatEther(bondOf(situation))} ETH for each block, ${formatEther(bondOf(situation, true))} ETH for a rival`,
        ],
        ['next block', `${describeWork(nextWork, rate)}, at the least`],
        ['hash rate', describeRate(rate)],
        ...(overturn.displaced === 0
          ? []
          : [
              [
                'open race',
                `a new branch above ${overturn.above} could displace ${overturn.displaced} until ${formatMoment(overturn.closesAt ?? now, now)}`,
              ] as const,
              ...clockRows(now, Math.floor(Date.now() / 1_000)),
            ]),
        ...(status.state === 'live' ? [] : [['careful', describeDoubt(status)] as const]),
      ]),
      ...attacks.map((attack) => `${TITLES[attack.attack]}\n${formatRows(rowsOf(attack, rate))}`),
    ].join('\n\n'),
  }
}

function rowsOf(attack: Attack, rate: HashRate): [string, string][] {
  const { per, hashes, gas, gasWei, blobWei, bondWei, bondLostWei, feesWei, lostWei, delaySeconds, why } = attack
  const parts = [
    `${gas} gas: ${formatEther(gasWei)}`,
    ...(blobWei > 0n ? [`blobs: ${formatEther(blobWei)}`] : []),
    ...(feesWei > 0n ? [`fees: ${formatEther(feesWei)}`] : []),
    ...(bondLostWei > 0n ? [`bond: ${formatEther(bondLostWei)}`] : []),
  ]
  const rows: [string, string][] = [
    ['  work', hashes === 0n ? 'none' : `${describeWork(hashes, rate)}${PER[per]}`],
    ['  lost', `${formatEther(lostWei)} ETH${PER[per]} (${parts.join(', ')})`],
  ]
  if (bondWei > 0n) rows.push(['  put down', `${formatEther(bondWei)} ETH as bonds`])
  const delay =
    delaySeconds === 0n ? 'none' : `${formatSpan(Number(delaySeconds))} at most${per === 'block' ? ' by that' : ''}`
  rows.push(['  delay', delay], ['  why', why])
  return rows
}

const PER: Readonly<Record<Attack['per'], string>> = { once: '', hour: ' an hour', block: ' for each block of delay' }

const TITLES: Readonly<Record<AttackName, string>> = {
  'false-proof': 'A proof against a right block',
  'wrong-block': 'A wrong block',
  'wrong-block-in-blobs': 'A wrong block in blobs',
  'light-rival': 'A right block beside another, to open a race',
  'last-second-rival': 'The same in the last second',
  'heavier-branch': 'A heavier branch of right blocks, to reorder what is not final',
  'empty-blocks': 'Empty blocks, to leave others out',
  'queue-flood': 'A flood of forced transactions',
  'late-nomination': 'A nomination in the last second',
}

function describeWork(hashes: bigint, rate: HashRate): string {
  return `${hashes} hashes (${describeSeconds(secondsOf(hashes, rate))} expected)`
}

function describeRate({ perSecond, source }: HashRate): string {
  const rate = formatHashRate(perSecond)
  return source === 'given' ? rate : `${rate}: one thread of this machine, measured; --hash-rate sets another`
}

/** Up to a year in the two largest units, then in years. */
function describeSeconds(seconds: number): string {
  const years = seconds / (365.25 * 86_400)
  if (years >= 1) return `${years.toPrecision(3)} years`
  return seconds < 1 ? 'less than a second' : formatSpan(Math.round(seconds))
}

function secondsOf(hashes: bigint, { perSecond }: HashRate): number {
  return Number(hashes) / perSecond
}

/** A table whose long values go on in the next line, in the column of values. */
function formatRows(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows
    .flatMap(([name, value]) => wrap(`${name.padEnd(width)}${printableLine(value)}`, WIDTH, ' '.repeat(width)))
    .join('\n')
}

function by(given: GasPrice | undefined): string {
  return given === undefined ? '' : ' (given)'
}

/** Wei for a unit of gas, from gwei as people write them. For commander. Throws its `InvalidArgumentError`. */
function parseGwei(text: string): GasPrice {
  const [, whole, fraction = ''] = /^([0-9]{1,6})(?:\.([0-9]{1,9}))?$/.exec(text) ?? []
  if (whole !== undefined) return toGasPrice(BigInt(whole) * GWEI + BigInt(fraction.padEnd(9, '0')))
  throw new InvalidArgumentError(
    `Expected gwei for a unit of gas, as in 10 or 0.5, with at most 9 decimals; got ${JSON.stringify(text.slice(0, 40))}.`,
  )
}

/** As gwei are to a price, so is ether to this. */
function gweiOf(price: GasPrice): string {
  return formatEther(toWei(price * GWEI))
}

/** Hashes a second of the miner's own search, on one thread. */
function measureRate(): number {
  const [fastest = 'noble'] = kernelsBySpeed()
  const search = createKernel(fastest)
  // Nobody finds a digest of zero, so every call goes to its end.
  search.load({ challenge: ZERO_HASH, miner: ZERO_ADDRESS, target: 0n }, noncePrefix(randomBytes(16), 0))
  search.search(0n, search.batch) // compiles
  let counter = 0n
  const startedMs = performance.now()
  while (performance.now() - startedMs < MEASURE_MS) {
    search.search(counter, search.batch)
    counter += BigInt(search.batch)
  }
  return Math.round(Number(counter) / ((performance.now() - startedMs) / 1_000))
}
