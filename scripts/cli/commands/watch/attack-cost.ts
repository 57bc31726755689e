// ttx attack-cost: what each kind of delay costs its author now, and how long it can last.

import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { formatEther } from '../../../../miner/profit.ts'
import { type Attack, type AttackName, costAttacks, findOverturn } from '../../../../miner/watch/attack-cost.ts'
import { describeDoubt } from '../../../../miner/watch/judge.ts'
import { noncePrefix } from '../../../../miner/work/nonce.ts'
import { createWasmSearch } from '../../../../miner/work/wasm-search.ts'
import { readAllBlocks } from '../../../../node/client/all-blocks.ts'
import { OperationError } from '../../../../node/errors.ts'
import { bondOf } from '../../../../node/ethereum/calls.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { targetCeiling, workOf } from '../../../../node/protocol/target.ts'
import { type GasPrice, GWEI, toSeconds, toWei } from '../../../../node/protocol/units.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { parseHashRate } from '../../hash-rate.ts'
import { openNode, openRequiredEthereum } from '../../link.ts'
import { addSettings } from '../../setting-flags.ts'
import { formatMoment, formatSpan } from '../../time.ts'

type HashRate = { readonly perSecond: number; readonly source: 'given' | 'measured' }

const MEASURE_MS = 300

export function registerAttackCost(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('attack-cost')
        .helpGroup(AUDIENCE.watch)
        .summary('what each kind of delay costs its author now')
        .description(
          "Say of each way to delay or reorder what crosses the bridge what it costs its author at this moment in work, bond and gas, how long a delay it can cause at most, and which rule ends it. Prices are those of Ethereum's newest block, work is that of the present target.",
        )
        .option(
          '--hash-rate <rate>',
          'hashes a second for the times that are shown, as in 8.8M or 2G; without it that of one thread of this machine, measured',
          parseHashRate,
        )
        .action(act(attackCost)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx attack-cost',
    'ttx attack-cost --hash-rate 2G --json',
  )
}

async function attackCost(context: CliContext, { hashRate: given }: { hashRate?: number }): Promise<Result> {
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
    baseFee: head.baseFee,
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
  const { baseFee, overturn, queueWaiting } = situation
  return {
    data: {
      node: status.state,
      ethereumBlock: head.number,
      ethereumTime: now,
      baseFeeWei: baseFee,
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
      formatTable([
        [
          'gas',
          `${gweiOf(baseFee)} gwei base fee, ${gweiOf(maxPriorityFeePerGas)} gwei tip; the bridge counts at least ${gweiOf(floorPrice)} gwei`,
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
            ]),
        ...(status.state === 'live' ? [] : [['careful', describeDoubt(status)] as const]),
      ]),
      ...attacks.map((attack) => `${TITLES[attack.attack]}\n${formatTable(rowsOf(attack, rate))}`),
    ].join('\n\n'),
  }
}

function rowsOf(attack: Attack, rate: HashRate): [string, string][] {
  const { per, hashes, gas, gasWei, bondWei, bondLostWei, feesWei, lostWei, delaySeconds, why } = attack
  const parts = [
    `${gas} gas: ${formatEther(gasWei)}`,
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
  const rate = `${(perSecond / 1e6).toPrecision(3)} million hashes a second`
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

/** As gwei are to a price, so is ether to this. */
function gweiOf(price: GasPrice): string {
  return formatEther(toWei(price * GWEI))
}

/** Hashes a second of the miner's own search, on one thread. */
function measureRate(): number {
  const search = createWasmSearch()
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
