// Whose an address is, for people: an address alone says nothing to most of them.

import type { Address } from '../../../node/protocol/ids.ts'
import { listWallets } from '../../../node/wallet/wallet-folder.ts'
import { readContacts } from '../contacts/book.ts'
import type { CliContext } from '../context.ts'

/** `0x… (wallet "bob")`, `0x… (contact "carol")`, or `(yourself, wallet "alice")` where it is `own`: the address of the wallet that moves the money. It needs no passphrase. */
export async function describeWhom({ folder }: CliContext, address: Address, own?: Address): Promise<string> {
  const wallets = await listWallets(folder.wallets)
  const contacts = await readContacts(folder.root)
  const is = (named: { readonly address?: Address }) => named.address === address
  const names = [
    ...wallets.filter(is).map(({ name }) => `wallet "${name}"`),
    ...contacts.filter(is).map(({ name }) => `contact "${name}"`),
  ]
  const words = [...(address === own ? ['yourself'] : []), ...names]
  return words.length === 0 ? address : `${address} (${words.join(', ')})`
}
