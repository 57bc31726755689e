// Bench: what a watcher needs for a look, a verdict and a pass over all cases, with up to ten thousand living blocks, without a node.

import { pino } from 'pino'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { Accusations } from '../../miner/watch/accusations.ts'
import { Cases } from '../../miner/watch/cases.ts'
import { type Living, readLiving } from '../../miner/watch/living.ts'
import { Names } from '../../miner/watch/names.ts'
import { openJudge } from '../../miner/watch/open-judge.ts'
import { byUrgency } from '../../miner/watch/urgency.ts'
import { EthereumAccount } from '../../node/ethereum/account.ts'
import { connectEthereum } from '../../node/ethereum/agreeing/http-chain.ts'
import { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import { type Hash, ZERO_HASH } from '../../node/protocol/ids.ts'
import { Crowd, type CrowdBlock } from './crowd.ts'
import type { Bench, Case } from './measure.ts'

const SIZES = [100, 1_000, 4_000, 10_000]
const LENGTH = 128
/** Blocks whose verdicts are timed. */
const SAMPLE = 100

const SHAPES: Readonly<Record<string, (i: number) => number | undefined>> = {
  flat: () => undefined,
  'branches of 128': (i) => (i % LENGTH === 0 ? undefined : i - 1),
}

const WORKS = [
  'look, nothing known',
  'look, others know',
  'look, all known',
  'verdict by logs',
  'order',
  'all wrong',
] as const
type Work = (typeof WORKS)[number]

/** A hundred times the blocks may cost this many times as much; the square of the blocks would be 10,000. */
const MOST_GROWTH = 400

export const bench: Bench = {
  name: 'watcher',
  title: 'seconds of a watcher with this many living blocks on anvil, without a node; the ratio is to 100 blocks',
  unit: 's',
  rounds: 1,
  limits: Object.keys(SHAPES).flatMap((shape) =>
    WORKS.map((work) => ({ case: nameOf(work, shape, SIZES.at(-1)), of: 'ratio' as const, atMost: MOST_GROWTH })),
  ),
  async prepare() {
    const stack = new AsyncDisposableStack()
    const cases: Case[] = []
    for (const [shape, parentOf] of Object.entries(SHAPES)) {
      const crowd = stack.use(await Crowd.start())
      const world = openWorld(crowd, stack)
      const blocks: CrowdBlock[] = []
      for (const size of SIZES) {
        for (const work of WORKS) {
          const run = async () => {
            // Anvil keeps no old states of this many blocks: each size is measured when it is reached, the smallest first.
            await crowd.grow(blocks, size, parentOf)
            return await RUNS[work]({ ...world, at: await crowd.client.getBlockNumber(), blocks })
          }
          cases.push({ name: nameOf(work, shape, size), baseline: nameOf(work, shape, SIZES[0]), run })
        }
      }
    }
    return { cases, stop: () => stack.disposeAsync() }
  },
}

type World = ReturnType<typeof openWorld>
type Scene = World & { readonly at: bigint; readonly blocks: readonly CrowdBlock[] }

const RUNS: Readonly<Record<Work, (scene: Scene) => Promise<number>>> = {
  'look, nothing known': (scene) => look(scene, {}),
  'look, others know': (scene) => look(scene, { hints: [scene.blocks.map(({ id }) => id)] }),
  'look, all known': (scene) => look(scene, { known: [scene.ground, ...scene.blocks.map(({ id }) => id)] }),
  'verdict by logs': async ({ crowd, logs, log, signal, blocks }) => {
    await using kzg = new KzgPool()
    const judge = openJudge({ rules: crowd.rules, log, logs, kzg, genesis: crowd.genesis })
    judge.keep(new Set(blocks.map(({ id }) => id)), new Set([crowd.ground.id]))
    const sample = blocks.slice(-SAMPLE)
    const seconds = await secondsOf(async () => {
      for (const { id } of sample) {
        const { verdict } = await judge.judge(id, signal)
        if (verdict !== 'valid') throw new Error(`block ${id} is ${verdict}`)
      }
    })
    return seconds / blocks.filter(({ id }) => judge.verdictOn(id) !== undefined).length
  },
  order: async (scene) => {
    const tree = await treeOf(scene)
    return await secondsOf(() => byUrgency(tree))
  },
  'all wrong': async (scene) => {
    const tree = await treeOf(scene)
    const wrong = { verdict: 'invalid', step: 0, problem: 'WrongState', stated: ZERO_HASH } as const
    const accusations = new Accusations({
      ...{
        log: scene.log,
        cases: new Cases(scene.log),
        names: new Names(),
        isActing: true,
        alarms: { raise: () => undefined },
        signal: scene.signal,
      },
      judge: { verdictOn: () => wrong, prove: () => Promise.reject(new Error('nobody asks for it here')) },
      lookout: { looks: 1, seers: [{ name: 'bench', view: { tree, look: 1 } }], nodeBlocks: () => [] },
      pursuits: { most: 16, isFull: true, isUnderWay: () => false, begin: () => undefined },
    })
    return await secondsOf(() => {
      accusations.closeDead()
      accusations.accuse()
    })
  },
}

async function look(
  { ethereum, at, signal, blocks }: Scene,
  question: { known?: readonly Hash[]; hints?: readonly Hash[][] },
) {
  let tree: Living | undefined
  const seconds = await secondsOf(async () => {
    tree = await readLiving(ethereum, { at, known: [], signal, ...question })
  })
  if (tree?.blocks.size !== blocks.length) throw new Error(`expected ${blocks.length} blocks, got ${tree?.blocks.size}`)
  return seconds
}

async function treeOf({ ethereum, at, signal, ground, blocks }: Scene): Promise<Living> {
  return await readLiving(ethereum, { at, known: [ground, ...blocks.map(({ id }) => id)], signal })
}

function openWorld(crowd: Crowd, stack: AsyncDisposableStack) {
  const signer = privateKeyToAccount(generatePrivateKey())
  const ethereum = new EthereumAccount({ urls: [crowd.url], network: crowd.rules, signer, now: Date.now })
  const chain = connectEthereum([crowd.url], crowd.rules)
  stack.defer(() => {
    ethereum.close()
    chain.close()
  })
  const { signal } = new AbortController()
  const logs = [{ name: 'anvil', chain }]
  return { crowd, ethereum, logs, signal, log: pino({ level: 'silent' }), ground: crowd.ground.id }
}

function nameOf(work: Work, shape: string, size: number | undefined): string {
  return `${work}, ${shape}, ${size?.toLocaleString('en')}`
}

async function secondsOf(work: () => unknown): Promise<number> {
  const startedMs = performance.now()
  await work()
  return (performance.now() - startedMs) / 1_000
}
