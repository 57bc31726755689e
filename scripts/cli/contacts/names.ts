// Which names contacts and wallets may have: none that is taken, reads like another one, or could be an address.

import { looksLike } from '../../../node/client/symbol.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { listWallets } from '../../../node/wallet/wallet-folder.ts'
import type { CliContext } from '../context.ts'
import { CONTACT_NAME, readContacts } from './book.ts'

/** Digits of an address that people compare, at each end. */
const COMPARED_DIGITS = 4

type Known = { readonly name: string; readonly what: 'contact' | 'wallet'; readonly address?: Address }

/**
 * For a new contact, or a contact's new name; `besides` is the contact that is renamed. Throws `OperationError`: 'bad-contact-name', 'contact-exists',
 * and what reading throws.
 */
export async function checkContactName(context: CliContext, name: string, besides?: string): Promise<void> {
  if (!CONTACT_NAME.test(name)) throw badName(name, 'a name of 1 to 32 characters a-z, 0-9, - and _')
  if (/^0x/.test(name) || (/^[0-9a-f]+$/.test(name) && name.length >= 8)) {
    throw badName(name, 'a name that cannot be taken for an address or an id')
  }
  const known = (await knownNames(context)).filter((each) => !(each.what === 'contact' && each.name === besides))
  const same = known.find((each) => each.name === name)
  if (same !== undefined) {
    throw new OperationError(
      'contact-exists',
      `expected a name that nothing has yet, got "${name}", which is a ${same.what}${same.address === undefined ? '' : ` at ${same.address}`}; choose another name, or remove that one first`,
      { facts: { name, what: same.what } },
    )
  }
  const like = known.find((each) => looksLike(each.name, name))
  if (like !== undefined) throw badName(name, `a name that does not read like ${like.what} "${like.name}"`)
}

/** For a wallet: a contact of that name would become ambiguous. Throws `OperationError('contact-exists')`. */
export async function checkNoContact({ folder }: CliContext, name: string): Promise<void> {
  const contact = (await readContacts(folder.root)).find((each) => each.name === name)
  if (contact === undefined) return
  throw new OperationError(
    'contact-exists',
    `expected a name that nothing has yet, got "${name}", which is a contact at ${contact.address}; choose another name, or rename that one first`,
    { facts: { name, what: 'contact' } },
  )
}

/** What somebody should be told of an address that gets a name: it is known already, or begins and ends like one that is. */
export async function warningsOfAddress(context: CliContext, address: Address, name: string): Promise<string[]> {
  const known = (await knownNames(context)).filter((each) => each.name !== name)
  return known.flatMap((each) =>
    each.address === address ? [`${each.what} "${each.name}" has this address too`] : imitations(each, address),
  )
}

/** The same of an address that is paid. One that has a name is meant. */
export async function warningsOfPayee(context: CliContext, payee: Address): Promise<string[]> {
  const known = await knownNames(context)
  return known.some(({ address }) => address === payee) ? [] : known.flatMap((each) => imitations(each, payee))
}

function imitations({ name, what, address: known }: Known, address: Address): string[] {
  const ends = (text: Address) => [text.slice(2, 2 + COMPARED_DIGITS), text.slice(-COMPARED_DIGITS)].join()
  if (known === undefined || ends(known) !== ends(address)) return []
  return [
    `it begins and ends like ${what} "${name}", which is ${known}: such addresses are made to be mistaken for others`,
  ]
}

async function knownNames({ folder }: CliContext): Promise<Known[]> {
  const wallets = await listWallets(folder.wallets)
  return [
    ...wallets.map(({ name, address }) => ({ name, what: 'wallet' as const, ...(address && { address }) })),
    ...(await readContacts(folder.root)).map((contact) => ({ ...contact, what: 'contact' as const })),
  ]
}

function badName(name: string, expected: string): OperationError {
  return new OperationError(
    'bad-contact-name',
    `expected ${expected}, got ${JSON.stringify(name.slice(0, 80))}; choose another name`,
    { facts: { name: name.slice(0, 80) } },
  )
}
