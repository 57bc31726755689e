// A real PostgreSQL in a temporary folder, on a socket of its own, that can be killed and started again; undefined where none is installed.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

const INSTALLED = '/usr/lib/postgresql'

export const NO_POSTGRES =
  postgresBin() === undefined ? 'no PostgreSQL here: apt-get install postgresql (Debian)' : undefined

export type Postgres = AsyncDisposable & {
  readonly url: string
  /** SIGKILL to all of it. */
  kill(): Promise<void>
  start(): Promise<void>
  /** SIGSTOP to all of it: connections are made and kept, and nothing is answered. */
  pause(): void
  /** SIGCONT. */
  resume(): void
}

/** Throws where `NO_POSTGRES` says that there is none. */
export async function openPostgresServer(): Promise<Postgres> {
  const bin = postgresBin()
  if (bin === undefined) throw new Error(NO_POSTGRES)
  const folder = await mkdtemp(join(tmpdir(), 'ttx-pg-'))
  // It does not run as root.
  const user = process.getuid?.() === 0 ? idsOf('postgres') : {}
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'ttx', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...user,
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const url = `postgres://ttx@localhost/postgres?host=${encodeURIComponent(folder)}`
  let server: ChildProcess | undefined
  const start = async () => {
    const started = spawn(join(bin, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses='], {
      ...user,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server = started
    let said = ''
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000)
    })
    for (;;) {
      if (started.exitCode !== null) throw new Error(`PostgreSQL ended, and said: ${said}`)
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
      client.on('error', () => {})
      try {
        await client.connect()
        await client.end()
        return
      } catch {
        await delay(50)
      }
    }
  }
  const kill = async () => {
    const running = server
    server = undefined
    if (running === undefined) return
    const ended = new Promise((resolve) => running.once('close', resolve))
    // Each of its processes is in a session of its own, and one that outlives it keeps the next server from starting.
    running.kill('SIGSTOP')
    for (const pid of childrenOf(running.pid)) process.kill(pid, 'SIGKILL')
    running.kill('SIGKILL')
    await ended
  }
  const signal = (name: NodeJS.Signals) => {
    const { pid } = server ?? {}
    if (pid === undefined) return
    // The one that starts the others first, so that none is missed.
    process.kill(pid, name)
    for (const child of childrenOf(pid)) process.kill(child, name)
  }
  await start()
  return {
    url,
    kill,
    start,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

function postgresBin(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined
  return readdirSync(INSTALLED)
    .map((version) => join(INSTALLED, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')))
}

function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function idsOf(name: string): { uid?: number; gid?: number } {
  const id = (flag: string) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}
