// Having requests in final blocks paid, whoever their recipients are.

import { OperationError } from '../../errors.ts'
import { claimCall } from '../../ethereum/calls.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import type { Address, Hash, Infohash } from '../../protocol/ids.ts'
import type { Result } from '../../rpc/api.ts'
import { claimPages } from '../claim-pages.ts'
import type { NodeClient } from '../rpc.ts'
import { carryOutOnce, type Done } from './carry-out.ts'

export type Claim = Result<'bridge_claims'>['claims'][number]
/** One request by its infohash, or all that go to an address. */
export type ClaimQuestion = { readonly infohash: Infohash } | { readonly recipient: Address }

/** Requests in one transaction. */
const BATCH = 50

/**
 * What was paid, and by which transactions; `isEarlier`: all of it. What is under way, or was done and not acknowledged, is not sent once more. Throws
 * `nothing-to-claim`, what the node throws, and what
 * `carryOut` throws.
 */
export async function claim(
  node: NodeClient,
  sender: TransactionSender,
  question: ClaimQuestion,
  signal?: AbortSignal,
): Promise<Done & { readonly claims: readonly Claim[]; readonly transactions: readonly Hash[] }> {
  const claims = await claimsOf(node, question, signal)
  if (claims.length === 0) throw await nothingToClaim(node, question, signal)
  const done: (Done & { readonly transaction: Hash })[] = []
  for (const ofBlock of Map.groupBy(claims, ({ block }) => block).values()) {
    for (let offset = 0; offset < ofBlock.length; offset += BATCH) {
      const batch = ofBlock.slice(offset, offset + BATCH)
      const [first] = batch
      if (first === undefined) continue
      const intent = `claim requests ${batch.map(({ number }) => number)} of block ${first.block}`
      const { receipt, ...each } = await carryOutOnce(sender, intent, () => claimCall(first.sealed, batch), signal)
      done.push({ ...each, transaction: receipt.hash })
    }
  }
  return {
    claims,
    transactions: done.map(({ transaction }) => transaction),
    isEarlier: done.every(({ isEarlier }) => isEarlier),
    acknowledge: async () => {
      for (const { acknowledge } of done) await acknowledge()
    },
  }
}

async function claimsOf(node: NodeClient, question: ClaimQuestion, signal?: AbortSignal): Promise<readonly Claim[]> {
  if ('infohash' in question) return (await node.call('bridge_claims', question, signal)).claims
  const claims: Claim[] = []
  for await (const page of claimPages(node, question, signal)) claims.push(...page)
  return claims
}

async function nothingToClaim(
  node: NodeClient,
  question: ClaimQuestion,
  signal?: AbortSignal,
): Promise<OperationError> {
  if ('recipient' in question) {
    return new OperationError(
      'nothing-to-claim',
      'expected a request of this wallet in a final block that is not paid yet, got none; if a claim was cut off before it said so, all was paid: "ttx balance" shows it, and "ttx status INFOHASH" where a request is',
    )
  }
  const { infohash } = question
  const { status, bridging } = await node.call('tx_where', { infohash }, signal)
  const why =
    bridging === undefined ? `it is not a bridge request that this node knows (${status})` : bridging.waitingFor
  return new OperationError(
    'nothing-to-claim',
    `expected a request in a final block that is not paid yet, got ${infohash}: ${why}`,
    { facts: { infohash, status } },
  )
}
