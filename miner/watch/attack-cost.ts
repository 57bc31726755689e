// What each kind of delay costs its author, and how long it can last: the rules of the bridge at the prices of now. Pure.

import { gasFigures } from '../../deployments/gas.ts'
import { blobGas, bondOf, countedPrice, forceFee } from '../../node/ethereum/calls.ts'
import {
  ALONE_SECONDS,
  BOND_SECONDS,
  BRANCH_SECONDS,
  LANE_SHARE,
  NOMINATION_SECONDS,
  QUEUE_GRACE,
  RACE_SECONDS,
  SIBLING_SECONDS,
  STEP_LIMIT,
} from '../../node/protocol/rules.ts'
import { BLOCK_SECONDS } from '../../node/protocol/target.ts'
import {
  addPrices,
  addWei,
  costOfGas,
  type GasPrice,
  GWEI,
  toWei,
  type Wei,
  type Work,
} from '../../node/protocol/units.ts'
import type { Overturn } from './overturn.ts'

/** Work in expected hashes. */
export type Situation = {
  readonly baseFee: GasPrice
  /** What the bridge counts bonds and entries of its queue at, at least. */
  readonly floorPrice: GasPrice
  readonly tip: GasPrice
  /** Of a unit of blob gas; absent where blocks cannot be posted in blobs. */
  readonly blobBaseFee?: GasPrice
  /** Of the easiest block that could be published on the tip now. */
  readonly nextWork: Work
  /** Forced transactions in the queue that no block on the leading branch has consumed. */
  readonly queueWaiting: bigint
  /** What as many more of them as a block has to consume cost on top now. */
  readonly surcharge: Wei
  readonly overturn: Overturn
}

export type AttackName =
  | 'false-proof'
  | 'wrong-block'
  | 'wrong-block-in-blobs'
  | 'light-rival'
  | 'last-second-rival'
  | 'heavier-branch'
  | 'empty-blocks'
  | 'queue-flood'
  | 'late-nomination'

export type Attack = {
  readonly attack: AttackName
  /** What the cost buys: the entire delay, an hour of it, or the delay of a queue entry by one more block. */
  readonly per: 'once' | 'hour' | 'block'
  /** Expected. */
  readonly hashes: bigint
  /** Units; `gasWei` is its price at base fee and tip. */
  readonly gas: bigint
  readonly gasWei: Wei
  /** The price of its blobs. */
  readonly blobWei: Wei
  /** What has to be put down, the bonds of all blocks that are needed at a time. */
  readonly bondWei: Wei
  /** Of that, what certainly does not come back. */
  readonly bondLostWei: Wei
  /** What others get. */
  readonly feesWei: Wei
  /** Gas, blobs, fees and lost bonds: the least that it costs besides the work. */
  readonly lostWei: Wei
  /** The longest delay of others that it can cause. */
  readonly delaySeconds: bigint
  /** Why it is not longer, in plain words. */
  readonly why: string
}

/** Wrong blocks are assumed to be refuted this long after their publication at the latest (docs/disputes.md). */
const REFUTED_SECONDS = ALONE_SECONDS
const NOTHING = toWei(0n)
/** Bytes of the smallest packed transaction. */
const LEAST_FORCED = 127

