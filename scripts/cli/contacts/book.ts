// The contacts of a data folder: names that its user gave to addresses of others, one file, mode 0600, replaced whole.

import { join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../../node/disk.ts'
import { writeDurably } from '../../../node/durable.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { address } from '../../../node/schema.ts'
import { type Lock, takeLock } from '../../lock.ts'
import { readLimited } from '../files.ts'

export type Contact = { readonly name: string; readonly address: Address }

/** As wallets are named, so that one argument can be either. */
export const CONTACT_NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/
/** Some 10,000 contacts. */
const MAX_BYTES = 1_048_576

const CONTACTS = z
  .strictObject({
    version: z.literal(1),
    contacts: z.array(z.strictObject({ name: z.string().regex(CONTACT_NAME), address })),
  })
  .refine(({ contacts }) => new Set(contacts.map(({ name }) => name)).size === contacts.length, {
    error: 'expected each name once',
  })

export function contactsFile(root: string): string {
  return join(root, 'contacts.json')
}

/** By name. None if there is no file. Throws `OperationError`: 'contacts-damaged', 'file-unreadable', 'file-too-long'. */
export async function readContacts(root: string): Promise<readonly Contact[]> {
  const file = contactsFile(root)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readLimited(file, MAX_BYTES, 'contacts'))
  } catch (error) {
    if (error instanceof OperationError && error.code === 'file-missing') return []
    if (error instanceof TypeError) throw damaged(file, 'bytes that are no text', error)
    throw error
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw damaged(file, 'text that is not JSON', cause)
  }
  const parsed = CONTACTS.safeParse(json)
  if (parsed.success) return parsed.data.contacts
  const issue = parsed.error.issues[0]
  throw damaged(file, `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'unknown'}`, parsed.error)
}

/** Held from reading to writing, so that of two commands at once none loses what the other wrote. */
export async function lockContacts(root: string): Promise<Lock> {
  await makeFolder(root)
  return await takeLock(root, 'contacts')
}

/** On disk when it resolves. */
export async function writeContacts(root: string, contacts: readonly Contact[]): Promise<void> {
  const sorted = contacts.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  await writeDurably(contactsFile(root), `${JSON.stringify({ version: 1, contacts: sorted }, undefined, 2)}\n`)
}

function damaged(file: string, problem: string, cause: unknown): OperationError {
  return new OperationError(
    'contacts-damaged',
    `expected the contacts in ${file}, got ${problem}; correct the file, or move it away and add the contacts again`,
    { facts: { file, problem }, cause },
  )
}
