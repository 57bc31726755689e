// From verdicts to cases: which wrong blocks live, in the order in which they have to be killed, and which of them are dead.

import { OperationError } from '../../node/errors.ts'
import type { Logger } from '../../node/log.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import { ALONE_SECONDS } from '../../node/protocol/rules.ts'
import { later, type Time, toTime } from '../../node/protocol/units.ts'
import type { Cases } from './cases.ts'
import type { Judge } from './judge.ts'
import type { Lookout } from './lookout.ts'
import type { Pursuits } from './pursuits.ts'
import { byUrgency, compareUrgency, type Urgent } from './urgency.ts'
import type { NodeBlock } from './view.ts'

export type AccusationDeps = {
  readonly log: Logger
  readonly judge: Pick<Judge, 'verdictOn' | 'prove'>
  readonly lookout: Pick<Lookout, 'looks' | 'seers' | 'nodeBlocks'>
  readonly cases: Cases
  readonly pursuits: Pick<Pursuits, 'begin' | 'isFull' | 'isUnderWay' | 'most'>
  /** Whether wrong blocks are pursued; else they are only reported. */
  readonly isActing: boolean
  readonly signal: AbortSignal
}

/** `look`: the last one in which somebody saw it alive. `publishedAt`: the earliest that anyone says, since anyone who says a later one may lie. */
type Accused = { readonly block: Urgent; readonly look: number; readonly publishedAt: Time }

export class Accusations {
  readonly #deps: AccusationDeps
  /** The last look that was begun before a block ceased to be pursued. */
  readonly #pursued = new Map<Hash, number>()
  /** On whose word a block is pursued. */
  readonly #callers = new Map<Hash, string>()
  /** Right blocks that were refuted, and wrong ones that are final, each reported once. */
  readonly #lamented = new Set<Hash>()

  constructor(deps: AccusationDeps) {
    this.#deps = deps
  }

  /**
   * Opens cases against all wrong blocks that anyone sees alive, and begins with as many as there is room for: what could be final first,
   * and of that the heaviest. A crowd of light ones must not keep us from the one that could win, and neither must one that only a liar calls
   * alive: each of those who see blocks has an equal share of the places.
   */
  accuse(): void {
    const { judge, lookout, cases, pursuits, isActing, signal } = this.#deps
    for (const { block, look, publishedAt, by } of this.#inTurns()) {
      const { id } = block
      const verdict = judge.verdictOn(id)
      if (verdict?.verdict !== 'invalid') continue
      const advice = isActing ? '' : `; kill it with "ttx refute ${id}", or run "ttx watch --defend"`
      const opened = cases.open(id, `step ${verdict.step}: ${verdict.problem}`, deadlineOf({ publishedAt }), advice)
      if (!isActing || opened.state === 'tried') continue
      // Once for each look: one that was begun before the last pursuit ended says nothing about how it ended.
      if (pursuits.isUnderWay(id)) this.#pursued.set(id, lookout.looks)
      if (pursuits.isFull || look <= (this.#pursued.get(id) ?? 0) || !this.#hasPlace(by)) continue
      this.#pursued.set(id, lookout.looks)
      this.#callers.set(id, by)
      pursuits.begin(opened, () => judge.prove(id, signal))
    }
  }

  /** Closes the cases of blocks that are dead, and forgets what is gone. */
  closeDead(): void {
    const { lookout, cases, pursuits, judge } = this.#deps
    const trees = lookout.seers.flatMap(({ view }) => view?.tree ?? [])
    const isAlive = (id: Hash) => trees.some(({ blocks }) => blocks.has(id))
    const dead = new Set(trees.flatMap(({ refuted }) => [...refuted]))
    for (const id of dead) {
      // A pursuit that is under way will see who killed it.
      if (isAlive(id) || pursuits.isUnderWay(id)) continue
      const known = cases.get(id)
      if (known !== undefined)
        cases.close({ block: id, problem: known.problem, deadline: known.deadline, by: 'others' })
      if (judge.verdictOn(id)?.verdict === 'valid')
        this.#lament(id, 'the bridge refuted a block that our own replay finds RIGHT')
    }
    const list = lookout.nodeBlocks()
    for (const block of list) this.#closeTold(block, list[0]?.id, isAlive)
    const listed = new Set(list.map(({ id }) => id))
    const finals = new Set(trees.map(({ final }) => final))
    const isKept = (id: Hash) => isAlive(id) || listed.has(id) || finals.has(id) || pursuits.isUnderWay(id)
    for (const id of finals) {
      const isWrong = judge.verdictOn(id)?.verdict === 'invalid'
      if (isWrong) this.#lament(id, 'a WRONG block is final: the bridge is dead, or the one who says so lies')
    }
    cases.keep(isKept)
    for (const known of [this.#pursued, this.#callers, this.#lamented]) {
      for (const id of known.keys()) if (!isKept(id)) known.delete(id)
    }
  }

  /**
   * Opens a case against what the node calls wrong and we do not, in which nothing is done. Throws `OperationError`: `verdicts-differ`, or
   * `node-is-wrong` where it calls right what is not.
   */
  compareWithNode(): void {
    const { lookout, judge, cases } = this.#deps
    let difference: OperationError | undefined
    for (const { id, verdict, problem = 'no reason given', publishedAt, refuted } of lookout.nodeBlocks().slice(1)) {
      const ours = judge.verdictOn(id)?.verdict
      if (refuted || ours === undefined) continue
      if (ours === 'invalid' && verdict === 'valid') difference ??= nodeIsWrong(id)
      if (ours !== 'valid' || verdict !== 'invalid') continue
      cases.open(id, problem, deadlineOf({ publishedAt: toTime(publishedAt) }), ', says the node')
      cases.change(id, { state: 'doubtful' })
      difference ??= verdictsDiffer(id, problem)
    }
    if (difference !== undefined) throw difference
  }

  /** Each once, in turns: the most urgent that the first one sees, then the most urgent that the next one sees, and so on. */
  *#inTurns(): Iterable<Accused & { readonly by: string }> {
    const all = this.#accused()
    const lists = this.#deps.lookout.seers.map(({ name, view }) => {
      const seen = [...(view?.tree.blocks.keys() ?? [])].flatMap((id) => all.get(id) ?? [])
      return { by: name, waiting: seen.sort((a, b) => compareUrgency(b.block, a.block)) }
    })
    const told = new Set<Hash>()
    while (lists.some(({ waiting }) => waiting.length > 0)) {
      for (const { by, waiting } of lists) {
        let next = waiting.pop()
        while (next !== undefined && told.has(next.block.id)) next = waiting.pop()
        if (next === undefined) continue
        told.add(next.block.id)
        yield { ...next, by }
      }
    }
  }

