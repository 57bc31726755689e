// The feed as files: JSON lines in a folder, one event a line, each file named by its first event. What a kill tore is written again.

import { appendFile, open, readdir, readFile, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../disk.ts'
import { OperationError } from '../errors.ts'
import type { LedgerFeed } from '../ledger/feed/feed.ts'
import type { Logger } from '../log.ts'
import { feedAnswer } from '../rpc/feed-wire.ts'
import { toWire } from '../rpc/json.ts'

export type FeedFilesOptions = {
  readonly folder: string
  /** Events of a file. */
  readonly perFile?: number
  /** Older files are deleted. */
  readonly mostFiles?: number
}

type Place = { readonly after: number; readonly epoch?: number }

const PAGE = 1_000

/** Follows the feed. What it has not written yet it finds again by its last whole line. */
export class FeedFiles {
  readonly #feed: Pick<LedgerFeed, 'read' | 'subscribe'>
  readonly #options: Required<FeedFilesOptions>
  readonly #log: Logger
  #place: Place = { after: 0 }
  #file: { readonly path: string; lines: number } | undefined
  #running: Promise<void> = Promise.resolve()
  #isAwake = false
  #isStopped = false
  #unsubscribe = () => {}

  constructor(
    deps: { readonly feed: Pick<LedgerFeed, 'read' | 'subscribe'>; readonly log: Logger },
    options: FeedFilesOptions,
  ) {
    this.#feed = deps.feed
    this.#log = deps.log
    this.#options = { perFile: 50_000, mostFiles: 200, ...options }
  }

  async start(): Promise<void> {
    await makeFolder(this.#options.folder)
    await this.#find()
    this.#unsubscribe = this.#feed.subscribe(() => this.#wake())
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe()
    await this.#running
  }

  /** Resolves when all that there was is written. */
  async idle(): Promise<void> {
    await this.#running
  }

  #wake(): void {
    if (this.#isAwake || this.#isStopped) return
    this.#isAwake = true
    this.#running = this.#running
      .then(() => this.#write())
      .catch((error) => this.#log.error({ error }, 'the files of the feed cannot be written'))
  }

  async #write(): Promise<void> {
    for (;;) {
      this.#isAwake = false
      const { events } = await this.#read()
      const [first] = events
      if (first === undefined || this.#isStopped) return
      if (this.#file === undefined || this.#file.lines >= this.#options.perFile) await this.#begin(first.sequence)
      const room = this.#options.perFile - (this.#file?.lines ?? 0)
      const now = events.slice(0, room)
      await appendFile(
        this.#file?.path ?? '',
        now.map((event) => `${JSON.stringify(toWire(feedAnswer(event)))}\n`).join(''),
      )
      const last = now.at(-1)
      if (this.#file !== undefined) this.#file.lines += now.length
      if (last !== undefined) this.#place = { after: last.sequence, epoch: last.epoch }
    }
  }

  /** A feed that has gone on without these files leaves a gap, which the name of the next file shows. */
  async #read() {
    try {
      return await this.#feed.read({ ...this.#place, limit: PAGE })
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'feed-pruned') throw error
      const first = Number(error.facts['first'])
      this.#log.warn({ ...this.#place, first }, 'the files of the feed have a gap: events between were not kept')
      this.#file = undefined
      return await this.#feed.read({ after: first - 1, limit: PAGE })
    }
  }

  async #begin(sequence: number): Promise<void> {
    const path = join(this.#options.folder, nameOf(sequence))
    await (await open(path, 'w')).close()
    this.#file = { path, lines: 0 }
    const names = await this.#names()
    for (const name of names.slice(0, Math.max(0, names.length - this.#options.mostFiles)))
      await unlink(join(this.#options.folder, name))
  }

  /** Where the files end; a line that a kill tore is cut off. */
  async #find(): Promise<void> {
    for (const name of (await this.#names()).toReversed()) {
      const path = join(this.#options.folder, name)
      const bytes = await readFile(path)
      const end = bytes.lastIndexOf(0x0a) + 1
      await truncate(path, end)
      const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
      const last = lines.at(-1)
      if (last === undefined) continue
      const { sequence, epoch } = JSON.parse(last) as { sequence: number; epoch: number } // as `#write` wrote it
      this.#place = { after: sequence, epoch }
      this.#file = { path, lines: lines.length }
      return
    }
  }

  async #names(): Promise<string[]> {
    return (await readdir(this.#options.folder)).filter((name) => name.endsWith('.jsonl')).sort()
  }
}

function nameOf(sequence: number): string {
  return `${sequence.toString().padStart(15, '0')}.jsonl`
}
