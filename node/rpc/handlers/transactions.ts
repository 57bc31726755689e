// Methods about transactions and accounts: submit, look up, where the money is, what can be spent.

import { isFinal } from '../../bridge/claims.ts'
import { finalTimeOf } from '../../bridge/final-time.ts'
import { requestNumberOf } from '../../bridge/view.ts'
import { OperationError } from '../../errors.ts'
import { assetMovedBy } from '../../ledger/movement.ts'
import { purseOf } from '../../ledger/purse.ts'
import type { LedgerBalance, TransactionRecord } from '../../ledger/types.ts'
import { parentsFirst } from '../../lineage.ts'
import { carriable, encodeProof } from '../../network/proof.ts'
import { takeProof, withMissing } from '../../proof-intake.ts'
import { netOf } from '../../protocol/fee.ts'
import type { Address, Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { packTransaction } from '../../protocol/packed.ts'
import { isRuleError } from '../../protocol/rule-error.ts'
import { decodeTransaction, isPackable, type SignedTransaction } from '../../protocol/transaction.ts'
import type { Handlers, Result } from '../api.ts'
import { elsewhereOf } from './elsewhere.ts'
import { ethereumTime, finalTimeAnswer, type NodeParts } from './parts.ts'
import { reorganisedOf } from './reorganised.ts'

type Bridging = NonNullable<Result<'tx_where'>['bridging']>

export function transactionHandlers(parts: NodeParts) {
  const { ledger, network } = parts
  const lackOf = (infohash: Infohash) => {
    const relayBits = ledger.bitsLacking(infohash)
    return relayBits > 0 ? { relayBits } : {}
  }
  return {
    tx_submit: async ({ file }) => {
      await ledger.submit(file, 'rpc')
      parts.own.add(infohashOf(file))
      return recordOf(parts, infohashOf(file))
    },
    tx_get: async ({ infohash, fetchMs }) => {
      if (fetchMs > 0 && !ledger.has(infohash)) {
        await within(fetchMs, (signal) => network.fetch(infohash, signal)).catch((error: unknown) => {
          throw withMissing(parts, infohash, error)
        })
      }
      return { ...recordOf(parts, infohash), ...strengthOf(parts, infohash) }
    },
    tx_list: async ({ before, limit, unordered }) => {
      const { items, next } = await ledger.newest({ limit, unordered, ...(before === undefined ? {} : { before }) })
      const transactions = items.map((infohash) => recordOf(parts, infohash))
      return { transactions, ...(next === undefined ? {} : { next }) }
    },
    tx_where: async ({ infohash }) => {
      await parts.settle()
      const record = { ...recordOf(parts, infohash), ...strengthOf(parts, infohash) }
      const tx = record.file && decodeTransaction(record.file)
      if (tx?.kind === 'deposit' && record.status === 'waiting')
        return { ...record, elsewhere: [], unread: 0, reorganised: reorganisedOf(parts, tx) }
      if (tx === undefined || !isPackable(tx)) return { ...record, elsewhere: [], unread: 0 }
      const others = await elsewhereOf(parts, packTransaction(tx))
      return {
        ...record,
        ...others,
        ...(tx.kind === 'signed' && tx.bridge ? { bridging: bridgingOf(parts, tx, infohash) } : {}),
      }
    },
    account_balance: async ({ owner, asset }) => {
      const purse = purseOf(owner, asset)
      const outputs = (await ledger.outputs(purse)).map(({ infohash, value, status }) => ({
        ...{ infohash, value, status },
        ...(status === 'accepted' ? { own: isSignedBy(owner, ledger.file(infohash)), ...lackOf(infohash) } : {}),
      }))
      return { ...balanceAnswer(ledger.balance(purse)), ...(asset === undefined ? {} : { asset }), outputs }
    },
    account_assets: async ({ owner, after, limit }) => {
      const { items, next } = await ledger.assets(owner, { limit, ...(after === undefined ? {} : { after }) })
      const assets = items.map(({ asset, ...balance }) => ({ asset, ...balanceAnswer(balance) }))
      return { assets, ...(next === undefined ? {} : { next }) }
    },
    account_inputs: async ({ owner, tokens, asset, most, without }) => {
      const inputs = await ledger.selectInputs(purseOf(owner, asset), tokens, most, without)
      const unordered = new Set<Infohash>()
      for (const { infohash, status } of inputs) {
        if (status !== 'accepted') continue
        unordered.add(infohash)
        for (const ancestor of ledger.pathToFinal(infohash).unordered) unordered.add(ancestor)
      }
      const prev = inputs.map(({ infohash }) => infohash).sort()
      return {
        prev,
        relayBits: ledger.relayBits(purseOf(owner, asset), prev),
        sum: inputs.reduce((sum, { value }) => sum + value, 0n),
        unorderedAncestors: unordered.size,
      }
    },
    account_outputs: async ({ owner, asset, of }) => ({
      outputs: of.map((infohash) => ({ ...ledger.output(purseOf(owner, asset), infohash), ...lackOf(infohash) })),
    }),
    account_history: async ({ owner, limit, cursor, asset }) => {
      const from = cursor === undefined ? {} : { cursor: Number(cursor) }
      const { items, next } = await ledger.history(purseOf(owner, asset), { limit, ...from })
      const transactions = items.map(({ infohash }) => recordOf(parts, infohash))
      return { transactions, ...(next === undefined ? {} : { cursor: `${next}` }) }
    },
    proof_export: async ({ infohash }) => {
      const file = ledger.file(infohash)
      if (file === undefined) {
        throw new OperationError(
          'unknown-transaction',
          `expected transaction ${infohash} on this node, got none; have it fetched first, as "ttx tx show" does`,
        )
      }
      const hint = network.publicAddress()
      const { files, carried, left } = lineageOf(ledger, infohash, file)
      const hints = { peers: hint === undefined ? [] : [hint], trackers: parts.trackers }
      return { torrent: encodeProof(file, hints, carried), files, left }
    },
    proof_import: async ({ torrent, files, fetchMs }) => {
      const take = (fetch?: AbortSignal) => takeProof(parts, { torrent, files, source: 'rpc' }, { fetch })
      return recordOf(parts, await (fetchMs > 0 ? within(fetchMs, take) : take()))
    },
  } satisfies Partial<Handlers>
}

/**
 * The files of the unordered ancestors of a payment, oldest first, those among them that one proof carries, and how many it does not, at least: where they
 * do not all fit, the nearest ones go, since the oldest have been around the longest.
 */
function lineageOf(ledger: NodeParts['ledger'], infohash: Infohash, file: Uint8Array) {
  const { unordered, missing, complete } = ledger.pathToFinal(infohash)
  const known = new Map([[infohash, file]])
  for (const ancestor of unordered) known.set(ancestor, ledger.file(ancestor) ?? new Uint8Array())
  const files = parentsFirst([infohash], known)
    .slice(0, -1)
    .flatMap((ancestor) => known.get(ancestor) ?? [])
  const nearest = new Set(carriable([...known.values()].slice(1)))
  const carried = files.filter((each) => nearest.has(each))
  return { files, carried, left: files.length - carried.length + missing.length + (complete ? 0 : 1) }
}

function recordOf({ ledger, follower }: NodeParts, infohash: Infohash): Result<'tx_get'> {
  const { status, file, firstSeenMs, missing, rivals, block, unorderedAncestors, bitsAsked, error }: TransactionRecord =
    ledger.record(infohash)
  const publishedAt = block && follower?.block(block.id)?.publishedAt
  return {
    infohash,
    status,
    file,
    asset: file && assetMovedBy(decodeTransaction(file), infohash),
    firstSeen: firstSeenMs,
    missing: [...missing],
    rivals: [...rivals],
    block: block?.id,
    blockTime: publishedAt === undefined ? undefined : Number(publishedAt),
    step: block?.step,
    unorderedAncestors,
    relayBits: bitsAsked,
    problem: error && {
      code: error.code,
      message: error.message,
      ...(isRuleError(error, 'invalid-transaction') ? { reason: error.facts.reason } : {}),
    },
  }
}

function strengthOf({ ledger, network }: NodeParts, infohash: Infohash) {
  if (ledger.file(infohash) === undefined) return {}
  return { heldBy: network.holders(infohash), descendants: ledger.descendants(infohash) }
}

/** A take has two who sign. */
function isSignedBy(owner: Address, file: Uint8Array | undefined): boolean {
  const tx = file && decodeTransaction(file)
  if (tx?.kind === 'take') return tx.from === owner || tx.offer.from === owner
  return tx?.kind === 'signed' && tx.from === owner
}

function balanceAnswer({ accepted, ordered, final, pendingOut }: LedgerBalance) {
  return { spendable: accepted + ordered + final, ordered, final, settled: ordered + final + pendingOut }
}

/** Runs `work` with a signal that aborts after this long; no timer is left behind. */
async function within<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), limitMs)
  try {
    return await work(limit.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** Where a request's money is, in times and in words. */
function bridgingOf(parts: NodeParts, tx: SignedTransaction, infohash: Infohash): Bridging {
  const { ledger, follower } = parts
  const base = {
    ...{ recipient: tx.bridge?.to ?? tx.to, gross: tx.tokens, paid: false },
    ...(tx.asset === undefined ? { net: netOf(tx.tokens) } : { asset: tx.asset, net: tx.tokens }),
  }
  const { status, block: place } = ledger.record(infohash)
  if (place === undefined || follower === undefined) return { ...base, waitingFor: WAITING_FOR[status] }
  const where = { ...base, block: place.id, step: place.step }
  const block = follower.block(place.id)
  const view = block === undefined ? follower.view : follower.viewOf(block)
  const number = block && isFinal(block) ? requestNumberOf(block, place.step) : undefined
  if (number !== undefined && view.claimed.has(number))
    return { ...where, paid: true, waitingFor: 'nothing: it was paid on Ethereum' }
  if (block === undefined) return { ...where, waitingFor: 'this node to see its block on Ethereum' }
  if (number !== undefined) return { ...where, waitingFor: tx.asset === undefined ? CLAIM : PAYOUT }
  const time = finalTimeOf(view, place.id, ethereumTime(follower))
  if (time === undefined)
    return { ...where, waitingFor: 'the bridge: its block is on no branch that can become final now' }
  const finalTime = finalTimeAnswer(time)
  return {
    ...where,
    payableAt: finalTime.earliest,
    payableAtLatest: finalTime.latest,
    finalTime,
    waitingFor: 'its block to become final: nobody may refute it, and no heavier branch may come',
  }
}

const CLAIM = 'anyone who claims it, as a relayer or you can do now'
const PAYOUT =
  'the contract that entered the asset: it pays who shows it the proof of the request, by rules of its own; "ttx claim" does where it is a gateway'
const WAITING_FOR: Record<TransactionRecord['status'], string> = {
  unknown: 'its file: nobody has sent it to this node',
  waiting: 'a missing ancestor, or a deposit that no block has ordered',
  accepted: 'a miner to find a block that contains it',
  conflicting: 'nothing: another transaction that spends the same money is in its way',
  invalid: 'nothing: it is invalid',
  ordered: 'its block to become final',
  final: 'its claim',
}
