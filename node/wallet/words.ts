// The words of a wallet (BIP-39, English) and the key that follows from them (BIP-32).

import { HDKey } from '@scure/bip32'
import { generateMnemonic, mnemonicToSeed, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { OperationError } from '../errors.ts'

/** Where MetaMask and geth's tools keep Ethereum accounts (BIP-44, coin type 60): the last number, from 0 on, is the index. */
export const KEY_FOLDER = "m/44'/60'/0'/0"
/** BIP-32: indexes from 2^31 on are hardened ones, which no wallet uses here. */
export const MAX_INDEX = 2 ** 31 - 1

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

/** Keys of words, opened once for as many indexes as are wanted: deriving the seed takes a tenth of a second. Disposing wipes it. */
export type Phrase = Disposable & {
  /** BIP-32 fingerprint of the root, 8 hex digits: tells that two wallets are of the same words, and nothing of the words. */
  readonly fingerprint: string
  /** The 32-byte private key at an index, which the caller wipes. */
  readonly keyAt: (index: number) => Uint8Array
}

/** `words` is what `createWords` or `parseWords` returned; no BIP-39 passphrase. */
export async function openPhrase(words: string): Promise<Phrase> {
  const seed = await mnemonicToSeed(words)
  const root = HDKey.fromMasterSeed(seed)
  seed.fill(0)
  const folder = root.derive(KEY_FOLDER)
  const fingerprint = root.fingerprint.toString(16).padStart(8, '0')
  root.wipePrivateData()
  return {
    fingerprint,
    keyAt: (index) => {
      const leaf = folder.deriveChild(index)
      const key = Uint8Array.from(leaf.privateKey ?? [])
      leaf.wipePrivateData()
      return key
    },
    [Symbol.dispose]: () => void folder.wipePrivateData(),
  }
}

/** The 32-byte private key of the first account, or that at another index. */
export async function keyOfWords(words: string, index = 0): Promise<Uint8Array> {
  using phrase = await openPhrase(words)
  return phrase.keyAt(index)
}

function badWords(problem: string, facts: Record<string, number | readonly string[]>): OperationError {
  return new OperationError('bad-words', `${problem}; compare each word and its place with what you wrote down`, {
    facts,
  })
}
