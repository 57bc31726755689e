// Publishes bad blocks on a development chain, one kind after another, and measures how each of them ends.

import { readAllBlocks } from '../../../node/client/all-blocks.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import { isAnyRefusal, isRefusal, refusalName } from '../../../node/ethereum/refusals.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import type { Address, Hash } from '../../../node/protocol/ids.ts'
import type { Problem } from '../../../node/protocol/problems.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { secondsFrom, toSeconds, toTime } from '../../../node/protocol/units.ts'
import { type Patience, waitFor } from '../demo/patience.ts'
import type { DevChain } from '../dev-chain.ts'
import type { Arrangement } from './arrange.ts'
import { awaitDeath } from './death.ts'
import { type DrillKind, expectedOf, lieOf, plotOf, usualModeOf } from './kinds.ts'
import type { Liar, Prepared, Published } from './liar.ts'
import type { LieKind } from './lies.ts'
import type { DataMode } from './posting.ts'
import { type Need, needOf } from './scene.ts'

export type DrillDeps = {
  readonly node: NodeClient
  readonly sender: TransactionSender
  readonly liar: Liar
  readonly arrangement: Arrangement
  readonly chain: DevChain
  /** Of what has nothing to do with the watcher. */
  readonly patience: Patience
  /** How long a bad block may live, milliseconds. */
  readonly deadlineMs: number
  /** Right blocks of a crowd. */
  readonly crowd: number
  readonly say: (text: string) => void
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
}

/** What the bad block of one kind met. Gas in units, times of Ethereum in unix seconds. */
export type Result = { readonly kind: DrillKind; readonly data: DataMode } & (
  | {
      readonly outcome: 'killed'
      readonly block: Hash
      /** Beside a right block, since the queue was consumed by then. */
      readonly rival: boolean
      readonly step: number
      readonly problem: Problem
      readonly by: Address
      readonly publishedAt: number
      readonly refutedAt: number
      /** Between publication and refutation: on Ethereum's clock, and on ours. */
      readonly seconds: number
      readonly wallMs: number
      readonly publishGas: bigint
      readonly refuteGas: bigint
      /** Wei. */
      readonly reward: bigint
      readonly publication: Hash
      readonly refutation: Hash
    }
  /** The bridge did not accept it, with this custom error. */
  | { readonly outcome: 'refused'; readonly error: string }
  | { readonly outcome: 'survived'; readonly block: Hash; readonly problem: Problem }
  /** Something else than what must become of the kind. */
  | { readonly outcome: 'wrong'; readonly got: string; readonly block?: Hash }
)

const ROUNDS = 12
const ANCESTORS = 6
/** Seconds after the first live child in which the bridge accepts others; ten minutes less, since the clock runs. */
const SIBLING_SECONDS = 12 * 3_600 - 600
/** The work of a block is made at most this many times that of the easiest one. */
const HARDNESS = 2n
const EASING = 900

export class Drill {
  readonly #deps: DrillDeps

  constructor(deps: DrillDeps) {
    this.#deps = deps
  }

  /** Throws only what keeps it from drilling at all: trouble with node and endpoint, an empty account, Ctrl-C. */
  async run(kind: DrillKind, data: DataMode = usualModeOf(kind)): Promise<Result> {
    const expected = expectedOf(kind, data)
    const named = { kind, data }
    for (let round = 1; ; round++) {
      const { sender, liar, patience } = this.#deps
      try {
        const prepared = await this.#layAndPrepare(kind, data)
        const fromBlock = (await sender.ethereum.head()).number
        const published = await liar.send(prepared, patience.signal)
        return await this.#follow(named, published, fromBlock)
      } catch (error) {
        if (round < ROUNDS && isOvertaken(error)) continue
        if (!isAnyRefusal(error)) throw error
        const refused = refusalName(error)
        if ('refused' in expected && refused === expected.refused)
          return { ...named, outcome: 'refused', error: refused }
        return { ...named, outcome: 'wrong', got: error.message }
      }
    }
  }

