// Ids as arguments of commands: of which kinds they may be, and words for where another kind was wanted.

import { InvalidArgumentError } from 'commander'
import { type AnyId, readId } from '../../../node/client/any-id.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'

export type IdKind = 'transaction' | 'block' | 'account' | 'ethereum'

/** For the help of arguments. */
export const TRANSACTION_HELP =
  'the transaction: its infohash, a magnet link, or the hash of the transaction of Ethereum that put it into the queue'
export const BLOCK_HELP = 'the block: its id, or the hash of the transaction of Ethereum that published it'

const WORDS: Readonly<Record<IdKind, string>> = {
  transaction: 'an infohash (40 hex digits, 32 digits of base32, or a magnet link)',
  block: 'the id of a block (0x and 64 hex digits)',
  ethereum: 'the hash of a transaction of Ethereum (0x and 64 hex digits)',
  account: 'an address (0x and 40 hex digits) or the name of a wallet or a contact',
}
const LISTS: Readonly<Record<IdKind, string>> = {
  transaction: '"ttx tx list" shows those of your wallet',
  block: '"ttx block list" shows them',
  ethereum: 'the command that sent it said it',
  account: '"ttx wallet list" shows yours',
}

/** For commander: an argument that may be of these kinds. Throws its `InvalidArgumentError`, which says what was given instead. */
export function parseIdOf(...wanted: readonly IdKind[]): (text: string) => AnyId {
  return (text) => {
    const id = idIn(text)
    if (id !== undefined && kindsOf(id).some((kind) => wanted.includes(kind))) return id
    const [first = 'transaction'] = wanted
    throw new InvalidArgumentError(`Expected ${expected(wanted)}; got ${describe(text, id)}. ${capital(LISTS[first])}.`)
  }
}

/** For commander, where only a transaction of TTX will do: see `transactionOf`. */
export const parseTransaction = parseIdOf('transaction', 'ethereum')

/** Completes "expected …". */
export function expected(wanted: readonly IdKind[]): string {
  const words = wanted.map((kind) => WORDS[kind])
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : (words[0] ?? '')
}

/** What an id may be. */
function kindsOf(id: AnyId): readonly IdKind[] {
  switch (id.kind) {
    case 'infohash':
      return ['transaction']
    case 'hash':
      return ['block', 'ethereum']
    case 'account':
      return ['account', 'transaction']
    case 'name':
      return id.infohash === undefined ? ['account'] : ['account', 'transaction']
  }
}

function describe(text: string, id: AnyId | undefined): string {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
  switch (id?.kind) {
    case 'infohash':
      return `${shown}, an infohash`
    case 'hash':
      return `${shown}, which is as long as the id of a block or the hash of a transaction of Ethereum`
    case 'account':
      return `${shown}, which is as long as an address`
    case 'name':
    case undefined:
      return shown
  }
}

function idIn(text: string): AnyId | undefined {
  try {
    return readId(text)
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    throw new InvalidArgumentError(`${capital(error.message)}.`)
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
