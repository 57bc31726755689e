// Whom a command means: an address, or a wallet or a contact by its name.

import { OperationError } from '../../node/errors.ts'
import { type Address, parseAddress } from '../../node/protocol/ids.ts'
import { listWallets } from '../../node/wallet/wallet-folder.ts'
import { readContacts } from './contacts/book.ts'
import type { CliContext } from './context.ts'

/** For the help of arguments that `addressOf` reads. */
export const WHOSE = 'an address, or the name of a contact or of a wallet of yours'

/** Throws `OperationError`: 'bad-address', and what reading the contacts throws. It needs no passphrase. */
export async function addressOf({ folder }: CliContext, text: string): Promise<Address> {
  if (/^0x[0-9a-f]{40}$/i.test(text.trim())) return parseAddress(text.trim())
  const wallets = await listWallets(folder.wallets)
  const contacts = await readContacts(folder.root)
  const wallet = wallets.find(({ name }) => name === text)
  const contact = contacts.find(({ name }) => name === text)?.address
  // Of a wallet whose file cannot be read nobody knows the address, so that it may be another one.
  if (wallet !== undefined && contact !== undefined && wallet.address !== contact)
    throw ambiguous(text, wallet.address, contact)
  const address = wallet?.address ?? contact
  if (address !== undefined) return address
  const almost = [...wallets, ...contacts].find(({ name }) => name === text.trim().toLowerCase())?.name
  const advice = almost === undefined ? nameAdvice(text) : `; did you mean "${almost}"?`
  const list = (named: readonly { readonly name: string }[]) => named.map(({ name }) => name).join(', ') || 'none'
  throw new OperationError(
    'bad-address',
    `expected an address (0x and 40 hex digits) or the name of a wallet in ${folder.wallets} or of a contact, got ${JSON.stringify(text.slice(0, 80))}; wallets there: ${list(wallets)}; contacts: ${list(contacts)}${advice}`,
    { facts: { wallets: wallets.map(({ name }) => name), contacts: contacts.map(({ name }) => name) } },
  )
}

function ambiguous(name: string, wallet: Address | undefined, contact: Address): OperationError {
  return new OperationError(
    'bad-address',
    `expected a name of one address, got "${name}", which is a wallet of yours ${wallet === undefined ? 'whose file names no address' : `at ${wallet}`} and a contact at ${contact}; give the address itself, or rename one of them`,
    { facts: { name, contact, ...(wallet && { wallet }) } },
  )
}

function nameAdvice(text: string): string {
  return /^[^\s/]+\.[a-z]{2,}$/i.test(text.trim())
    ? '; names of the ENS are not looked up: give the address itself, or add it once with "ttx contact add"'
    : ''
}
