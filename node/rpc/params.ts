// Parameters of a call, by name or by position (JSON-RPC 2.0, section 4.2), as the schema of the method reads them.

import { z } from 'zod'

/** At most this many things that are wrong are named, in this many characters: an answer must not be as large as what a caller made up. */
const MOST_ISSUES = 10
const MOST_CHARACTERS = 2_000

/**
 * By position, the order is that of the schema, and `null` leaves out what may be left out. `problem` says what was expected, and what came.
 */
export function readParams<P extends z.ZodObject>(
  method: string,
  schema: P,
  raw: unknown,
): { readonly params: z.output<P> } | { readonly problem: string } {
  const names = Object.keys(schema.shape)
  const known = () => `${names.map((name) => `${name}${isOptional(schema, name) ? '?' : ''}`).join(', ')}`
  if (Array.isArray(raw) && raw.length > names.length) {
    const most = names.length === 0 ? 'no parameters' : `at most ${names.length} of the parameters ${known()}`
    return { problem: `expected ${most} for ${method}, got ${raw.length}` }
  }
  const named = Array.isArray(raw) ? byName(schema, names, raw) : (raw ?? {})
  const other = typeof named === 'object' && Object.keys(named).find((name) => !Object.hasOwn(schema.shape, name))
  if (typeof other === 'string') {
    const all = names.length === 0 ? 'no parameters' : `only the parameters ${known()}`
    return { problem: `expected ${all} for ${method}, got ${quote(other)}` }
  }
  const read = schema.safeParse(named)
  return read.success ? { params: read.data } : { problem: describe(read.error) }
}

function byName(schema: z.ZodObject, names: readonly string[], values: readonly unknown[]): object {
  const isLeftOut = (name: string, value: unknown) => value === null && isOptional(schema, name)
  const entries = names.slice(0, values.length).map((name, i): [string, unknown] => [name, values[i]])
  return Object.fromEntries(entries.filter(([name, value]) => !isLeftOut(name, value)))
}

function isOptional(schema: z.ZodObject, name: string): boolean {
  const member = schema.shape[name]
  return member !== undefined && z.safeParse(member, undefined).success
}

function describe({ issues }: z.ZodError): string {
  const text = z.prettifyError(new z.ZodError(issues.slice(0, MOST_ISSUES)))
  const more = issues.length > MOST_ISSUES ? `\n✖ and ${issues.length - MOST_ISSUES} more` : ''
  return `${cut(text, MOST_CHARACTERS)}${more}`
}

function quote(name: string): string {
  return JSON.stringify(cut(name, 40))
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}
