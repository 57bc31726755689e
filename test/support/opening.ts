// The opening of a step in calldata by its parts, so that a test can change one of them (docs/protocol.md section 7.7).

import assert from 'node:assert/strict'
import type { Refutation } from '../../node/ethereum/refute-call.ts'
import { concat } from '../../node/protocol/bytes.ts'
import { type Hash, toBytes, toHash } from '../../node/protocol/ids.ts'

type Leaf = { readonly state: Hash; readonly siblings: readonly Hash[] }
export type Opening = Leaf & { readonly previous?: Leaf & { readonly stepHash: Hash } }

export function splitOpening({ index, opening }: Pick<Refutation['proof'], 'index' | 'opening'>): Opening {
  const words = Array.from({ length: opening.length / 32 }, (_, i) => toHash(opening.subarray(32 * i, 32 * i + 32)))
  // Both leaves have as many siblings; that before has the hash of its step as well.
  const part = index === 0 ? words.length : (words.length - 1) / 2
  assert(Number.isInteger(part), `${opening.length} bytes are no opening of step ${index}`)
  const own = leafOf(words.slice(0, part))
  const [stepHash, ...rest] = words.slice(part)
  return stepHash === undefined ? own : { ...own, previous: { stepHash, ...leafOf(rest) } }
}

export function joinOpening({ state, siblings, previous }: Opening): Uint8Array {
  const before = previous ? [previous.stepHash, previous.state, ...previous.siblings] : []
  return concat(...[state, ...siblings, ...before].map(toBytes))
}

function leafOf([state, ...siblings]: readonly Hash[]): Leaf {
  assert(state, 'each leaf has a state')
  return { state, siblings }
}
