// Where a question goes, from a URL as a user gives it.

import { encodeText } from '../protocol/bytes.ts'

export type Place = {
  /** Without user and password, which may not be in what is asked, and which errors would repeat. */
  readonly address: string
  /** With these as HTTP's basic authentication (RFC 7617). */
  readonly headers: Readonly<Record<string, string>>
  /** For people: without path and query too, which often hold keys. */
  readonly name: string
}

export function placeOf(given: string): Place {
  const parsed = URL.parse(given)
  if (parsed === null) return { name: 'a URL that is none', address: given, headers: {} }
  const name = `${parsed.protocol}//${parsed.host}`
  const { username, password } = parsed
  if (username === '' && password === '') return { name, address: given, headers: {} }
  const credentials = encodeText(`${decoded(username)}:${decoded(password)}`)
  parsed.username = ''
  parsed.password = ''
  const authorization = `Basic ${btoa(String.fromCharCode(...credentials))}`
  return { name, address: parsed.href, headers: { authorization } }
}

/** As it is where a percent sign in it begins no escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