  async #follow(named: Pick<Result, 'kind' | 'data'>, published: Published, fromBlock: bigint): Promise<Result> {
    const { sender, patience, deadlineMs, nowMs } = this.#deps
    const { id: block, problem, step = -1, rival, publishedAt } = published
    const expected = expectedOf(named.kind, named.data)
    if ('refused' in expected) return { ...named, outcome: 'wrong', got: 'the bridge accepted it', block }
    if (problem !== expected.problem)
      return { ...named, outcome: 'wrong', got: problem ?? 'a block that is right', block }
    const startMs = nowMs()
    const death = await awaitDeath(sender.ethereum, block, fromBlock, { ...patience, deadlineMs })
    if (death === undefined) return { ...named, outcome: 'survived', block, problem }
    return {
      ...named,
      outcome: 'killed',
      block,
      rival,
      step,
      problem,
      by: death.by,
      publishedAt,
      refutedAt: death.at,
      seconds: death.at - publishedAt,
      wallMs: Math.round(nowMs() - startMs),
      publishGas: published.gas,
      refuteGas: death.gas,
      reward: death.reward,
      publication: published.transaction,
      refutation: death.transaction,
    }
  }

  /** The bad block, sealed, with all around it published that it needs. */
  async #layAndPrepare(kind: DrillKind, data: DataMode): Promise<Prepared> {
    const { liar, patience } = this.#deps
    const plot = plotOf(kind)
    if (plot === undefined) return await this.#prepare(lieOf(kind), data)
    // First, so that there is something to lie about wherever the plot leads.
    await this.#prepare(lieOf(kind), data)
    const parent = await plot.lay({ ...this.#deps, data, ease: () => this.#ease() })
    if (parent === undefined) return await this.#prepare(lieOf(kind), data)
    return await liar.prepare({ lie: lieOf(kind), data, parent, signal: patience.signal })
  }

  /** The block, sealed: on the tip, or on a block below it from where there is something to lie about; that is arranged if need be. */
  async #prepare(kind: LieKind, data: DataMode): Promise<Prepared> {
    const { liar, arrangement, patience } = this.#deps
    for (let round = 1; ; round++) {
      await this.#ease()
      const missing: Need[] = []
      for (const parent of await this.#parents()) {
        try {
          return await liar.prepare({ lie: kind, data, parent, signal: patience.signal })
        } catch (error) {
          const need = needOf(error)
          if (need === undefined) throw error
          missing.push(need)
        }
      }
      const [need] = missing
      if (need === undefined || round === ROUNDS) {
        throw new OperationError('nothing-to-lie-about', `expected to arrange what ${kind} needs, got no further`, {
          facts: { kind, need: missing.join(', ') },
        })
      }
      await arrangement.make(need)
    }
  }

  /** The tip, and below it those blocks that may still get another child. */
  async #parents(): Promise<Hash[]> {
    const { node } = this.#deps
    const tip = await this.#settled()
    const { blocks } = await readAllBlocks(node)
    const byId = new Map(blocks.map((block) => [block.id, block]))
    const time = await this.#deps.chain.time()
    const parents = [tip]
    for (
      let at = byId.get(tip);
      at !== undefined && !at.final && parents.length < ANCESTORS;
      at = byId.get(at.parent)
    ) {
      if (!byId.has(at.parent) || Number(time) > at.publishedAt + SIBLING_SECONDS) break
      parents.push(at.parent)
    }
    return parents
  }

  /** The node's tip, once it has read all that Ethereum has. */
  async #settled(): Promise<Hash> {
    const { node, sender, patience } = this.#deps
    const newest = (await sender.ethereum.head()).number
    return await waitFor('the node to have read Ethereum', patience, async () => {
      const { state, ethereumBlock, tip } = (await node.call('node_info', {})).bridge
      return state === 'live' && ethereumBlock !== undefined && ethereumBlock >= newest ? tip?.id : undefined
    })
  }

  /** Lets time pass where blocks came so fast that the next one would take long to find. Returns the tip. */
  async #ease(): Promise<Hash> {
    const { node, chain, sender } = this.#deps
    const tip = await this.#settled()
    const { target, publishedAt } = await node.call('bridge_block', { id: tip })
    const { easiestTarget } = await sender.ethereum.parameters()
    const passed = secondsFrom(toTime(publishedAt), toTime(await chain.time()))
    let more = 0
    while (targetCeiling(target, toSeconds(passed + BigInt(more)), easiestTarget) * HARDNESS < easiestTarget)
      more += EASING
    if (more > 0) await chain.skip(more)
    return tip
  }
}

/** Somebody else's block came first, or the clock moved on: the next try is made on what is there then. */
function isOvertaken(error: unknown): boolean {
  return (
    isRefusal(
      error,
      'SiblingExists',
      'SameSecond',
      'StaleParent',
      'OldParent',
      'RivalWorkDiffers',
      'RaceClosed',
      'UnknownBlock',
      'BlockIsRefuted',
      'TargetOutOfRange',
      'BondTooSmall',
    ) ||
    (error instanceof OperationError && (error.code === 'not-published' || error.code === 'unknown-block'))
  )
}
