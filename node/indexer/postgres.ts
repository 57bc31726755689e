// A PostgreSQL server as the database of an index. It may stop answering at any time, without a word: nothing here waits for it forever.

import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { indexFailed, type Query, type Row, type Sql } from './sql.ts'

export type PostgresOptions = {
  /** Once it aborts, what waits for an answer has a moment left. */
  readonly signal?: AbortSignal
  /** For a connection, or one of those that are there. */
  readonly connectMs?: number
  /** For the answer to a query of a view. */
  readonly queryMs?: number
  /** For each statement of a transaction. */
  readonly statementMs?: number
}

const DEFAULTS = { connectMs: 5_000, queryMs: 10_000, statementMs: 60_000 }
/** Connections of one server to PostgreSQL. */
const CONNECTIONS = 8
/** What is under way may still come to its end when everything is put away. */
const GRACE_MS = 1_000
const KEEP_ALIVE_MS = 30_000

/** `postgres://…`. Throws `OperationError('index-failed')`. */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Sql> {
  const { signal, connectMs, queryMs, statementMs } = { ...DEFAULTS, ...options }
  const sockets = new Set<Socket>()
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // The client says goodbye and waits until the server has hung up, however long that takes: only its socket can be ended at once.
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      return socket.once('close', () => sockets.delete(socket))
    },
  })
  // The next query finds out; an error that nobody listens to would end the process, of a connection that is in use too.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const cutOff = async () => {
    await delay(GRACE_MS, undefined, { ref: false })
    for (const socket of sockets) socket.destroy()
  }
  signal?.addEventListener('abort', cutOff, { once: true })
  const sql: Sql = {
    query: async (text, values = []) => (await pool.query<Row>(within(queryMs, text, values))).rows,
    async transaction(work, mostMs = statementMs) {
      const client = await pool.connect()
      let failure: Error | undefined
      const query: Query = async (text, values = []) => (await client.query<Row>(within(mostMs, text, values))).rows
      try {
        // Of a writer that is gone without a word, nothing stays locked for longer.
        await query(`begin; set local idle_in_transaction_session_timeout = ${statementMs}`)
        const result = await work(query)
        await query('commit')
        return result
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error))
        throw error
      } finally {
        // With an error it ends the connection, and PostgreSQL takes everything back.
        client.release(failure)
      }
    },
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', cutOff)
      void cutOff()
      await pool.end()
    },
  }
  try {
    await sql.query('select 1')
  } catch (cause) {
    await sql[Symbol.asyncDispose]()
    throw indexFailed('PostgreSQL', cause, 'check --database and whether it runs')
  }
  return sql
}

/** `query_timeout` is in no type of a single query, and read from each. */
function within(query_timeout: number, text: string, values: readonly unknown[]) {
  return { text, values: [...values], query_timeout }
}
