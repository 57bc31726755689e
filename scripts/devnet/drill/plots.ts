// Bad blocks that need others around them: a right block that names a torrent which is not its own, a branch that has lost, a crowd.

import { randomBytes } from 'node:crypto'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { type Hash, toInfohash } from '../../../node/protocol/ids.ts'
import type { Problem } from '../../../node/protocol/problems.ts'
import { type Patience, waitFor } from '../demo/patience.ts'
import type { DevChain } from '../dev-chain.ts'
import type { Liar, LiarOptions } from './liar.ts'
import type { DataMode } from './posting.ts'

/** Where a plot is laid. */
type PlotStage = {
  readonly node: NodeClient
  readonly chain: DevChain
  readonly patience: Patience
  readonly liar: Liar
  /** Where the rows of all blocks are. */
  readonly data: DataMode
  /** Lets time pass where the next block would take long to find. Returns the node's tip, once it has read all that Ethereum has. */
  readonly ease: () => Promise<Hash>
  /** Right blocks of a crowd. */
  readonly crowd: number
  readonly say: (text: string) => void
}

export type Plot = {
  /** For people: what happens. */
  readonly about: string
  /** What is wrong with the bad block, which is of the kind `mint`. */
  readonly expected: { readonly problem: Problem }
  /** Publishes all but the bad block, and returns its parent; `undefined`: wherever there can be one. Throws what `Liar.publish` throws. */
  readonly lay: (stage: PlotStage) => Promise<Hash | undefined>
}

const HOUR = 3_600
/** Blocks that count in a race come earlier than this long after its first. */
const RACE_OPEN = 22 * HOUR
/** How many blocks a branch that lost is above the fork: the winner gets hardly any further in that time. */
const DEAD_LENGTH = 4
/** Looks between which the watchers do what is due, before more time passes. */
const LOOKS = 10
const TOLD = 50

export const PLOTS = {
  'borrowed-hint': {
    about: 'a child of a right block that names the torrent of the block below it',
    expected: { problem: 'WrongState' },
    lay: async (stage) => {
      const { node, liar, ease, patience } = stage
      const { torrent } = await node.call('bridge_block', { id: await ease() })
      const order = { ...right(stage, 'honest'), ...(torrent && { torrent }), rival: false, signal: patience.signal }
      return (await liar.publish(order)).id
    },
  },
  'hint-to-nowhere': {
    about: 'a child of a right block that names a torrent which nobody has',
    expected: { problem: 'WrongState' },
    lay: async (stage) => {
      const { liar, ease, patience } = stage
      await ease()
      const torrent = toInfohash(randomBytes(20))
      const order = { ...right(stage, 'honest'), torrent, rival: false, signal: patience.signal }
      return (await liar.publish(order)).id
    },
  },
  'dead-branch-child': {
    about: 'one on the living branch, while a branch that has lost its race gets one more right block',
    expected: { problem: 'WrongState' },
    lay: async (stage) => {
      const { liar, patience, say } = stage
      const { signal } = patience
      const [full, light] = [right(stage, 'honest'), right(stage, 'empty')]
      const fork = await stage.ease()
      const first = await liar.publish({ ...full, parent: fork, rival: false, signal })
      let dead = (await liar.publish({ ...light, parent: fork, rival: true, signal })).id
      say('a right rival of a right block; what follows on it comes too late to count')
      await stage.chain.skip(RACE_OPEN)
      for (let i = 0; i < DEAD_LENGTH; i++) {
        await stage.chain.skip(HOUR)
        dead = (await liar.publish({ ...light, parent: dead, rival: false, signal })).id
      }
      say('two days pass, in which the race ends')
      await passUntilFinal(stage, first.id)
      await stage.ease()
      await liar.publish({ ...light, parent: dead, rival: false, signal })
      return undefined
    },
  },
  'light-crowd': {
    about: 'one behind a crowd of right blocks, all children of the same parent',
    expected: { problem: 'WrongState' },
    lay: async (stage) => {
      const { liar, ease, crowd, say, patience } = stage
      const { signal } = patience
      const light = right(stage, 'empty')
      const parent = await ease()
      await liar.publish({ ...light, parent, rival: false, signal })
      for (let count = 1; count < crowd; count++) {
        await liar.publish({ ...light, parent, rival: true, signal })
        if ((count + 1) % TOLD === 0) say(`${count + 1} of ${crowd} right blocks`)
      }
      return parent
    },
  },
} as const satisfies Readonly<Record<string, Plot>>

/** What is in a right block: without a step it could not be in blobs. */
function right({ data }: PlotStage, usual: 'honest' | 'empty'): Pick<LiarOptions, 'data' | 'content'> {
  return { data, content: data === 'blobs' ? 'payment' : usual }
}

/** Hours pass, one after another, until watchers and miners have made it final. Throws `waited-in-vain`. */
async function passUntilFinal({ node, chain, patience }: PlotStage, id: Hash): Promise<void> {
  let looks = 0
  await waitFor(`block ${id} to be final`, patience, async () => {
    if ((await node.call('bridge_block', { id })).final) return true
    looks += 1
    if (looks % LOOKS === 0) await chain.skip(2 * HOUR)
    return undefined
  })
}
