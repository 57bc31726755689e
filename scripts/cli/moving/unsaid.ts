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
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { decodeTransaction } from '../../../node/protocol/transaction.ts'
import type { CliContext } from '../context.ts'
import type { NodeLink } from '../link.ts'

/** What `pay` returns, but for what an earlier command alone knew. */
export type PaidOnce<T> = T & { readonly isEarlier: boolean; readonly acknowledge: () => Promise<void> }
type Keep = (file: Uint8Array) => Promise<void>
type Outcome = { readonly infohash: Infohash; readonly unorderedAncestors: number; readonly record: Paid['record'] }

/** Who repeats a command after a week means a second payment. */
const KEPT_SECONDS = 7 * 86_400

/**
 * `intent` is what the user asked for: the same twice is the same payment until `acknowledge` was called, which is after the result was written out;
 * the payments of `owner` are locked until then. `pay` is called unless there is such a payment, and throws as `handIn` does.
 */
export async function payOnce(
  { folder, signal }: CliContext,
  node: NodeLink,
  owner: Address,
  intent: readonly (string | bigint | undefined)[],
  pay: (keep: Keep) => Promise<Outcome>,
): Promise<PaidOnce<Outcome>> {
  const { chain, bridge, genesis } = node.info.network
  const all = [owner, chain, bridge, genesis, ...intent].map((part) => (part === undefined ? null : `${part}`))
  const name = `${owner}-${formatHex(sha1(encodeText(JSON.stringify(all))))}.json`
  const file = join(folder.outbox, 'payments', name)
  const acknowledge = () => rm(file, { force: true })
  const earlier = await readKept(file)
  try {
    if (earlier === undefined) {
      const paid = await pay((signed) => keep(file, signed))
      return { ...paid, isEarlier: false, acknowledge }
    }
    const { infohash, record } = await handIn(node, earlier, signal)
    return { infohash, record, unorderedAncestors: record.unorderedAncestors, isEarlier: true, acknowledge }
  } catch (error) {
    if (hasEnded(error) || (earlier === undefined && isUnsent(error))) await acknowledge()
    throw error
  }
}

/** Whether it is known that the payment was not made, or what became of it is about to be said. */
function hasEnded(error: unknown): boolean {
  return error instanceof RuleError || (error instanceof OperationError && error.code === 'transaction-conflicting')
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
  try {
    const bytes = encodeText(text)
    const tx = decodeTransaction(bytes)
    const isOld = tx.kind !== 'signed' || tx.time + KEPT_SECONDS < Math.floor(Date.now() / 1_000)
    return isOld ? undefined : bytes
  } catch {
    return undefined // not one of ours: these are written whole
  }
}

async function keep(file: string, signed: Uint8Array): Promise<void> {
  await makeFolder(dirname(file))
  await writeDurably(file, signed)
}
