// What one endpoint says of a call that is sent everywhere: the world as it has it, which need not be the world.

import type { Hash } from '../../../protocol/ids.ts'
import type { Receipt } from '../../reader.ts'
import type { Attempt } from '../attempt.ts'
import type { Endpoint } from '../endpoint.ts'
import { type Glance, type Glances, orNothing } from './glances.ts'

export type View = Glance & {
  readonly endpoint: Endpoint
  /** Whether what the call is for has come about; absent if the endpoint does not say. */
  readonly isOver: boolean | undefined
  /** By the hash of the attempt. */
  readonly receipts: ReadonlyMap<Hash, Receipt>
  /** For each nonce that is not used up, the newest attempt that the endpoint has. */
  readonly known: ReadonlyMap<number, Attempt>
}

/** Throws where the endpoint says too little to act on. */
export async function readView(
  glances: Glances,
  endpoint: Endpoint,
  attempts: readonly Attempt[],
  isOver: (endpoint: Endpoint) => Promise<boolean>,
): Promise<View> {
  const glance = await glances.at(endpoint)
  const newestFirst = attempts.toReversed()
  const used = newestFirst.filter(({ nonce }) => nonce < glance.latest)
  const open = newestFirst.filter(({ nonce }) => nonce >= glance.latest)
  const [receipts, known] = await Promise.all([receiptsOf(endpoint, used), knownOf(endpoint, open)])
  // Later than the receipts: what they did has come about by then. And if it has come about without them, it may have been one of ours in the meantime.
  const over = await orNothing(isOver(endpoint))
  const all = over === true && receipts.size === 0 ? await receiptsOf(endpoint, newestFirst) : receipts
  return { ...glance, endpoint, receipts: all, known, isOver: over }
}

/** One for each nonce at most. */
async function receiptsOf(endpoint: Endpoint, attempts: readonly Attempt[]): Promise<ReadonlyMap<Hash, Receipt>> {
  const receipts = new Map<Hash, Receipt>()
  const found = new Set<number>()
  for (const { hash, nonce } of attempts) {
    if (found.has(nonce)) continue
    const receipt = await orNothing(endpoint.receipt(hash))
    if (receipt === undefined) continue
    receipts.set(hash, receipt)
    found.add(nonce)
  }
  return receipts
}

async function knownOf(endpoint: Endpoint, attempts: readonly Attempt[]): Promise<ReadonlyMap<number, Attempt>> {
  const known = new Map<number, Attempt>()
  for (const attempt of attempts) {
    if (known.has(attempt.nonce)) continue
    // An endpoint that does not say may well have it: then it is raised, not offered for less.
    if (await endpoint.isKnown(attempt.hash).catch(() => true)) known.set(attempt.nonce, attempt)
  }
  return known
}
