// The file `offer.json`: read in the one form that it may have, and judged as far as that goes without any state.

import { encodeText, equalBytes } from './bytes.ts'
import { type Infohash, ZERO_ADDRESS } from './ids.ts'
import { infohashOf } from './infohash.ts'
import { encodeOffer, type Offer, readOffer } from './offer.ts'
import { RuleError } from './rule-error.ts'
import { recoverSender } from './signature.ts'
import { offerDigest } from './typed-data.ts'

/** More than the longest one has. */
export const MAX_OFFER_BYTES = 2_048

/** The infohash of its torrent, by which people name it. */
export function offerId(offer: Offer): Infohash {
  return infohashOf(encodeOffer(offer))
}

/**
 * White space around it is passed over: it was copied out of something. Throws `RuleError('bad-offer')` unless the rest is exactly what `encodeOffer`
 * writes, its maker has signed it, and somebody could take it.
 */
export function decodeOffer(text: string): Offer {
  const offer = parse(text.trim())
  if (!equalBytes(encodeOffer(offer), encodeText(text.trim()))) {
    throw bad(
      'canonical JSON (RFC 8785): sorted members, no white space, lower-case hex, plain decimals',
      'another form',
    )
  }
  const { give, want, prev, from, taker, signature } = offer
  if (give.tokens === 0n || want.tokens === 0n) throw bad('more than zero on both sides', 'zero')
  if (give.asset === want.asset) throw bad('two assets', 'one for itself')
  if (prev.some((infohash, i) => i > 0 && infohash <= (prev[i - 1] ?? ''))) {
    throw bad('inputs in ascending order, each once', 'others')
  }
  // Its signature is that of an offer to anybody, which has a file of its own.
  if (taker === ZERO_ADDRESS) throw bad('a taker who has a key', 'zero')
  if (taker === from) throw bad('a taker who is not the maker', 'the maker')
  if (recoverSender(offerDigest(offer), signature) !== from) throw bad(`the signature of ${from}`, 'another one')
  return offer
}

function parse(text: string): Offer {
  try {
    return readOffer(JSON.parse(text))
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof RuleError)) throw cause
    throw bad('the JSON of one', cause instanceof RuleError ? cause.message : 'text that is not JSON', cause)
  }
}

function bad(expected: string, got: string, cause?: unknown): RuleError {
  const message = `not an offer: expected ${expected}, got ${got}; get the file again from its maker`
  return new RuleError('bad-offer', message, {}, { cause })
}
