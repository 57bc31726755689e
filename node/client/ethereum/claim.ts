// Having requests in final blocks paid, for whomever they are.

import { OperationError } from '../../errors.ts'
import { claimCall } from '../../ethereum/calls.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import type { Address, Hash, Infohash } from '../../protocol/ids.ts'
import type { Result } from '../../rpc/api.ts'
import { claimPages } from '../claim-pages.ts'
import type { NodeClient } from '../rpc.ts'
import { carryOut } from './carry-out.ts'

export type Claim = Result<'bridge_claims'>['claims'][number]
/** One request by its infohash, or all that go to an address. */
export type ClaimQuestion = { readonly infohash: Infohash } | { readonly recipient: Address }

/** Requests in one transaction. */
const BATCH = 50

/** What was paid, and by which transactions. Throws `nothing-to-claim`, what the node throws, and what `carryOut` throws. */
export async function claim(
  node: NodeClient,
  sender: TransactionSender,
  question: ClaimQuestion,
  signal?: AbortSignal,
): Promise<{ readonly claims: readonly Claim[]; readonly transactions: readonly Hash[] }> {
  const claims = await claimsOf(node, question, signal)
  if (claims.length === 0) throw await nothingToClaim(node, question, signal)
  const transactions: Hash[] = []
  for (const ofBlock of Map.groupBy(claims, ({ block }) => block).values()) {
    for (let offset = 0; offset < ofBlock.length; offset += BATCH) {
      const batch = ofBlock.slice(offset, offset + BATCH)
      const [first] = batch
      if (first !== undefined) transactions.push((await carryOut(sender, claimCall(first.sealed, batch), signal)).hash)
    }
  }
  return { claims, transactions }
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
      'expected a request of this wallet in a final block that is not paid yet, got none; "ttx status INFOHASH" says where a request is',
    )
  }
  const { infohash } = question
  const { status, bridging } = await node.call('tx_where', { infohash }, signal)
  const why = bridging === undefined ? `it is no bridge request that this node knows (${status})` : bridging.waitingFor
  return new OperationError(
    'nothing-to-claim',
    `expected a request in a final block that is not paid yet, got ${infohash}: ${why}`,
    { facts: { infohash, status } },
  )
}
