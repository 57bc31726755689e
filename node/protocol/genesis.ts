// The first transaction of a network: a constant that creates the entire supply for the owner of one key.

import { addressOfKey, type Infohash } from './ids.ts'
import { infohashOf } from './infohash.ts'
import { RuleError } from './rule-error.ts'
import { SUPPLY } from './rules.ts'
import { recoverSender } from './signature.ts'
import { type State, stateOf } from './state.ts'
import { encodeTransaction, type GenesisTransaction } from './transaction.ts'
import { signingDigest } from './typed-data.ts'

/** `sign` returns r ‖ s ‖ v over a 32-byte digest, by the private key of `key` (64 bytes). `time` is unix seconds. */
export function createGenesis(
  key: Uint8Array,
  time: number,
  sign: (digest: Uint8Array) => Uint8Array,
): GenesisTransaction {
  const body = { to: addressOfKey(key), tokens: SUPPLY, time }
  return { kind: 'genesis', key, ...body, signature: sign(signingDigest({ ...body, prev: [] })) }
}

/** Throws `RuleError('bad-genesis')` unless the key owns the entire supply and signed it. */
export function checkGenesis(genesis: GenesisTransaction): void {
  const owner = addressOfKey(genesis.key)
  const signer = recoverSender(signingDigest({ ...genesis, prev: [] }), genesis.signature)
  if (genesis.to === owner && genesis.tokens === SUPPLY && signer === owner) return
  throw new RuleError(
    'bad-genesis',
    'expected a genesis that gives the whole supply to its own key and is signed by it',
  )
}

export function genesisInfohash(genesis: GenesisTransaction): Infohash {
  return infohashOf(encodeTransaction(genesis))
}

/** The state of the genesis block: one output and one account. */
export function genesisState(genesis: GenesisTransaction): State {
  return stateOf([{ infohash: genesisInfohash(genesis), owner: genesis.to, value: genesis.tokens }])
}
