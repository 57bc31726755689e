// A log file that cannot fill the disk: at a bound it becomes the first of a few older ones, and the oldest is dropped. What was written is with the
// system at once, so that no line is lost when we are killed: streams that rotate (rotating-file-stream, pino-roll) hold lines back in memory or in a thread.

import { appendFileSync, closeSync, fstatSync, openSync, renameSync, rmSync } from 'node:fs'

export type LogLimits = {
  /** What a file may have before a new one begins; a longer line has a file of its own. */
  readonly bytes: number
  /** Older files beside the newest one: `FILE.1` is the youngest of them. */
  readonly older: number
}

/** 50 MB for each process of a devnet: weeks. */
export const LOG_LIMITS: LogLimits = { bytes: 10_000_000, older: 4 }

export class LogFile {
  readonly path: string
  readonly #limits: LogLimits
  #file: number
  #bytes: number
  #isClosed = false

  /** Goes on with a file that is there. Throws the system's error. */
  constructor(path: string, limits: LogLimits = LOG_LIMITS) {
    this.path = path
    this.#limits = limits
    this.#file = openSync(path, 'a')
    this.#bytes = fstatSync(this.#file).size
  }

  /** Throws the system's error, as of a full disk. Does nothing once it is closed: the number of the file may be another one's by then. */
  write(line: string): void {
    if (this.#isClosed) return
    const text = Buffer.from(`${line}\n`)
    if (this.#bytes > 0 && this.#bytes + text.length > this.#limits.bytes) this.#turn()
    appendFileSync(this.#file, text)
    this.#bytes += text.length
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#file)
  }

  /**
   * From the oldest on, each takes the name of the one before it: at any moment all but the dropped one have a name. The new file is there before
   * anything moves: where there can be none, no line that is written moves the older ones on, until all are dropped.
   */
  #turn(): void {
    const { older } = this.#limits
    const next = `${this.path}.new`
    rmSync(next, { force: true }) // a kill in the middle left it
    const file = openSync(next, 'wx')
    try {
      const names = [this.path, ...Array.from({ length: older }, (_, i) => `${this.path}.${i + 1}`)]
      for (let i = names.length - 1; i > 0; i--) rename(names[i - 1] ?? '', names[i] ?? '')
      renameSync(next, this.path)
    } catch (error) {
      closeSync(file)
      throw error
    }
    closeSync(this.#file)
    this.#file = file
    this.#bytes = 0
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error // the first few times there is none of this number
  }
}
