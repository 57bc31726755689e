// ttx contact: names for addresses of others.

import type { Command } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import { type Address, parseAddress, ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { contactsFile, lockContacts, readContacts, writeContacts } from '../../contacts/book.ts'
import { checkContactName, warningsOfAddress } from '../../contacts/names.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'

export function registerContact(program: Command, act: Act): void {
  const contact = program
    .command('contact')
    .helpGroup(AUDIENCE.bridge)
    .summary('names for addresses: add, list, remove, rename')
    .description(
      'Names for addresses of others, which every command takes where it takes an address. The whole address is shown before money leaves. They are in <data>/contacts.json, which only you can read.',
    )
  addExamples(
    contact,
    'ttx contact add bob 0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    'ttx send 25 bob --wallet alice',
  )
  addExamples(
    contact
      .command('add')
      .summary('give an address a name')
      .description(
        'Give an address a name. Upper and lower case of the address are checked (EIP-55). A name that a wallet or a contact has, that reads like one of these, or that could be an address is refused.',
      )
      .argument('<name>', '1 to 32 characters a-z, 0-9, - and _')
      .argument('<address>', '0x and 40 hex digits')
      .action(act(add)),
    'ttx contact add bob 0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  )
  addExamples(
    contact
      .command('list')
      .summary('all contacts')
      .description('Print names and addresses of all contacts.')
      .action(act(list)),
    'ttx contact list --json',
  )
  addExamples(
    contact
      .command('remove')
      .summary('forget a contact')
      .description('Forget a contact. Nothing happens to the address.')
      .argument('<name>', 'the contact')
      .action(act(remove)),
    'ttx contact remove bob',
  )
  addExamples(
    contact
      .command('rename')
      .summary('give a contact another name')
      .description('Give a contact another name; the address stays as it is.')
      .argument('<from>', 'its name')
      .argument('<to>', 'its new name')
      .action(act(rename)),
    'ttx contact rename bob bob-shop',
  )
}

async function add(context: CliContext, name: string, text: string): Promise<Result> {
  const address = addressIn(text)
  const { root } = context.folder
  // Also before the lock, so that what is refused leaves no trace on disk.
  await checkContactName(context, name)
  await using _changing = await lockContacts(root)
  await checkContactName(context, name)
  const warnings = await warningsOfAddress(context, address, name)
  await writeContacts(root, [...(await readContacts(root)), { name, address }])
  return {
    data: { name, address, warnings },
    text: formatTable([
      ['contact', name],
      ['address', address],
      ...warnings.map((warning) => ['careful', warning] as const),
    ]),
  }
}

async function list({ folder }: CliContext): Promise<Result> {
  const contacts = await readContacts(folder.root)
  const none = `no contacts in ${contactsFile(folder.root)}; add one with "ttx contact add NAME ADDRESS"`
  const rows = contacts.map(({ name, address }) => [name, address] as const)
  return { data: { contacts }, text: rows.length === 0 ? none : formatTable(rows) }
}

async function remove({ folder: { root } }: CliContext, name: string): Promise<Result> {
  contactNamed(await readContacts(root), name)
  await using _changing = await lockContacts(root)
  const contacts = await readContacts(root)
  const { address } = contactNamed(contacts, name)
  await writeContacts(
    root,
    contacts.filter((contact) => contact.name !== name),
  )
  return {
    data: { name, address, removed: true },
    text: formatTable([
      ['removed', name],
      ['address', address],
    ]),
  }
}

async function rename(context: CliContext, from: string, to: string): Promise<Result> {
  const { root } = context.folder
  contactNamed(await readContacts(root), from)
  await checkContactName(context, to, from)
  await using _changing = await lockContacts(root)
  const contacts = await readContacts(root)
  const { address } = contactNamed(contacts, from)
  await checkContactName(context, to, from)
  await writeContacts(
    root,
    contacts.map((contact) => (contact.name === from ? { name: to, address } : contact)),
  )
  return {
    data: { from, name: to, address },
    text: formatTable([
      ['contact', to],
      ['was', from],
      ['address', address],
    ]),
  }
}

function contactNamed(contacts: Awaited<ReturnType<typeof readContacts>>, name: string) {
  const found = contacts.find((contact) => contact.name === name)
  if (found !== undefined) return found
  const names = contacts.map((contact) => contact.name)
  throw new OperationError(
    'contact-missing',
    `expected a contact, got ${JSON.stringify(name.slice(0, 80))}, which is none; contacts there: ${names.join(', ') || 'none'}; name one of them, or add it with "ttx contact add"`,
    { facts: { name: name.slice(0, 80), contacts: names } },
  )
}

function addressIn(text: string): Address {
  try {
    const address = parseAddress(text.trim())
    if (address !== ZERO_ADDRESS) return address
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    throw new OperationError('bad-address', error.message, { facts: { address: text.slice(0, 80) }, cause: error })
  }
  throw new OperationError(
    'bad-address',
    'expected an address that somebody owns, got the zero address; nobody could spend what it is given, so give another',
    { facts: { address: ZERO_ADDRESS } },
  )
}