  #hasPlace(by: string): boolean {
    const { lookout, pursuits } = this.#deps
    const share = Math.max(Math.floor(pursuits.most / lookout.seers.length), 1)
    const taken = [...this.#callers].filter(([id, caller]) => caller === by && pursuits.isUnderWay(id))
    return taken.length < share
  }

  #lament(block: Hash, what: string): void {
    if (!this.#lamented.has(block)) this.#deps.log.error({ block }, what)
    this.#lamented.add(block)
  }

  #accused(): ReadonlyMap<Hash, Accused> {
    const { judge, lookout } = this.#deps
    const isWrong = (id: Hash) => judge.verdictOn(id)?.verdict === 'invalid'
    const accused = new Map<Hash, Accused>()
    for (const { view } of lookout.seers) {
      if (view === undefined || ![...view.tree.blocks.keys()].some(isWrong)) continue
      for (const block of byUrgency(view.tree, isWrong)) {
        if (!isWrong(block.id)) continue
        const known = accused.get(block.id)
        const isSooner = known === undefined || compareUrgency(block, known.block) < 0
        const isEarlier = known === undefined || block.publishedAt < known.publishedAt
        accused.set(block.id, {
          block: isSooner ? block : known.block,
          look: Math.max(view.look, known?.look ?? 0),
          publishedAt: isEarlier ? block.publishedAt : known.publishedAt,
        })
      }
    }
    return accused
  }

  /** What builds on a wrong block died with it, and is not a case of its own. */
  #closeTold(block: NodeBlock, final: Hash | undefined, isAlive: (id: Hash) => boolean): void {
    const { cases, pursuits } = this.#deps
    const { id, parent, refuted, verdict } = block
    if (!refuted || isAlive(id) || pursuits.isUnderWay(id)) return
    const known = cases.get(id)
    if (known === undefined && (verdict !== 'invalid' || (parent !== final && !isAlive(parent)))) return
    const { problem = block.problem ?? 'no reason given' } = known ?? {}
    cases.close({ block: id, problem, deadline: deadlineOf({ publishedAt: toTime(block.publishedAt) }), by: 'others' })
  }
}

/** Unix seconds: no block is final earlier, whatever else there is. */
function deadlineOf({ publishedAt }: Pick<Urgent, 'publishedAt'>): Time {
  return later(publishedAt, ALONE_SECONDS)
}

function nodeIsWrong(block: Hash): OperationError {
  return new OperationError(
    'node-is-wrong',
    `expected the node to find block ${block} wrong as our own replay does, got valid; its software or its disk is damaged`,
    { facts: { block } },
  )
}

function verdictsDiffer(block: Hash, problem: string): OperationError {
  return new OperationError(
    'verdicts-differ',
    `expected to find what the node says of block ${block} (${problem}), got valid: nothing is sent; see which of the two is wrong, and refute by another node if need be`,
    { facts: { block, problem, ours: 'valid' } },
  )
}