/** All kinds of attack that the rules know, in the order of docs/disputes.md. */
export function costAttacks(situation: Situation): Attack[] {
  const { baseFee, tip, blobBaseFee, nextWork, queueWaiting, surcharge, overturn } = situation
  const bond = bondOf(situation)
  const rivalBond = bondOf(situation, true)
  const figure = (name: keyof typeof gasFigures) => BigInt(gasFigures[name])
  const rivalGas = figure('publish, second sibling')
  const raced = RACE_SECONDS + NOMINATION_SECONDS
  const later = raced - ALONE_SECONDS
  // A wrong block can come this long after a right one, which could be final that long after its own publication.
  const late = SIBLING_SECONDS + REFUTED_SECONDS - ALONE_SECONDS
  const row = (
    attack: AttackName,
    why: string,
    delaySeconds: bigint,
    cost: Partial<Pick<Attack, 'per' | 'hashes' | 'gas' | 'blobWei' | 'bondWei' | 'bondLostWei' | 'feesWei'>>,
  ): Attack => {
    const { per = 'once', hashes = 0n, gas = 0n, blobWei = NOTHING } = cost
    const { bondWei = NOTHING, bondLostWei = NOTHING, feesWei = NOTHING } = cost
    const gasWei = costOfGas(gas, addPrices(baseFee, tip))
    const lostWei = addWei([gasWei, blobWei, bondLostWei, feesWei])
    return { attack, per, hashes, gas, gasWei, blobWei, bondWei, bondLostWei, feesWei, lostWei, delaySeconds, why }
  }
  const perEntry = {
    gas: ceilDiv(figure('force, 10'), 10n),
    fee: forceFee(LEAST_FORCED, countedPrice(situation)),
  }
  const share = BigInt(LANE_SHARE)
  const forcedBlocks = queueWaiting / share + 1n
  const inclusion =
    forcedBlocks === 1n
      ? `every block that is published ${hours(QUEUE_GRACE)} later has to contain the transaction`
      : `blocks that are published ${hours(QUEUE_GRACE)} later have to consume forced transactions in their order, ${share} each, and as ${queueWaiting} wait before it, the transaction is in block ${forcedBlocks} of them at the latest`
  return [
    row(
      'false-proof',
      'A proof that shows nothing reverts. It changes no block and no clock, and nobody has to answer it.',
      0n,
      { gas: figure('refute, 2 inputs, depth 20') },
    ),
    row(
      'wrong-block',
      `Anyone can kill it, and all that builds on it, by one transaction (${figure('refute, 2 inputs, depth 20')} gas as a rule). It moves no clock of a right block. One that was published before it waits until it is dead: that is no delay if it dies within ${hours(ALONE_SECONDS - SIBLING_SECONDS)} of its publication, and one of ${hours(late)} if that takes the ${hours(REFUTED_SECONDS)} that are assumed at most. Half of the bond is lost even if its own author proves it wrong, else all of it.`,
      late,
      {
        hashes: nextWork,
        gas: figure('publish, 1 steps of 2 inputs'),
        bondWei: bond,
        bondLostWei: toWei(bond - (bond / GWEI / 2n) * GWEI),
      },
    ),
    ...(blobBaseFee === undefined
      ? []
      : [
          row(
            'wrong-block-in-blobs',
            `The same in one blob. It takes ${figure('refuteBlobs, 2 inputs, depth 20')} gas as a rule to kill it, and ${figure('refuteBlobs, worst swap')} at most; half of its bond pays for that.`,
            late,
            {
              hashes: nextWork,
              gas: figure('publish in blobs, no records'),
              blobWei: costOfGas(blobGas(1), blobBaseFee),
              bondWei: bond,
              bondLostWei: toWei(bond - (bond / GWEI / 2n) * GWEI),
            },
          ),
        ]),
    row(
      'light-rival',
      `With a rival beside it a block is final ${hours(RACE_SECONDS)} after the first of them instead of ${hours(ALONE_SECONDS)}, and up to ${hours(NOMINATION_SECONDS)} later where nobody nominates in time. More rivals add nothing, and races on several heights run beside each other. A rival needs exactly the work of the first, so it displaces nothing on its own, and its bond, five times that of another block and more where gas is cheap, is lost whoever wins.`,
      later,
      { hashes: nextWork, gas: rivalGas, bondWei: rivalBond, bondLostWei: rivalBond },
    ),
    row(
      'last-second-rival',
      `Rivals are accepted until the first is ${hours(SIBLING_SECONDS)} old, and all clocks count from the first: the last second wins no more time than the first one. ${hours(BRANCH_SECONDS - SIBLING_SECONDS)} remain to answer with work.`,
      later,
      { hashes: nextWork, gas: rivalGas, bondWei: rivalBond, bondLostWei: rivalBond },
    ),
    row(
      'heavier-branch',
      `It takes more work than all others do until ${hours(BRANCH_SECONDS)} after the first block of the race, that is most of the hash power, and reorders only what is not final. What it leaves out comes in a block on top of it. It never pays: what is published in these hours earns neither the 1% fee nor queue fees, and the bond of its first block is lost whoever wins.`,
      BRANCH_SECONDS + BLOCK_SECONDS + raced - ALONE_SECONDS,
      {
        hashes: overturn.hashes,
        gas: rivalGas + BigInt(overturn.blocks - 1) * figure('publish, child'),
        bondWei: addWei([overturn.isRival ? rivalBond : bond, toWei(bond * BigInt(overturn.blocks - 1))]),
        bondLostWei: overturn.isRival ? rivalBond : NOTHING,
      },
    ),
    row(
      'empty-blocks',
      `Blocks that leave others out must outweigh all that others find, hour after hour. It ends when somebody calls force: ${inclusion}, and that block is final ${hours(raced)} after its publication at the latest. Counted from the call, and against a block that comes at once and has no rival.`,
      QUEUE_GRACE + forcedBlocks * BLOCK_SECONDS + later,
      {
        per: 'hour',
        hashes: nextWork,
        gas: figure('publish, child') + figure('finalize, no fee'),
        bondWei: toWei(bond * (BOND_SECONDS / BLOCK_SECONDS)),
      },
    ),
    row(
      'queue-flood',
      `A block has to consume ${LANE_SHARE} forced transactions and need not consume more, so ${LANE_SHARE} of them put off each one behind them by one block (waiting now: ${queueWaiting}). Deposits have a lane of their own, and all other transactions keep ${STEP_LIMIT - 3 * LANE_SHARE} of the ${STEP_LIMIT} steps of a block. The fees are those of the miners, and a surcharge is burned, which doubles with each 450 entries that come faster than 36 an hour.`,
      BLOCK_SECONDS,
      { per: 'block', gas: share * perEntry.gas, feesWei: addWei([toWei(share * perEntry.fee), surcharge]) },
    ),
    row(
      'late-nomination',
      `A nomination starts another hour only if it is of a heavier block, and none can join after ${hours(BRANCH_SECONDS)}. Anyone who nominates the heaviest then, and there are ${hours(RACE_SECONDS - NOMINATION_SECONDS - BRANCH_SECONDS)} for it, ends this game without any delay. A lighter one is replaced at any time.`,
      NOMINATION_SECONDS,
      { gas: figure('nominate') },
    ),
  ]
}

function hours(seconds: bigint): string {
  const count = seconds / 3_600n
  return count === 1n ? 'an hour' : `${count} hours`
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}
