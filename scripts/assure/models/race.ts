// The race rule in plain words: a reference for the contract that searches lists where the contract follows pointers.

export const RULE = {
  siblingSeconds: 12n * 3_600n,
  branchSeconds: 22n * 3_600n,
  aloneSeconds: 24n * 3_600n,
  raceSeconds: 48n * 3_600n,
  nominationSeconds: 3_600n,
  bondSeconds: 48n * 3_600n,
  parentSeconds: 14n * 24n * 3_600n,
  maxDepth: 128,
} as const

/** The rule, or another one for comparison. */
export type Rule = { readonly [Name in keyof typeof RULE]: Name extends 'maxDepth' ? number : bigint }

export type ModelBlock = {
  readonly id: string
  readonly parent: string
  readonly height: number
  readonly time: bigint
  /** Of this block alone. */
  readonly ownWork: bigint
  /** From genesis up to this block. */
  readonly work: bigint
  /** Published beside a live sibling. */
  readonly rival: boolean
  refuted: boolean
  final: boolean
  /** Final, but it earns nothing. */
  unpaid: boolean
  bond: 'held' | 'released' | 'refuted'
}

export type Publication = {
  readonly id: string
  readonly parent: string
  readonly ownWork: bigint
  /** The sibling that its author considers the latest. */
  readonly beside?: string | undefined
}

/** Each call returns the name of the error with which the contract has to refuse, or `undefined`. */
export class RaceModel {
  readonly genesis: ModelBlock
  /** In the order of publication. */
  readonly blocks: ModelBlock[]
  readonly slots = new Map<string, { readonly block: string; readonly time: bigint }>()
  /** From genesis on. */
  readonly chain: ModelBlock[]
  unpaidUntil = 0n
  readonly #rule: Rule
  readonly #byId = new Map<string, ModelBlock>()

  constructor(genesis: string, time: bigint, rule: Rule = RULE) {
    this.#rule = rule
    this.genesis = {
      id: genesis,
      parent: '',
      height: 0,
      time,
      ownWork: 0n,
      work: 0n,
      rival: false,
      refuted: false,
      final: true,
      unpaid: false,
      bond: 'released',
    }
    this.blocks = [this.genesis]
    this.chain = [this.genesis]
    this.#byId.set(genesis, this.genesis)
  }

  get tip(): ModelBlock {
    return this.chain.at(-1) ?? this.genesis
  }

  find(id: string): ModelBlock | undefined {
    return this.#byId.get(id)
  }

  /** The unrefuted children of a block in the order of publication. */
  live(parent: string): ModelBlock[] {
    return this.blocks.filter((block) => block.parent === parent && !block.refuted)
  }

  /** The blocks from `id` up to the child of `parent`; `undefined` if it is not a descendant within 128 blocks, or one of them is refuted. */
  wayFrom(parent: string, id: string): ModelBlock[] | undefined {
    const way: ModelBlock[] = []
    for (let at = this.find(id); at !== undefined && way.length < this.#rule.maxDepth; at = this.find(at.parent)) {
      way.push(at)
      if (at.refuted) return undefined
      if (at.parent === parent) return way
    }
    return undefined
  }

  isEligible(parent: string, id: string): boolean {
    const first = this.live(parent)[0]
    const block = this.find(id)
    if (first === undefined || block === undefined || this.wayFrom(parent, id) === undefined) return false
    return block.time <= first.time + this.#rule.branchSeconds
  }

