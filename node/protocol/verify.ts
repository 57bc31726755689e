// What can be judged of a transaction without any state: its fields, its signature, its sender, its id.

import { decodeAsset, isEntered } from './asset.ts'
import { equalBytes } from './bytes.ts'
import { type Address, type Infohash, ZERO_ADDRESS } from './ids.ts'
import { infohashOf } from './infohash.ts'
import { type PackedFields, packTransaction, unpackTransaction } from './packed.ts'
import { RuleError } from './rule-error.ts'
import type { Reason, Rules } from './rules.ts'
import { recoverSender } from './signature.ts'
import { decodeTransaction, encodeTransaction, isMemo, type SignedTransaction } from './transaction.ts'
import { signingDigest, type TransactionBody } from './typed-data.ts'

/** A transaction that is right in itself; whether its inputs are there is a matter of the state. */
export type VerifiedTransaction = {
  readonly tx: SignedTransaction
  readonly infohash: Infohash
  readonly file: Uint8Array
  readonly packed: Uint8Array
}

/** Judges a packed transaction as the contract does, steps 1 to 3 of docs/protocol.md section 4. Total. */
export function verifyPacked(rules: Rules, packed: Uint8Array): VerifiedTransaction | Reason {
  const fields = unpackTransaction(packed)
  if (fields === undefined) return 'Malformed'
  const reason = checkFields(rules, fields)
  if (reason !== 'None') return reason
  const body = bodyOf(rules, fields)
  const from = recoverSender(signingDigest(body), fields.signature)
  if (from === undefined) return 'BadSignature'
  const tx: SignedTransaction = { kind: 'signed', from, signature: fields.signature, ...body }
  const file = encodeTransaction(tx)
  return { tx, infohash: infohashOf(file), file, packed }
}

/**
 * Judges a file that a peer sent. Throws `RuleError` with the code `bad-transaction-file`, `not-signed` (a deposit or a genesis,
 * which no peer can make), or `invalid-transaction` with the reason in its facts.
 */
export function verifyFile(rules: Rules, file: Uint8Array): VerifiedTransaction {
  const tx = decodeTransaction(file)
  if (tx.kind !== 'signed') throw new RuleError('not-signed', `expected a signed transaction, got a ${tx.kind}`)
  const v = tx.signature[64]
  const verified = v === 27 || v === 28 ? verifyPacked(rules, packTransaction(tx)) : 'BadSignature'
  if (typeof verified === 'string') throw invalidTransaction(verified, infohashOf(file))
  // What the packed form leaves out (from; a request's `to` and chain) must be what it implies.
  if (!equalBytes(verified.file, file)) {
    const wrong =
      verified.tx.to !== tx.to || verified.tx.bridge?.chain !== tx.bridge?.chain ? 'BadPayee' : 'BadSignature'
    throw invalidTransaction(wrong, infohashOf(file))
  }
  return verified
}

/** The error for a transaction that the step function refuses. */
export function invalidTransaction(reason: Reason, infohash: Infohash): RuleError {
  return new RuleError('invalid-transaction', `transaction ${infohash} is invalid: ${EXPLANATIONS[reason]}`, {
    infohash,
    reason,
  })
}

function checkFields(rules: Rules, fields: PackedFields): Reason {
  if (fields.tokens === 0n) return 'ZeroTokens'
  if (fields.memo !== undefined && !isMemo(fields.memo)) return 'BadMemo'
  if (fields.prev.some((infohash, i) => i > 0 && infohash <= (fields.prev[i - 1] ?? ''))) return 'BadPrev'
  const asset = fields.asset && decodeAsset(fields.asset)
  if (fields.asset !== undefined && (asset === undefined || (fields.request && !isEntered(asset)))) return 'BadAsset'
  if (fields.payee === ZERO_ADDRESS || fields.payee === rules.bridge) return 'BadPayee'
  if (fields.request && (fields.payee === rules.token || fields.payee === asset)) return 'BadPayee'
  if (fields.request && asset === undefined && fields.tokens < rules.minRequest) return 'BelowMinimum'
  return 'None'
}

function bodyOf(rules: Rules, fields: PackedFields): TransactionBody {
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

const EXPLANATIONS: Record<Reason, string> = {
  None: 'nothing is wrong with it',
  Malformed: 'its packed form has no shape',
  ZeroTokens: 'it moves no tokens; the least amount is one base unit',
  BadMemo: 'its memo has a character outside 0x20 to 0x7e, a quote or a backslash',
  BadPrev: 'its inputs are not strictly ascending',
  BadPayee:
    'its payee is zero, the bridge without a request, the token, the asset itself, or a bridge on another chain',
  BelowMinimum: 'it asks to bridge less than the minimum',
  BadSignature: 'its signature is not canonical or was not made by the sender that it names',
  MissingInput: 'it spends an output that its sender does not own (any more)',
  Overspend: 'its inputs or its account hold less than it spends',
  BadAsset: 'its asset is of no kind that there is, or was issued on TTX and cannot be requested on Ethereum',
  OutputExists: 'it creates an output that exists',
  Overflow: 'an output or an account would hold more than 2^128 - 1 base units',
}
