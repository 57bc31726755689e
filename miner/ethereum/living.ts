// The tree of blocks that live above the final one, read from the contract's own links: an endpoint that drops logs cannot hide one.

import { OperationError } from '../../node/errors.ts'
import { type Hash, ZERO_HASH } from '../../node/protocol/ids.ts'
import type { Ethereum, Links } from '../ethereum.ts'

export type Living = {
  readonly final: Hash
  /** Unrefuted, on an unrefuted way from the final block. */
  readonly blocks: ReadonlySet<Hash>
}

/** Each costs its publisher a bond of 20,000,000 gas; more than so many alive at a time are not looked through. */
const MOST = 4_096

/**
 * As of block `at` of Ethereum. What is in `known` is asked for in one question; each new generation or sibling costs another. Throws what
 * `Ethereum` throws, and `OperationError('too-many-blocks')`.
 */
export async function readLiving(ethereum: Ethereum, at: bigint, known: Iterable<Hash>): Promise<Living> {
  const links = new Map<Hash, Links>()
  const learn = async (ids: readonly Hash[]) => {
    const answer = await ethereum.links(ids, at)
    for (const [i, each] of answer.links.entries()) links.set(ids[i] as Hash, each) // one for each, in order
    return answer.final
  }
  const final = await learn([...new Set(known)])
  const blocks = new Set<Hash>()
  for (let frontier: readonly Hash[] = [final]; frontier.length > 0; ) {
    const strange = frontier.filter((id) => !links.has(id))
    if (strange.length > 0) await learn(strange)
    frontier = frontier.flatMap((id) => {
      const { firstChild, nextSibling } = links.get(id) as Links // just learnt
      return id === final ? [firstChild] : [firstChild, nextSibling]
    })
    // A liar's links may run in circles.
    frontier = frontier.filter((id) => id !== ZERO_HASH && id !== final && !blocks.has(id))
    for (const id of frontier) blocks.add(id)
    if (blocks.size > MOST) {
      throw new OperationError(
        'too-many-blocks',
        `expected at most ${MOST} living blocks, got more from ${ethereum.name}`,
        { facts: { endpoint: ethereum.name, most: MOST } },
      )
    }
  }
  return { final, blocks }
}
