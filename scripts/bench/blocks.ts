// Bench: what answers about many living blocks cost a node whose view has just changed, in three shapes, and how that grows.

import { pino } from 'pino'
import type { FollowerStatus } from '../../node/bridge/answers.ts'
import { finalTimesOf } from '../../node/bridge/final-time.ts'
import { preferredBranch } from '../../node/bridge/fork-choice.ts'
import { dueCalls } from '../../node/bridge/race.ts'
import { readAllBlocks } from '../../node/client/all-blocks.ts'
import { createNodeClient } from '../../node/client/rpc.ts'
import { type Hash, ZERO_HASH } from '../../node/protocol/ids.ts'
import { later, toSeconds } from '../../node/protocol/units.ts'
import { API, type Handlers } from '../../node/rpc/api.ts'
import { blockHandlers } from '../../node/rpc/handlers/blocks.ts'
import { toWire } from '../../node/rpc/json.ts'
import { RpcServer } from '../../node/rpc/server.ts'
import type { Bench, Case } from './measure.ts'
import { GROUND_TIME, type Planted, plant } from './planted-view.ts'

const SIZES = [100, 1_000, 4_000, 10_000]
const LENGTH = 128
const NOW = later(GROUND_TIME, toSeconds(50n * 3_600n))

const SHAPES: Readonly<Record<string, (count: number) => Planted[]>> = {
  flat: (count) => Array.from({ length: count }, (_, i) => ({ on: 0, at: i })),
  'branches of 128': (count) =>
    Array.from({ length: count }, (_, i) => ({ on: i % LENGTH === 0 ? 0 : i, at: Math.floor(i / LENGTH) + i })),
  // One branch, and all others on its blocks in turn.
  'around a branch': (count) =>
    Array.from({ length: count }, (_, i) => ({ on: i < LENGTH ? i : i % LENGTH, at: i, work: i < LENGTH ? 10n : 5n })),
}

const WORKS = [
  'preferred branch',
  'due calls',
  'final times',
  'first page',
  'another page',
  'all pages, over RPC',
] as const
type Work = (typeof WORKS)[number]

/** A hundred times the blocks may cost this many times as much; the square of the blocks would be 10,000. */
const MOST_GROWTH = 1_000

export const bench: Bench = {
  name: 'blocks',
  title: 'CPU time of answers about this many living blocks, right after the view changed; the ratio is to 100 blocks',
  unit: 'ms',
  rounds: 5,
  limits: Object.keys(SHAPES).flatMap((shape) =>
    WORKS.map((work) => ({ case: nameOf(work, shape, SIZES.at(-1)), of: 'ratio' as const, atMost: MOST_GROWTH })),
  ),
  async prepare() {
    // Another view each time; nothing about it is remembered yet.
    let asked = plant([])
    const at = { number: 1n, hash: ZERO_HASH, parent: ZERO_HASH, time: NOW }
    const handlers = blockHandlers({
      follower: {
        get view() {
          return asked
        },
        status: { state: 'live', at } satisfies FollowerStatus,
        block: (id: Hash) => asked.blocks.get(id),
        async *blocksFrom() {},
        queued: () => undefined,
        body: async () => undefined,
        posted: async () => undefined,
        contentOf: async () => undefined,
      },
    })
    // The others are not called.
    const rest = handlers as unknown as Handlers
    const server = new RpcServer({ methods: API, handlers: rest, log: pino({ level: 'silent' }) }, { port: 0 })
    const node = createNodeClient(await server.start())
    const page = async (after?: Hash) => {
      const answer = await handlers.bridge_blocks({ limit: 500, ...(after ? { after } : {}) })
      JSON.stringify(toWire(answer))
      return answer.next
    }
    const measured: Readonly<Record<Work, () => Promise<number>>> = {
      'preferred branch': () => cpuMs(() => preferredBranch(asked)),
      'due calls': () => cpuMs(() => dueCalls(asked, NOW)),
      'final times': () => cpuMs(() => finalTimesOf(asked, NOW)),
      'first page': () => cpuMs(() => page()),
      'another page': async () => {
        const next = await page()
        return cpuMs(() => page(next))
      },
      'all pages, over RPC': () => cpuMs(() => readAllBlocks(node)),
    }
    const cases = Object.entries(SHAPES).flatMap(([shape, grow]) => {
      const views = SIZES.map((size) => ({ size, view: plant(grow(size)) }))
      return WORKS.flatMap((work) =>
        views.map(({ size, view }): Case => {
          const run = () => {
            asked = { ...view }
            return measured[work]()
          }
          return { name: nameOf(work, shape, size), baseline: nameOf(work, shape, SIZES[0]), run }
        }),
      )
    })
    return { cases, stop: () => server.stop() }
  },
}

function nameOf(work: Work, shape: string, size: number | undefined): string {
  return `${work}, ${shape}, ${size?.toLocaleString('en')}`
}

/** CPU time, since others work on the machine too. */
async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
