// Payments that were signed, and of which nobody was told what became: kept until the result was written out, so that the same command after a crash, or
// after a node that did not answer, hands in the same file again instead of signing a second payment.

import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { handIn, type Paid } from '../../../node/client/pay.ts'
import { makeFolder } from '../../../node/disk.ts'
import { writeDurably } from '../../../node/durable.ts'
import { OperationError } from '../../../node/errors.ts'
import { encodeText, formatHex } from '../../../node/protocol/bytes.ts'
import { sha1 } from '../../../node/protocol/hash.ts'
import type { Address, Infohash } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { decodeTransaction, type SignedTransaction } from '../../../node/protocol/transaction.ts'
import type { CliContext } from '../context.ts'
import type { NodeLink } from '../link.ts'

/** What `pay` returns, but for what an earlier command alone knew. */
export type PaidOnce<T> = T & { readonly isEarlier: boolean; readonly acknowledge: () => Promise<void> }
type Keep = (file: Uint8Array) => Promise<void>
type Outcome = { readonly infohash: Infohash; readonly unorderedAncestors: number; readonly record: Paid['record'] }

/** Who repeats a command after a week may mean a second payment, and is asked to say so. */
const KEPT_SECONDS = 7 * 86_400
const COUNTS: ReadonlySet<string> = new Set(['accepted', 'ordered', 'final'])

/**
 * `intent` is what the user asked for: the same twice is the same payment until `acknowledge` was called, which is after the result was written out;
 * the payments of `owner` are locked until then. `pay` is called unless there is such a payment. Throws as `handIn` does, `payment-under-way` also where the
 * node does not count it, or it was kept for a week, and `outbox-damaged`.
 */
export async function payOnce(
  { folder, signal, log }: CliContext,
  node: NodeLink,
  owner: Address,
  intent: readonly (string | bigint | undefined)[],
  pay: (keep: Keep) => Promise<Outcome>,
): Promise<PaidOnce<Outcome>> {
  const { chain, bridge, genesis } = node.info.network
  const all = [owner, chain, bridge, genesis, ...intent].map((part) => (part === undefined ? null : `${part}`))
  const name = `${owner}-${formatHex(sha1(encodeText(JSON.stringify(all))))}.json`
  const file = join(folder.outbox, 'payments', name)
  // What stays is handed in again by the next command, which says so: no second payment.
  const acknowledge = async () => {
    await rm(file, { force: true }).catch((error) => log.warn({ file, error }, 'a payment that was told stays kept'))
  }
  const earlier = await readKept(file)
  try {
    if (earlier === undefined) {
      const paid = await pay((signed) => keep(file, signed))
      checkCounted(paid)
      return { ...paid, isEarlier: false, acknowledge }
    }
    const { infohash, record } = await handIn(node, earlier, signal)
    checkCounted({ infohash, record })
    return { infohash, record, unorderedAncestors: record.unorderedAncestors, isEarlier: true, acknowledge }
  } catch (error) {
    if (hasEnded(error) || (earlier === undefined && isUnsent(error))) await acknowledge()
    throw error
  }
}

/** Whether it is known that the payment was not made, or what became of it is about to be said. */
function hasEnded(error: unknown): boolean {
  if (error instanceof RuleError) return error.code !== 'unknown-rule' // by a node that may have its own ideas of rules
  return error instanceof OperationError && error.code === 'transaction-conflicting'
}

function isUnsent(error: unknown): boolean {
  const isAway = error instanceof OperationError && error.code === 'node-unreachable'
  return isAway && error.facts['problem'] === 'no-connection'
}

async function readKept(file: string): Promise<Uint8Array | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // What cannot be read may be a payment: to go on would sign a second one.
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (text === undefined) return undefined
  const bytes = encodeText(text)
  const tx = decodeKept(file, bytes)
  // By this machine's clock, which may have been wrong then or be wrong now: nothing is paid again on its word.
  if (tx.time + KEPT_SECONDS >= Math.floor(Date.now() / 1_000)) return bytes
  throw old(file, infohashOf(bytes), tx.time)
}

function decodeKept(file: string, bytes: Uint8Array): SignedTransaction {
  let cause: unknown
  try {
    const tx = decodeTransaction(bytes)
    if (tx.kind === 'signed') return tx
  } catch (error) {
    cause = error
  }
  throw new OperationError(
    'outbox-damaged',
    `expected ${file} to hold a payment that was signed and of which nobody was told, got something else; see "ttx tx list" whether it was made, then remove the file to pay again`,
    { facts: { file }, cause },
  )
}

/** Throws `payment-under-way` where the node has it, and does not count it: it may count elsewhere, or later. */
function checkCounted({ infohash, record: { status } }: Pick<Outcome, 'infohash' | 'record'>): void {
  if (COUNTS.has(status)) return
  throw new OperationError(
    'payment-under-way',
    `expected the node to count payment ${infohash}, which it calls ${status}: something that it spends may be missing there; use the node with which it was made. See "ttx status ${infohash}" before you pay again; the same command hands in this very payment again, which counts once`,
    { facts: { infohash, status } },
  )
}

function old(file: string, infohash: Infohash, time: number): OperationError {
  const at = new Date(1_000 * time).toISOString()
  return new OperationError(
    'payment-under-way',
    `expected no payment of the same words that nobody was told of, got ${infohash}, signed at ${at}: see "ttx status ${infohash}" whether it was made, then remove ${file} to pay again`,
    { facts: { infohash, file } },
  )
}

async function keep(file: string, signed: Uint8Array): Promise<void> {
  await makeFolder(dirname(file))
  await writeDurably(file, signed)
}
