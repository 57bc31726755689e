// The folder of proofs: what is dropped into it, as an attachment is saved, is imported while the node runs.

import { type FSWatcher, watch } from 'node:fs'
import { constants, lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from './errors.ts'
import type { Logger } from './log.ts'
import { MAX_PROOF_BYTES } from './network/proof.ts'
import { type ProofTaker, stillMissing, takeProof } from './proof-intake.ts'
import { RuleError } from './protocol/rule-error.ts'
import type { Rounds } from './rounds.ts'

type ProofParts = ProofTaker & { readonly log: Logger; readonly rounds?: Rounds }

export type ProofFolderOptions = {
  readonly folder: string
  /** Without a sign of the system it is looked at this often. Default half a minute. */
  readonly pollMs?: number
  /** A change of the folder is followed by a look at it after this, and a file that cannot be read by another one. Default half a second. */
  readonly settleMs?: number
  /** How long the ancestors of one proof are fetched. Default ten seconds. */
  readonly fetchMs?: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

const POLL_MS = 30_000
const SETTLE_MS = 500
const FETCH_MS = 10_000
/** What is not complete is fetched again after this, doubled each time, up to an hour. */
const RETRY_MS = 60_000
const MAX_RETRY_MS = 3_600_000
/** Files that are remembered, and proofs whose ancestors are fetched at the same time. */
const MAX_FILES = 100_000
const FETCHES = 8
/** A proof that is larger is not read at all. */
const NO_LINKS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

type Known = {
  /** Of its content, as the system sees it: whatever changes the file changes this. */
  key: string
  /** `doubtful`: cannot be read, perhaps because it is still written. */
  state: 'new' | 'doubtful' | 'refused' | 'incomplete' | 'done'
  /** Said in the log, which is said once. */
  isNamed: boolean
  retryAt: number
  retryMs: number
}

/** `start` looks at what is there and watches it from then on. */
export class ProofFolder {
  readonly #parts: ProofParts
  readonly #options: Required<ProofFolderOptions>
  readonly #files = new Map<string, Known>()
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #isDue = false
  #watcher: FSWatcher | undefined
  #poll: NodeJS.Timeout | undefined
  #turned: (() => void) | undefined
  #settle: NodeJS.Timeout | undefined

  constructor(parts: ProofParts, options: ProofFolderOptions) {
    this.#parts = parts
    this.#options = {
      pollMs: POLL_MS,
      settleMs: SETTLE_MS,
      fetchMs: FETCH_MS,
      now: () => performance.now(),
      ...options,
    }
  }

  /** The folder is there. */
  start(): void {
    const { folder, pollMs } = this.#options
    try {
      this.#watcher = watch(folder, { persistent: false }, () => this.#lookSoon())
      this.#watcher.on('error', (error) => this.#watchFailed(error))
    } catch (error) {
      this.#watchFailed(error)
    }
    this.#turned = this.#parts.rounds?.open('proofs', pollMs)
    this.#poll = setInterval(() => this.#look(), pollMs)
    this.#look()
  }

  /** Idempotent. Nothing is handed in afterwards. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#watcher?.close()
    clearInterval(this.#poll)
    clearTimeout(this.#settle)
    while (this.#running !== undefined) await this.#running
  }

  /** Some file systems, and machines with too many watches, tell nothing. */
  #watchFailed(error: unknown): void {
    this.#watcher?.close()
    this.#parts.log.warn({ error, everyMs: this.#options.pollMs }, 'the folder of proofs is only polled')
  }

  #lookSoon(): void {
    if (this.#stopping.signal.aborted) return
    this.#settle ??= setTimeout(() => {
      this.#settle = undefined
      this.#look()
    }, this.#options.settleMs)
  }

  /** One look at a time; what changes meanwhile is looked at after it. */
  #look(): void {
    if (this.#stopping.signal.aborted) return
    if (this.#running !== undefined) {
      this.#isDue = true
      return
    }
    this.#running = this.#import()
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#parts.log.warn({ error }, 'the folder of proofs cannot be read')
      })
      .finally(() => {
        this.#running = undefined
        this.#turned?.()
        if (this.#isDue) this.#lookSoon()
        this.#isDue = false
      })
  }

  /** All files first, so that ancestors which lie beside each other are here before anything is fetched. */
  async #import(): Promise<void> {
    const fresh = await this.#changed()
    let taken = 0
    for (const name of fresh) if (await this.#take(name)) taken++
    const open = [...this.#files].filter(
      ([, { state, retryAt }]) => state === 'incomplete' && retryAt <= this.#options.now(),
    )
    const waiting = open.map(([name]) => name)
    const worker = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        if (await this.#take(name, AbortSignal.timeout(this.#options.fetchMs))) taken++
      }
    }
    await Promise.all(Array.from({ length: FETCHES }, worker))
    if (taken > 0) this.#parts.log.info({ count: taken }, 'proofs were imported')
  }

  /** Names of proofs that are new, or have other content than at the last look; what is gone is forgotten. */
  async #changed(): Promise<string[]> {
    const { folder } = this.#options
    const names = (await readdir(folder)).filter((name) => name.endsWith('.torrent')).slice(0, MAX_FILES)
    const here = new Set(names)
    for (const name of this.#files.keys()) if (!here.has(name)) this.#files.delete(name)
    const changed: string[] = []
    for (const name of names) {
      this.#stopping.signal.throwIfAborted()
      const found = await lstat(join(folder, name)).catch(() => undefined)
      if (found === undefined) continue
      const key = `${found.ino}:${found.size}:${found.mtimeMs}`
      const known = this.#files.get(name)
      if (known?.key === key && known.state !== 'doubtful') continue
      const state = known?.key === key ? known.state : 'new'
      const isNamed = known?.isNamed ?? false
      this.#files.set(name, { key, state, isNamed, retryAt: 0, retryMs: RETRY_MS })
      changed.push(name)
    }
    return changed
  }

  /** Whether its transaction is here with all that it descends from, and was not at the last look. */
  async #take(name: string, fetch?: AbortSignal): Promise<boolean> {
    const known = this.#files.get(name)
    const stop = this.#stopping.signal
    if (known === undefined || stop.aborted) return false
    try {
      const torrent = await readProof(join(this.#options.folder, name))
      const signals = { stop, fetch: fetch && AbortSignal.any([stop, fetch]) }
      const infohash = await takeProof(this.#parts, { torrent, files: [], source: 'proofs' }, signals)
      if (stillMissing(this.#parts, infohash).length > 0) known.state = 'incomplete'
      else {
        known.state = 'done'
        known.isNamed = false
        return true
      }
    } catch (error) {
      if (!stop.aborted) this.#onError(name, known, error)
    }
    return false
  }

  #onError(name: string, known: Known, error: unknown): void {
    const isRefused = error instanceof RuleError
    // What cannot be read may be half of a file: it is looked at once more before it is called wrong.
    if (isRefused && known.state === 'new' && UNREADABLE.has(error.code)) {
      known.state = 'doubtful'
      this.#lookSoon()
      return
    }
    known.state = isRefused ? 'refused' : 'incomplete'
    if (!isRefused) {
      known.retryAt = this.#options.now() + known.retryMs
      known.retryMs = Math.min(2 * known.retryMs, MAX_RETRY_MS)
    }
    if (known.isNamed) return
    known.isNamed = true
    this.#parts.log.warn({ error, file: name }, isRefused ? 'a proof was not imported' : 'a proof is not complete yet')
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['bad-proof', 'bad-torrent', 'bad-bencoding'])

/** Neither what a link leads to, nor a folder, a pipe or a device, which may never come to its end. Throws `RuleError('bad-proof')`, and what the system throws. */
async function readProof(path: string): Promise<Uint8Array> {
  await using handle = await open(path, NO_LINKS).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ELOOP') throw notFile('a symbolic link')
    throw new OperationError('file-unreadable', `expected to read ${path}, got ${String(cause)}; see to its rights`, {
      retry: true,
      cause,
    })
  })
  const found = await handle.stat()
  if (!found.isFile()) throw notFile(found.isDirectory() ? 'a folder' : 'a pipe or a device')
  if (found.size > MAX_PROOF_BYTES) throw notFile(`one of ${found.size} bytes`)
  const bytes = Buffer.alloc(found.size)
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return new Uint8Array(bytes.subarray(0, length))
}

function notFile(got: string): RuleError {
  return new RuleError('bad-proof', `expected a file of at most ${MAX_PROOF_BYTES} bytes, got ${got}`)
}
