// Signs a payment in as many ways as it takes until its infohash has the work that nodes ask for before they hand it on.

import { OperationError } from '../errors.ts'
import { infohashOf } from '../protocol/infohash.ts'
import { encodeTransaction, type PackableTransaction } from '../protocol/transaction.ts'
import { relayBitsOf } from '../relay-bits.ts'

/** As far as it is at hand. */
type KeyAtHand = {
  /** See `signDigest`. */
  readonly signVariant?: (digest: Uint8Array, variant: number) => Uint8Array
}

/** A wallet signs some 11,000 times a second: a minute and a half, on average. */
const MOST_BITS = 20
/** Signatures between two looks at the signal and at what else there is to do. */
const AT_ONCE = 256

/**
 * The first variant of a signature of `digest` with which the infohash of what `make` makes of it begins with `bits` zero bits: of the same things always
 * the same. Throws `OperationError('relay-work')` where that is too much, or the signer has no key at hand, and the reason of the signal.
 */
export async function signWithWork<T extends PackableTransaction>(
  signer: KeyAtHand,
  digest: Uint8Array,
  bits: number,
  make: (signature: Uint8Array) => T,
  signal?: AbortSignal,
): Promise<T> {
  const signVariant = signer.signVariant?.bind(signer)
  if (bits > MOST_BITS) throw tooMuch(bits)
  if (signVariant === undefined) throw noKey(bits)
  for (let variant = 0; ; variant++) {
    const tx = make(signVariant(digest, variant))
    if (relayBitsOf(infohashOf(encodeTransaction(tx))) >= bits) return tx
    if (variant % AT_ONCE !== AT_ONCE - 1) continue
    await new Promise((resolve) => setTimeout(resolve, 0))
    signal?.throwIfAborted()
  }
}

const NEXT =
  'wait until a block orders some of them ("ttx status" of one says when that is expected), or pay with other money'

function tooMuch(bits: number): OperationError {
  return new OperationError(
    'relay-work',
    `expected a payment that nodes hand on, got one for which they ask ${bits} bits of work, as so many payments hang on the same coin already: 2^${bits} signatures; ${NEXT}`,
    { facts: { bits } },
  )
}

function noKey(bits: number): OperationError {
  return new OperationError(
    'relay-work',
    `expected a key that is at hand, got a signer elsewhere: so many payments hang on the same coin already that nodes ask for 2^${bits} signatures of this one; ${NEXT}, or use a wallet of this data folder`,
    { facts: { bits } },
  )
}
