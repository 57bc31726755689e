// The last line of a terminal, which changes in place, with lines above it that stay.

import { clearLine, cursorTo } from 'node:readline'
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { eventLines } from './event-lines.ts'

export type Terminal = Writable & { readonly columns?: number | undefined }

/** What people read without moving their eyes, and every terminal has. */
export const WIDTH = 100

/** Disposing takes the line away; what is written after that stays. */
export class LiveLine implements Disposable {
  readonly #terminal: Terminal
  readonly #hasColours: boolean
  #text = ''

  constructor(terminal: Terminal, hasColours: boolean) {
    this.#terminal = terminal
    this.#hasColours = hasColours
  }

  /** Characters that fit into a line; the last column is left free, since some terminals begin a new line after it. */
  get width(): number {
    return Math.min(WIDTH, (this.#terminal.columns ?? WIDTH + 1) - 1)
  }

  /** Replaces the line. */
  show(text: string): void {
    if (text === this.#text) return
    this.#clear()
    this.#text = text
    this.#terminal.write(text)
  }

  /** A line of JSON as pino writes it, above the live one. */
  write(line: string): void {
    const { level, lines } = eventLines(line, this.width)
    this.#clear()
    for (const each of lines) this.#terminal.write(`${this.#paint(level, each)}\n`)
    this.#terminal.write(this.#text)
  }

  [Symbol.dispose](): void {
    this.#clear()
    this.#text = ''
  }

  #clear(): void {
    if (this.#text === '') return
    cursorTo(this.#terminal, 0)
    clearLine(this.#terminal, 0)
  }

  #paint(level: string, line: string): string {
    if (!this.#hasColours || level === 'info') return line
    const colour = level === 'warn' ? 'yellow' : level === 'error' || level === 'fatal' ? 'red' : 'gray'
    return styleText(colour, line, { validateStream: false })
  }
}
