// The two databases of an index behind one face: PGlite in a folder, and a PostgreSQL server.

import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { OperationError } from '../errors.ts'

export type Row = Readonly<Record<string, unknown>>
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

export type Sql = AsyncDisposable & {
  readonly query: Query
  /** All of it, or nothing. One after another. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
}

/** Connections of one server to PostgreSQL. */
const CONNECTIONS = 8

/** In a folder, which one process has. Throws `OperationError('index-failed')`. */
export async function openPglite(folder: string): Promise<Sql> {
  const database = await PGlite.create(folder).catch((cause) => {
    throw indexFailed(`the index in ${folder}`, cause)
  })
  return {
    query: async (text, values = []) => (await database.query<Row>(text, [...values])).rows,
    transaction: (work) =>
      database.transaction((tx) => work(async (text, values = []) => (await tx.query<Row>(text, [...values])).rows)),
    [Symbol.asyncDispose]: () => database.close(),
  }
}

/** `postgres://…`. Throws `OperationError('index-failed')`. */
export async function openPostgres(url: string): Promise<Sql> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  // The next query finds out; an error that nobody listens to would end the process, of a connection that is in use too.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const sql: Sql = {
    query: async (text, values = []) => (await pool.query<Row>(text, [...values])).rows,
    async transaction(work) {
      const client = await pool.connect()
      let failure: Error | undefined
      try {
        await client.query('begin')
        const result = await work(async (text, values = []) => (await client.query<Row>(text, [...values])).rows)
        await client.query('commit')
        return result
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error))
        await client.query('rollback').catch(() => undefined) // the connection may be gone
        throw error
      } finally {
        client.release(failure)
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
  try {
    await sql.query('select 1')
  } catch (cause) {
    await pool.end()
    throw indexFailed('PostgreSQL', cause)
  }
  return sql
}

function indexFailed(what: string, cause: unknown): OperationError {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return new OperationError(
    'index-failed',
    `expected to open ${what}, got: ${problem}; check --database and whether it runs`,
    {
      cause,
      retry: true,
    },
  )
}
