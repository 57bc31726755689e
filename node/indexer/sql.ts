// The face that the two databases of an index share: PGlite in a folder, and a PostgreSQL server.

import { OperationError } from '../errors.ts'

export type Row = Readonly<Record<string, unknown>>
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

export type Sql = AsyncDisposable & {
  readonly query: Query
  /** All of it, or nothing. One after another. `mostMs` bounds each statement where that is a server's. */
  transaction<T>(work: (query: Query) => Promise<T>, mostMs?: number): Promise<T>
}

/** `advice` is what to do, as a clause. */
export function indexFailed(what: string, cause: unknown, advice: string): OperationError {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return new OperationError('index-failed', `expected to open ${what}, got: ${problem}; ${advice}`, {
    cause,
    retry: true,
  })
}
