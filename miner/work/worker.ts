// One thread of the pool: a single long task of short searches that watches a generation counter in shared memory.

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Hash } from '../../node/protocol/ids.ts'
import { createKernel } from './kernels/kernels.ts'
import type { KernelName } from './kernels/names.ts'
import type { NonceSearch } from './kernels/search.ts'
import { encodeNonce, type Work } from './nonce.ts'

/** What all threads and the pool share. The poster of orders raises `generation` after that and notifies. */
export type Control = {
  readonly buffer: SharedArrayBuffer
  readonly generation: Int32Array<SharedArrayBuffer>
  /** Hashes done so far, one number per slot. */
  readonly hashes: BigUint64Array<SharedArrayBuffer>
}

/** `work` undefined: rest until the next order. */
export type Order = { readonly id: number; readonly work: Work | undefined }
export type Find = { readonly id: number; readonly nonce: Hash }
/** The kernel cannot be used: the thread waits until it is ended. */
export type Fault = { readonly fault: string }
export type MiningTask = {
  readonly buffer: SharedArrayBuffer
  /** Index into `hashes`. */
  readonly slot: number
  readonly prefix: Uint8Array
  readonly kernel: KernelName
  /** Orders come in, finds go out: at most one find per order. */
  readonly port: MessagePort
}

const HASHES_OFFSET = 8

export function createControl(slots: number): Control {
  return viewControl(new SharedArrayBuffer(HASHES_OFFSET + 8 * slots))
}

/** Runs until the thread is ended. Its event loop does not run in that time; messages are fetched, not awaited. */
export function mine(task: MiningTask): never {
  const { generation, hashes } = viewControl(task.buffer)
  const search = openKernel(task)
  while (search === undefined) Atomics.wait(generation, 0, Atomics.load(generation, 0))
  const batch = BigInt(search.batch)
  let seen = -1
  let order: Order = { id: -1, work: undefined }
  let isSearching = false
  // Never reset, so that a thread that gets the same work again goes on instead of starting over.
  let counter = 0n
  for (;;) {
    const current = Atomics.load(generation, 0)
    if (current !== seen) {
      // Read before the messages: an order that comes after this read raises the generation again.
      seen = current
      const newest = takeNewest(task.port)
      if (newest !== undefined) {
        order = newest
        isSearching = order.work !== undefined
        if (order.work !== undefined) search.load(order.work, task.prefix)
      }
    }
    if (!isSearching) {
      Atomics.wait(generation, 0, seen)
      continue
    }
    const hit = search.search(counter, search.batch)
    const next = hit === undefined ? counter + batch : hit + 1n
    Atomics.add(hashes, task.slot, next - counter)
    counter = next
    if (hit !== undefined) {
      task.port.postMessage({ id: order.id, nonce: encodeNonce(task.prefix, hit) } satisfies Find)
      isSearching = false
    }
  }
}

/** Undefined if it cannot be used, which is told to the pool. */
function openKernel({ kernel, port }: MiningTask): NonceSearch | undefined {
  try {
    return createKernel(kernel)
  } catch (error) {
    port.postMessage({ fault: error instanceof Error ? error.message : String(error) } satisfies Fault)
    return undefined
  }
}

function viewControl(buffer: SharedArrayBuffer): Control {
  return { buffer, generation: new Int32Array(buffer, 0, 1), hashes: new BigUint64Array(buffer, HASHES_OFFSET) }
}

function takeNewest(port: MessagePort): Order | undefined {
  let newest: Order | undefined
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    newest = next.message as Order // Only the pool has the other end.
  }
  return newest
}
