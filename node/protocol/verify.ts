// What can be judged of a transaction without any state: its fields, its signature, its sender, its id.

import { decodeAsset, isEntered } from './asset.ts'
import { equalBytes } from './bytes.ts'
import { type Address, type Infohash, ZERO_ADDRESS } from './ids.ts'
import { infohashOf } from './infohash.ts'
import { isMemo } from './members.ts'
import { amountOf, type Offer } from './offer.ts'
import { type PackedTake, type PackedTransfer, packTransaction, unpackTransaction } from './packed.ts'
import { PROBLEM_WORDS } from './problems.ts'
import { RuleError } from './rule-error.ts'
import type { Reason, Rules } from './rules.ts'
import { recoverSender } from './signature.ts'
import {
  decodeTransaction,
  encodeTransaction,
  type PackableTransaction,
  type SignedTransaction,
  type TakeTransaction,
} from './transaction.ts'
import { offerDigest, signingDigest, type TransactionBody, takeDigest } from './typed-data.ts'

/** A transaction that is right in itself; whether its inputs are there is a matter of the state. */
export type VerifiedTransaction<Tx extends PackableTransaction = PackableTransaction> = {
  readonly tx: Tx
  readonly infohash: Infohash
  readonly file: Uint8Array
  readonly packed: Uint8Array
}

/** Judges a packed transaction as the contract does, steps 1 to 3 of docs/protocol.md section 4. Total. */
export function verifyPacked(rules: Rules, packed: Uint8Array): VerifiedTransaction | Reason {
  const fields = unpackTransaction(packed)
  if (fields === undefined) return 'Malformed'
  const tx = fields.kind === 'take' ? takeOf(fields) : transferOf(rules, fields)
  if (typeof tx === 'string') return tx
  const file = encodeTransaction(tx)
  return { tx, infohash: infohashOf(file), file, packed }
}

/**
 * Judges a file that a peer sent. Throws `RuleError` with the code `bad-transaction-file`, `not-signed` (a deposit or a genesis,
 * which no peer can make), or `invalid-transaction` with the reason in its facts.
 */
export function verifyFile(rules: Rules, file: Uint8Array): VerifiedTransaction {
  const tx = decodeTransaction(file)
  if (tx.kind !== 'signed' && tx.kind !== 'take')
    throw new RuleError('not-signed', `expected a signed transaction, got a ${tx.kind}`)
  const isPackable = [tx, ...(tx.kind === 'take' ? [tx.offer] : [])].every(
    ({ signature: { 64: v } }) => v === 27 || v === 28,
  )
  const verified = isPackable ? verifyPacked(rules, packTransaction(tx)) : 'BadSignature'
  if (typeof verified === 'string') throw invalidTransaction(verified, infohashOf(file))
  // What the packed form leaves out (from; a request's `to` and chain) must be what it implies.
  if (!equalBytes(verified.file, file)) {
    const isOther = tx.kind === 'signed' && verified.tx.kind === 'signed' && isOtherPayee(tx, verified.tx)
    const wrong = isOther ? 'BadPayee' : 'BadSignature'
    throw invalidTransaction(wrong, infohashOf(file))
  }
  return verified
}

/** The error for a transaction that the step function refuses. */
export function invalidTransaction(reason: Reason, infohash: Infohash): RuleError {
  return new RuleError(
    'invalid-transaction',
    `transaction ${infohash} is invalid: ${reason === 'None' ? 'nothing is wrong with it' : PROBLEM_WORDS[reason].meaning}`,
    {
      infohash,
      reason,
    },
  )
}

function isOtherPayee(a: SignedTransaction, b: SignedTransaction): boolean {
  return a.to !== b.to || a.bridge?.chain !== b.bridge?.chain
}

function transferOf(rules: Rules, fields: PackedTransfer): SignedTransaction | Reason {
  const reason = checkFields(rules, fields)
  if (reason !== 'None') return reason
  const body = bodyOf(rules, fields)
  const from = recoverSender(signingDigest(body), fields.signature)
  return from === undefined ? 'BadSignature' : { kind: 'signed', from, signature: fields.signature, ...body }
}

function takeOf({ offer: packed, memo, prev, time, signature }: PackedTake): TakeTransaction | Reason {
  const { give, want, taker } = packed
  if (give.tokens === 0n || want.tokens === 0n) return 'ZeroTokens'
  if (memo !== undefined && !isMemo(memo)) return 'BadMemo'
  if (!isAscending(packed.prev) || !isAscending(prev)) return 'BadPrev'
  const [given, wanted] = [amountOf(give), amountOf(want)]
  if (given === undefined || wanted === undefined) return 'BadAsset'
  // Else one output would be payment and change at once.
  if (given.asset === wanted.asset) return 'BadOffer'
  const body = { ...packed, give: given, want: wanted }
  const maker = recoverSender(offerDigest(body), packed.signature)
  if (maker === undefined) return 'BadSignature'
  const offer: Offer = { ...body, from: maker }
  const said = { offer, prev, time, ...(memo === undefined ? {} : { memo }) }
  const from = recoverSender(takeDigest(said), signature)
  if (from === undefined) return 'BadSignature'
  if (from === maker || (taker !== undefined && taker !== from)) return 'BadOffer'
  return { kind: 'take', from, signature, ...said }
}

function isAscending(prev: readonly Infohash[]): boolean {
  return prev.every((infohash, i) => i === 0 || infohash > (prev[i - 1] ?? ''))
}

function checkFields(rules: Rules, fields: PackedTransfer): Reason {
  if (fields.tokens === 0n) return 'ZeroTokens'
  if (fields.memo !== undefined && !isMemo(fields.memo)) return 'BadMemo'
  if (!isAscending(fields.prev)) return 'BadPrev'
  const asset = fields.asset && decodeAsset(fields.asset)
  if (fields.asset !== undefined && (asset === undefined || (fields.request && !isEntered(asset)))) return 'BadAsset'
  if (fields.payee === ZERO_ADDRESS || fields.payee === rules.bridge) return 'BadPayee'
  if (fields.request && (fields.payee === rules.token || fields.payee === asset)) return 'BadPayee'
  if (fields.request && asset === undefined && fields.tokens < rules.minRequest) return 'BelowMinimum'
  return 'None'
}

function bodyOf(rules: Rules, fields: PackedTransfer): TransactionBody {
  const { payee, tokens, time, prev, memo } = fields
  const to: Address = fields.request ? rules.bridge : payee
  const asset = fields.asset && decodeAsset(fields.asset)
  return {
    to,
    tokens,
    time,
    prev,
    ...(memo === undefined ? {} : { memo }),
    ...(asset === undefined ? {} : { asset }),
    ...(fields.issuance ? { issuance: true } : {}),
    ...(fields.request ? { bridge: { chain: rules.chain, to: payee } } : {}),
  }
}
