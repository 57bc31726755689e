// A made-up tree that several look at, and the accusations that follow from what each of them sees.

import { Accusations } from '../../../../miner/watch/accusations.ts'
import { Cases } from '../../../../miner/watch/cases.ts'
import type { Settled } from '../../../../miner/watch/judge.ts'
import type { LivingBlock } from '../../../../miner/watch/living.ts'
import { Names } from '../../../../miner/watch/names.ts'
import type { NodeBlock, View } from '../../../../miner/watch/view.ts'
import { createLogger } from '../../../../node/log.ts'
import { type Hash, type KeptId, keptIdOf, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { NO_LENGTHS } from '../../../../node/protocol/queue.ts'
import { toTime, toWork } from '../../../../node/protocol/units.ts'
import { madeUpId } from '../../../support/miner/made-up-tree.ts'

const FINAL = madeUpId('final')
const { signal } = new AbortController()

/** Many look at a made-up tree, of which each sees what a test has it see. */
export class Scene {
  readonly cases: Cases
  /** By their names, in the order in which they were begun. */
  readonly pursued: string[] = []
  readonly underWay = new Set<KeptId>()
  readonly names = new Names()
  /** What was told, in the order of the telling. */
  readonly lines: string[] = []
  /** Kind and block of each that was raised, as often as it was. */
  readonly alarms: string[] = []
  readonly accusations: Accusations
  nodeBlocks: readonly NodeBlock[] = []
  room = 1_000
  /** Places for pursuits that are under way. */
  most = 1_000
  /** Whether what is begun goes on until a test ends it. */
  goesOn = false
  readonly #verdicts = new Map<Hash, Settled>()
  readonly #views: View[] = []
  #looks = 1

  constructor({ isActing = true } = {}) {
    const scene = this
    const log = createLogger(
      { level: 'info', json: true, colors: false },
      { write: (line) => void this.lines.push(JSON.parse(line).msg) },
    )
    this.cases = new Cases(log)
    this.accusations = new Accusations({
      ...{ log, cases: this.cases, names: this.names, isActing, signal },
      alarms: { raise: (kind, _about, _message, { block } = {}) => void this.alarms.push(`${kind} ${block}`) },
      judge: {
        verdictOn: (id) => this.#verdicts.get(id),
        prove: () => Promise.reject(new Error('nobody asks for it here')),
      },
      lookout: {
        get looks() {
          return scene.#looks
        },
        get seers() {
          return scene.#views.map((view, i) => ({ name: `${i}`, view }))
        },
        nodeBlocks: () => this.nodeBlocks,
      },
      pursuits: {
        get most() {
          return scene.most
        },
        get isFull() {
          return scene.pursued.length >= scene.room
        },
        isUnderWay: (id) => this.underWay.has(keptIdOf(id)),
        begin: ({ block }) => {
          this.pursued.push(NAMES.get(block) ?? block)
          if (this.goesOn) this.underWay.add(keptIdOf(block))
        },
      },
    })
  }

  /** Another one sees this, or the one that is named by `as` from now on. */
  sees(
    blocks: readonly LivingBlock[],
    { as = this.#views.length, refuted = [] as readonly Hash[], final = FINAL } = {},
  ): void {
    const tree = { final, blocks: new Map(blocks.map((block) => [block.id, block])), refuted: new Set(refuted) }
    this.#views[as] = { tree, look: this.#looks }
  }

  /** All see the same once more, but for those who are silent. */
  look(...silent: readonly number[]): void {
    this.#looks += 1
    for (const [i, view] of this.#views.entries())
      if (!silent.includes(i)) this.#views[i] = { ...view, look: this.#looks }
  }

  finds(id: Hash, verdict: 'valid' | 'invalid'): void {
    const wrong = { verdict: 'invalid', step: 2, problem: 'WrongState', stated: ZERO_HASH } as const
    this.#verdicts.set(id, verdict === 'valid' ? { verdict } : wrong)
  }
}

const NAMES = new Map<Hash, string>()

export function living(
  name: string,
  { at, work = 1n, on = 'final' }: { at: bigint; work?: bigint; on?: string },
): LivingBlock {
  const id = madeUpId(name)
  NAMES.set(id, name)
  return { id, parent: madeUpId(on), publishedAt: toTime(at), work: toWork(work) }
}

/** As the node tells of it. */
export function told(name: string, chosen: Partial<NodeBlock>): NodeBlock {
  return {
    ...{
      id: madeUpId(name),
      parent: FINAL,
      height: 1n,
      miner: ZERO_ADDRESS,
      target: 1n,
      work: 1n,
      state: ZERO_HASH,
      steps: 0,
      blobs: 0,
      requests: 0,
      fee: 0n,
      queueFees: 0n,
    },
    ...{
      lanes: NO_LENGTHS,
      torrent: '00'.repeat(20) as NodeBlock['torrent'],
      publishedAt: 0,
      verdict: 'valid',
      refuted: false,
      final: false,
    },
    ...{ preferred: false, ...chosen },
  }
}
