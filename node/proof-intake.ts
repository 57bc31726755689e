// Importing a proof: the transaction that a `.torrent` names, and the ancestors that this node lacks.

import { OperationError } from './errors.ts'
import type { TransactionLedger } from './ledger/types.ts'
import type { Network } from './network/network.ts'
import { parseProof } from './network/proof.ts'
import type { Infohash } from './protocol/ids.ts'

export type ProofTaker = { readonly ledger: TransactionLedger; readonly network: Network }

// Rounds of fetching: each brings what the last one showed to be missing.
const MAX_ROUNDS = 1_000

/**
 * Submits `files` (ancestors, oldest first) and what is in the proof, then fetches what is still missing from the peers that the proof names and
 * from connected nodes until `signal` aborts; without one nothing is fetched. Throws `RuleError('bad-proof' | 'bad-torrent' | …)`,
 * and what the ledger and the network throw.
 */
export async function takeProof(
  { ledger, network }: ProofTaker,
  proof: { readonly torrent: Uint8Array; readonly files: readonly Uint8Array[]; readonly source: string },
  signal?: AbortSignal,
): Promise<Infohash> {
  const { infohash, file, peers } = parseProof(proof.torrent)
  for (const ancestor of proof.files) await submitAncestor(ledger, ancestor, proof.source)
  if (file !== undefined) await ledger.submit(file, proof.source)
  for (let round = 0; signal !== undefined && round < MAX_ROUNDS; round++) {
    const { status, missing } = ledger.record(infohash)
    const wanted = status === 'unknown' ? [infohash] : missing
    if (wanted.length === 0) break
    for (const next of wanted) await network.fetch(next, signal, { peers })
  }
  return infohash
}

/** A deposit that this node has not read yet comes from Ethereum, and must not keep what spends it from being accepted. */
async function submitAncestor(ledger: TransactionLedger, file: Uint8Array, source: string): Promise<void> {
  try {
    await ledger.submit(file, source)
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'deposit-not-queued')) throw error
  }
}
