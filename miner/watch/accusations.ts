// From verdicts to cases: which wrong blocks live, in the order in which they have to be killed, and which of them are dead.

import { OperationError } from '../../node/errors.ts'
import type { Logger } from '../../node/log.ts'
import { type Hash, type KeptId, keptIdOf, keptIdsOf } from '../../node/protocol/ids.ts'
import { describeLoss, describeProblem } from '../../node/protocol/problems.ts'
import { ALONE_SECONDS } from '../../node/protocol/rules.ts'
import { later, type Time, toTime } from '../../node/protocol/units.ts'
import type { Raise } from './alarms/alarm.ts'
import { tellWrong } from './alarms/telling.ts'
import type { Cases } from './cases.ts'
import type { Judge } from './judge.ts'
import type { Lookout } from './lookout.ts'
import type { Names } from './names.ts'
import type { Pursuits } from './pursuits.ts'
import { byUrgency, compareUrgency, type Urgent } from './urgency.ts'
import type { NodeBlock } from './view.ts'

export type AccusationDeps = {
  readonly log: Logger
  readonly judge: Pick<Judge, 'verdictOn' | 'prove'>
  readonly lookout: Pick<Lookout, 'looks' | 'seers' | 'nodeBlocks'>
  readonly names: Pick<Names, 'whole'>
  readonly cases: Cases
  readonly pursuits: Pick<Pursuits, 'begin' | 'isFull' | 'isUnderWay' | 'most'>
  /** Whether wrong blocks are pursued; else they are only reported. */
  readonly isActing: boolean
  readonly alarms: Raise
  readonly signal: AbortSignal
}

/** `look`: the last one in which somebody saw it alive. `publishedAt`: the earliest that anyone says, since anyone who says a later one may lie. */
type Accused = { readonly block: Urgent; readonly look: number; readonly publishedAt: Time }

export class Accusations {
  readonly #deps: AccusationDeps
  /** The last look that was begun before a block ceased to be pursued. */
  readonly #pursued = new Map<KeptId, number>()
  /** On whose word a block is pursued. */
  readonly #callers = new Map<KeptId, string>()
  /** Right blocks that were refuted, and wrong ones that are final, each reported once. */
  readonly #lamented = new Set<KeptId>()

  constructor(deps: AccusationDeps) {
    this.#deps = deps
  }

