// The kernels: which there are, which of them this machine can run, and which is the fastest here.

import { OperationError } from '../../../node/errors.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { PREFIX_BYTES, type Work } from '../nonce.ts'
import { KERNELS, type KernelName } from './names.ts'
import { createNativeSearch, nativeKernels } from './native.ts'
import { createNobleSearch } from './noble.ts'
import type { NonceSearch } from './search.ts'
import { createWasmSearch } from './wasm.ts'

export const REFERENCE: KernelName = 'noble'
/** Counters that a kernel is checked on: one in `EASY` is a hit. */
const CHECKED = 512
const EASY = 16n
const CHECKED_WORK: Work = { challenge: ZERO_HASH, miner: ZERO_ADDRESS, target: 2n ** 256n / EASY - 1n }
/** Beyond 32 bits, and over the border of the next ones. */
const CHECKED_FROM = 2n ** 40n - BigInt(CHECKED / 2)
const ROUNDS = 3
const ROUND_MS = 4

/** Those that this machine can run. */
export function kernelsHere(): readonly KernelName[] {
  const native: readonly KernelName[] = nativeKernels()
  return KERNELS.filter((name) => name === REFERENCE || name === 'wasm' || native.includes(name))
}

/** Throws `OperationError('kernel-absent')` if it does not run here, and `OperationError('kernel-wrong')` if it does not find what the reference finds. */
export function createKernel(name: KernelName): NonceSearch {
  if (!kernelsHere().includes(name)) throw absent(name)
  const search = createUnchecked(name)
  if (name !== REFERENCE) checkKernel(name, search)
  return search
}

function createUnchecked(name: KernelName): NonceSearch {
  if (name === 'noble') return createNobleSearch()
  return name === 'wasm' ? createWasmSearch() : createNativeSearch(name)
}

/** Throws `OperationError('kernel-wrong')` unless it finds on a range what the reference finds, no more and no less. */
export function checkKernel(name: KernelName, search: NonceSearch): void {
  const [found, expected] = [search, createNobleSearch()].map(findAll)
  if (`${found}` === `${expected}`) return
  throw new OperationError(
    'kernel-wrong',
    `expected kernel ${name} to find the nonces that the reference finds, got others: it is not used; report this with the model of the processor`,
    { facts: { kernel: name } },
  )
}

function findAll(search: NonceSearch): bigint[] {
  search.load(CHECKED_WORK, new Uint8Array(PREFIX_BYTES))
  const found: bigint[] = []
  const end = CHECKED_FROM + BigInt(CHECKED)
  for (let from = CHECKED_FROM; from < end; ) {
    const hit = search.search(from, Number(end - from))
    if (hit === undefined) break
    found.push(hit)
    from = hit + 1n
  }
  return found
}

let fastest: readonly KernelName[] | undefined

/** By speed on this machine, the fastest first; measured once in a process, some 50 ms. The reference is the last one. */
export function kernelsBySpeed(): readonly KernelName[] {
  fastest ??= measureKernels()
  return fastest
}

function measureKernels(): readonly KernelName[] {
  const running = kernelsHere().flatMap((name) => {
    if (name === REFERENCE) return []
    try {
      const search = createKernel(name)
      search.load({ ...CHECKED_WORK, target: 0n }, new Uint8Array(PREFIX_BYTES))
      return [{ name, search, rate: 0 }]
    } catch {
      return [] // `benchmark` and a miner that is told to take it say why
    }
  })
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of running) each.rate = Math.max(each.rate, rateOf(each.search))
  }
  return [...running.sort((a, b) => b.rate - a.rate).map(({ name }) => name), REFERENCE]
}

/** Hashes per millisecond. */
function rateOf(search: NonceSearch): number {
  const beganMs = performance.now()
  let done = 0
  let passedMs = 0
  for (; passedMs < ROUND_MS; passedMs = performance.now() - beganMs) {
    search.search(0n, search.batch)
    done += search.batch
  }
  return done / passedMs
}

function absent(name: KernelName): OperationError {
  return new OperationError(
    'kernel-absent',
    `expected a kernel that runs on this machine, got ${name}; here run ${kernelsHere().join(', ')}: take one of these, or "auto"`,
    { facts: { kernel: name } },
  )
}
