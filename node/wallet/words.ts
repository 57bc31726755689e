// The words of a wallet (BIP-39, English) and the key that follows from them (BIP-32).

import { HDKey } from '@scure/bip32'
import { generateMnemonic, mnemonicToSeed, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { OperationError } from '../errors.ts'

/** Where MetaMask, Ledger and geth's tools keep the first Ethereum account (BIP-44, coin type 60). */
const KEY_PATH = "m/44'/60'/0'/0/0"

const ENTROPY_BITS = 128
const WORD_COUNTS: readonly number[] = [12, 15, 18, 21, 24]

/** 12 fresh words, 128 bits from the system's random source, separated by single spaces. */
export function createWords(): string {
  return generateMnemonic(wordlist, ENTROPY_BITS)
}

/**
 * Words as somebody typed them, in the one form that the key follows from: lower case, single spaces.
 * Throws `OperationError('bad-words')`, whose text names positions and never a word.
 */
export function parseWords(text: string): string {
  const words = text.normalize('NFKD').toLowerCase().split(/\s+/).filter(Boolean)
  if (!WORD_COUNTS.includes(words.length)) {
    throw badWords(`expected ${WORD_COUNTS.join(', ')} words, got ${words.length}`, { words: words.length })
  }
  const unknown = words.flatMap((word, i) => (wordlist.includes(word) ? [] : [String(i + 1)]))
  if (unknown.length > 0) {
    throw badWords(`expected words of the English BIP-39 list, got others at position ${unknown.join(', ')}`, {
      positions: unknown,
    })
  }
  const joined = words.join(' ')
  if (!validateMnemonic(joined, wordlist)) {
    throw badWords('expected words whose checksum fits, got words of the list that do not belong together', {
      words: words.length,
    })
  }
  return joined
}

/** The 32-byte private key at `KEY_PATH`. `words` is what `createWords` or `parseWords` returned; no BIP-39 passphrase. */
export async function keyOfWords(words: string): Promise<Uint8Array> {
  const seed = await mnemonicToSeed(words)
  const root = HDKey.fromMasterSeed(seed)
  const leaf = root.derive(KEY_PATH)
  const key = Uint8Array.from(leaf.privateKey ?? [])
  root.wipePrivateData()
  leaf.wipePrivateData()
  seed.fill(0)
  return key
}

function badWords(problem: string, facts: Record<string, number | readonly string[]>): OperationError {
  return new OperationError('bad-words', `${problem}; compare each word and its place with what you wrote down`, {
    facts,
  })
}