  /**
   * Opens cases against all wrong blocks that anyone sees alive, and begins with as many as there is room for: what could be final first,
   * and of that the heaviest. A crowd of light ones must not keep us from the one that could win, and neither must one that only a liar calls
   * alive: each of those who see blocks has an equal share of the places.
   */
  accuse(): void {
    const { judge, lookout, names, cases, pursuits, isActing, signal, alarms } = this.#deps
    for (const { block, look, publishedAt, by } of this.#inTurns()) {
      const { id } = block
      const verdict = judge.verdictOn(id)
      if (verdict?.verdict !== 'invalid') continue
      // Who sees it may know but a part of its id; whoever judged it has seen its header.
      const [whole, kept] = [names.whole(id), keptIdOf(id)]
      const advice = isActing ? '' : `; kill it with "ttx refute ${whole}", or run "ttx watch --defend"`
      const isNew = cases.isNew(id)
      const text = describeProblem(verdict.step, verdict.problem)
      const opened = cases.open(whole, text, deadlineOf({ publishedAt }), advice, describeLoss(verdict.problem))
      if (isNew) tellWrong(alarms, opened, verdict, isActing)
      if (!isActing || opened.state === 'tried') continue
      // Once for each look: one that was begun before the last pursuit ended says nothing about how it ended.
      if (pursuits.isUnderWay(id)) this.#pursued.set(kept, lookout.looks)
      if (pursuits.isFull || look <= (this.#pursued.get(kept) ?? 0) || !this.#hasPlace(by)) continue
      this.#pursued.set(kept, lookout.looks)
      this.#callers.set(kept, by)
      pursuits.begin(opened, () => judge.prove(id, signal))
    }
  }

  /** Closes the cases of blocks that are dead, and forgets what is gone. */
  closeDead(): void {
    const { lookout, cases, pursuits, judge } = this.#deps
    const trees = lookout.seers.flatMap(({ view }) => view?.tree ?? [])
    const alive = keptIdsOf(trees.flatMap(({ blocks }) => [...blocks.keys()]))
    const isAlive = (id: Hash) => alive.has(keptIdOf(id))
    const dead = new Set(trees.flatMap(({ refuted }) => [...refuted]))
    for (const id of dead) {
      // A pursuit that is under way will see who killed it.
      if (isAlive(id) || pursuits.isUnderWay(id)) continue
      const known = cases.get(id)
      if (known !== undefined)
        cases.close({ block: id, problem: known.problem, deadline: known.deadline, by: 'others' })
      if (judge.verdictOn(id)?.verdict === 'valid')
        this.#lament('right-refuted', id, 'the bridge refuted a block that our own replay finds RIGHT')
    }
    const list = lookout.nodeBlocks()
    for (const block of list) this.#closeTold(block, list[0]?.id, isAlive)
    const finals = new Set(trees.map(({ final }) => final))
    const seen = keptIdsOf([...list.map(({ id }) => id), ...finals])
    const isKept = (id: KeptId) => alive.has(id) || seen.has(id) || pursuits.isUnderWay(id)
    for (const id of finals) {
      const isWrong = judge.verdictOn(id)?.verdict === 'invalid'
      if (isWrong)
        this.#lament('wrong-final', id, 'a WRONG block is final: the bridge is dead, or the one who says so lies')
    }
    cases.keep((id) => isKept(keptIdOf(id)))
    for (const known of [this.#pursued, this.#callers, this.#lamented]) {
      for (const id of known.keys()) if (!isKept(id)) known.delete(id)
    }
  }

  /**
   * Opens a case against what the node calls wrong and we do not, in which nothing is done. Throws `OperationError`: `verdicts-differ`, or
   * `node-is-wrong` where it calls right what is not.
   */
  compareWithNode(): void {
    const { lookout, judge, cases, alarms } = this.#deps
    const tell = (block: Hash, error: OperationError) => {
      alarms.raise('disagreement', keptIdOf(block), `${error.message}.`, { block, code: error.code })
      return error
    }
    const differences: OperationError[] = []
    for (const { id, verdict, problem = 'no reason given', publishedAt, refuted } of lookout.nodeBlocks().slice(1)) {
      const ours = judge.verdictOn(id)?.verdict
      if (refuted || ours === undefined) continue
      if (ours === 'invalid' && verdict === 'valid') differences.push(tell(id, nodeIsWrong(id)))
      if (ours !== 'valid' || verdict !== 'invalid') continue
      cases.open(id, problem, deadlineOf({ publishedAt: toTime(publishedAt) }), ', says the node')
      cases.change(id, { state: 'doubtful' })
      differences.push(tell(id, verdictsDiffer(id, problem)))
    }
    const [first] = differences
    if (first !== undefined) throw first
  }

  /** Each once, in turns: the most urgent that the first one sees, then the most urgent that the next one sees, and so on. */
  *#inTurns(): Iterable<Accused & { readonly by: string }> {
    const all = this.#accused()
    const lists = this.#deps.lookout.seers.map(({ name, view }) => {
      const seen = [...(view?.tree.blocks.keys() ?? [])].flatMap((id) => all.get(keptIdOf(id)) ?? [])
      return { by: name, waiting: seen.sort((a, b) => compareUrgency(b.block, a.block)) }
    })
    const told = new Set<KeptId>()
    while (lists.some(({ waiting }) => waiting.length > 0)) {
      for (const { by, waiting } of lists) {
        let next = waiting.pop()
        while (next !== undefined && told.has(keptIdOf(next.block.id))) next = waiting.pop()
        if (next === undefined) continue
        told.add(keptIdOf(next.block.id))
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

  #lament(kind: 'right-refuted' | 'wrong-final', block: Hash, what: string): void {
    this.#deps.alarms.raise(kind, keptIdOf(block), `Block ${block}: ${what}.`, { block })
    if (!this.#lamented.has(keptIdOf(block))) this.#deps.log.error({ block }, what)
    this.#lamented.add(keptIdOf(block))
  }

  #accused(): ReadonlyMap<KeptId, Accused> {
    const { judge, lookout } = this.#deps
    const isWrong = (id: Hash) => judge.verdictOn(id)?.verdict === 'invalid'
    const accused = new Map<KeptId, Accused>()
    for (const { view } of lookout.seers) {
      if (view === undefined || ![...view.tree.blocks.keys()].some(isWrong)) continue
      for (const block of byUrgency(view.tree, isWrong)) {
        if (!isWrong(block.id)) continue
        const known = accused.get(keptIdOf(block.id))
        const isSooner = known === undefined || compareUrgency(block, known.block) < 0
        const isEarlier = known === undefined || block.publishedAt < known.publishedAt
        accused.set(keptIdOf(block.id), {
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