  publish({ id, parent, ownWork, beside }: Publication, now: bigint): string | undefined {
    const below = this.find(parent)
    if (below === undefined) return 'UnknownBlock'
    if (below.refuted) return 'BlockIsRefuted'
    if (below.height < this.tip.height || (below.height === this.tip.height && !below.final)) return 'StaleParent'
    if (!below.final && now > below.time + this.#rule.parentSeconds) return 'OldParent'
    if (below.height >= this.tip.height + this.#rule.maxDepth) return 'TooFarAhead'
    const siblings = this.live(parent)
    const [first] = siblings
    if (first && now >= first.time + this.#rule.siblingSeconds) return 'RaceClosed'
    if (first && beside !== siblings.at(-1)?.id) return 'SiblingExists'
    if (siblings.some(({ time }) => time === now)) return 'SameSecond'
    if (first && ownWork !== first.ownWork) return 'RivalWorkDiffers'
    const block: ModelBlock = {
      id,
      parent,
      height: below.height + 1,
      time: now,
      ownWork,
      work: below.work + ownWork,
      rival: first !== undefined,
      refuted: false,
      final: false,
      unpaid: false,
      bond: 'held',
    }
    this.blocks.push(block)
    this.#byId.set(id, block)
    return undefined
  }

  refute(id: string): string | undefined {
    const block = this.find(id)
    if (block === undefined) return 'UnknownBlock'
    if (block.final) return 'AlreadyFinal'
    if (block.refuted) return 'BlockIsRefuted'
    block.refuted = true
    if (block.bond === 'held') block.bond = 'refuted'
    return undefined
  }

  nominate(parent: string, id: string, now: bigint): string | undefined {
    if (!this.isEligible(parent, id)) return 'NotEligible'
    const incumbent = this.slots.get(parent)?.block
    if (incumbent !== undefined && this.isEligible(parent, incumbent) && !this.isAhead(id, incumbent))
      return 'NotHeavier'
    this.slots.set(parent, { block: id, time: now })
    return undefined
  }

  finalize(id: string, now: bigint): string | undefined {
    const block = this.find(id)
    if (block === undefined || block.parent !== this.tip.id) return 'NotChildOfFinal'
    if (block.refuted) return 'BlockIsRefuted'
    const siblings = this.live(this.tip.id)
    const first = siblings[0] ?? block
    if (siblings.length === 1) {
      if (now < block.time + this.#rule.aloneSeconds) return 'TooEarly'
    } else {
      const slot = this.slots.get(this.tip.id)
      if (slot === undefined || !this.isEligible(this.tip.id, slot.block)) return 'NominationNeeded'
      if (!this.wayFrom(this.tip.id, slot.block)?.includes(block)) return 'NotOnNominatedBranch'
      if (now < slot.time + this.#rule.nominationSeconds || now < first.time + this.#rule.raceSeconds) return 'TooEarly'
    }
    if (first !== block) this.unpaidUntil = first.time + this.#rule.branchSeconds
    block.final = true
    block.unpaid = block.time <= this.unpaidUntil
    this.chain.push(block)
    return undefined
  }

  withdrawBond(id: string, now: bigint): string | undefined {
    const block = this.find(id)
    if (block === undefined) return 'UnknownBlock'
    if (block.bond !== 'held') return 'NoBond'
    if (now < block.time + this.#rule.bondSeconds) return 'TooEarly'
    if (block.rival) {
      const winner = this.chain[block.height]
      const parentOfRace = this.chain[block.height - 1]
      if (parentOfRace === undefined) return 'RaceOpen'
      if (parentOfRace.id === block.parent) {
        if (winner === undefined) return 'RaceOpen'
        if (this.live(block.parent)[0] !== block) return 'BondForfeited'
      }
    }
    block.bond = 'released'
    return undefined
  }

  /** Of all blocks that may be nominated above `parent`, or of some of them. */
  heaviest(parent: string, isWanted: (block: ModelBlock) => boolean = () => true): ModelBlock | undefined {
    return this.blocks
      .filter((block) => this.isEligible(parent, block.id) && isWanted(block))
      .reduce<ModelBlock | undefined>((best, block) => {
        return best && !this.isAhead(block.id, best.id) ? best : block
      }, undefined)
  }

  /** More work; then the earlier one; in one second the smaller key: the last 32 digits of an id. */
  isAhead(a: string, b: string): boolean {
    const left = this.find(a)
    const right = this.find(b)
    if (left === undefined || right === undefined) return false
    if (left.work !== right.work) return left.work > right.work
    if (left.time !== right.time) return left.time < right.time
    return a.slice(-32) < b.slice(-32)
  }
}
