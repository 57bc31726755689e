// Importing a proof: the transaction that a `.torrent` names and the ancestors in it, then from the peers what is still missing.

import { OperationError } from './errors.ts'
import type { TransactionLedger } from './ledger/types.ts'
import { parentsFirst } from './lineage.ts'
import type { Network } from './network/network.ts'
import { parseProof } from './network/proof.ts'
import type { OwnPayments } from './own-payments.ts'
import type { Infohash } from './protocol/ids.ts'
import { infohashOf } from './protocol/infohash.ts'
import { RuleError } from './protocol/rule-error.ts'

export type ProofTaker = {
  readonly ledger: Pick<TransactionLedger, 'submit' | 'record' | 'file'>
  readonly network: Pick<Network, 'fetch'>
  /** Remembers that the user's coins hang on it. */
  readonly own: Pick<OwnPayments, 'add'>
}

export type ProofSignals = {
  /** Aborts the fetching of what is missing; without it nothing is fetched. */
  readonly fetch?: AbortSignal | undefined
  /** Aborts the rest too, between two files. */
  readonly stop?: AbortSignal | undefined
}

// Rounds of fetching: each brings what the last one showed to be missing.
const MAX_ROUNDS = 1_000
/** Files that are verified in one turn of the event loop, some 2 ms each. */
const FILES_AT_ONCE = 16
/** Missing ancestors that a message names. */
const MAX_NAMED = 8

/**
 * Submits what is in the proof, parents first: of the ancestors that it carries those from which its transaction descends, and all of `files`, which the
 * node's own operator gave. Then fetches what is still missing from the peers that the proof names and from connected nodes.
 * Throws `RuleError('bad-proof' | 'bad-torrent' | …)`, `OperationError('ancestors-not-found')`, and what the ledger and the network throw.
 */
export async function takeProof(
  parts: ProofTaker,
  proof: { readonly torrent: Uint8Array; readonly files: readonly Uint8Array[]; readonly source: string },
  { fetch, stop }: ProofSignals = {},
): Promise<Infohash> {
  const { ledger } = parts
  const { infohash, file = ledger.file(infohash), ancestors, peers } = parseProof(proof.torrent)
  const known = new Map<Infohash, Uint8Array>()
  for (const each of [...ancestors, ...proof.files]) known.set(infohashOf(each), each)
  const given = proof.files.map(infohashOf)
  if (file !== undefined) known.set(infohash, file)
  const order = parentsFirst([...given, infohash], known)
  for (let at = 0; at < order.length; at += FILES_AT_ONCE) {
    stop?.throwIfAborted()
    const files = order.slice(at, at + FILES_AT_ONCE).map(async (each) => {
      const bytes = known.get(each)
      if (bytes === undefined) return
      if (each === infohash) await ledger.submit(bytes, proof.source)
      else await submitAncestor(ledger, bytes, proof.source)
    })
    await Promise.all(files)
  }
  parts.own.add(infohash)
  if (fetch !== undefined) {
    await fetchMissing(parts, infohash, { signal: fetch, peers })
    parts.own.add(infohash)
  }
  return infohash
}

/** What a payment still needs from others: itself, or ancestors of which this node knows that they are missing, at most 64. */
export function stillMissing({ ledger }: Pick<ProofTaker, 'ledger'>, infohash: Infohash): readonly Infohash[] {
  const { status, missing } = ledger.record(infohash)
  return status === 'unknown' ? [infohash] : missing
}

async function fetchMissing(
  parts: ProofTaker,
  infohash: Infohash,
  { signal, peers }: { readonly signal: AbortSignal; readonly peers: readonly string[] },
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const wanted = stillMissing(parts, infohash)
    if (wanted.length === 0) return
    // All at once: one that nobody has must not keep the others waiting until the end.
    const fetched = await Promise.allSettled(wanted.map((each) => parts.network.fetch(each, signal, { peers })))
    const failed = fetched.find((each) => each.status === 'rejected')
    if (failed !== undefined) throw withMissing(parts, infohash, failed.reason)
  }
}

/** `error`, or, where the payment is here and nobody delivered what it descends from, one that says what is missing. */
export function withMissing({ ledger }: Pick<ProofTaker, 'ledger'>, infohash: Infohash, error: unknown): unknown {
  if (!(error instanceof OperationError && error.code === 'transaction-not-found')) return error
  const { status, missing } = ledger.record(infohash)
  if (status === 'unknown' || missing.length === 0) return error
  const named = missing.slice(0, MAX_NAMED).join(', ')
  const others = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : ''
  return new OperationError(
    'ancestors-not-found',
    `expected peers to deliver the ancestors of payment ${infohash}, but ${missing.length} did not come in time: ${named}${others}; ask the payer for a proof with its ancestors ("ttx proof export") and import that, or try again when more nodes are connected`,
    { facts: { infohash, count: missing.length, missing: [...missing] }, retry: true, cause: error },
  )
}

/**
 * One that breaks a rule makes what descends from it invalid, which is said of that. A deposit that this node has not read yet comes from
 * Ethereum, and must not keep what spends it from being accepted.
 */
async function submitAncestor(ledger: ProofTaker['ledger'], file: Uint8Array, source: string): Promise<void> {
  try {
    await ledger.submit(file, source)
  } catch (error) {
    if (error instanceof RuleError) return
    if (!(error instanceof OperationError && error.code === 'deposit-not-queued')) throw error
  }
}
