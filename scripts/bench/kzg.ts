// Bench: what a blob costs in KZG, by the library that a miner uses where it loads, and by the one that takes its place.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { KzgWork } from './kzg-worker.ts'
import type { Bench } from './measure.ts'

const WORKS: readonly KzgWork[] = ['commitment', 'opening of an element', '128 cell proofs', 'loading']
const workerFile = new URL('./kzg-worker.ts', import.meta.url)

export const bench: Bench = {
  name: 'kzg',
  title: 'CPU time of a thread for a blob, @crate-crypto/node-eth-kzg (native) and kzg-wasm; the ratio is to native',
  unit: 'ms',
  rounds: 3,
  limits: [],
  prepare: () => {
    const threads = ['native', 'wasm'].map((name) => ({ name, worker: new Worker(workerFile, { workerData: name }) }))
    return {
      cases: WORKS.flatMap((work) =>
        threads.map(({ name, worker }) => ({
          name: `${work}, ${name}`,
          baseline: `${work}, native`,
          run: async () => {
            const answer = once(worker, 'message')
            worker.postMessage(work)
            const [value] = await answer
            return Number(value)
          },
        })),
      ),
      stop: async () => {
        await Promise.all(threads.map(({ worker }) => worker.terminate()))
      },
    }
  },
}
