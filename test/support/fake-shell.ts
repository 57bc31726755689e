// A shell for tests: streams in memory, no variables, an empty working folder.

import { PassThrough } from 'node:stream'
import type { Shell } from '../../scripts/cli/shell.ts'

export type FakeShell = Shell & {
  readonly stdin: PassThrough
  readonly controller: AbortController
  /** All that was written so far. */
  readonly out: () => string
  readonly err: () => string
  /** Resolves once standard error holds `text`; the test's own deadline is that of the runner. */
  readonly seen: (text: string) => Promise<void>
}

/** `isTTY`: somebody could be asked; `isTerminal`: standard error is shown on a terminal of 80 columns. */
export function fakeShell(options: {
  folder: string
  env?: Record<string, string>
  isTTY?: boolean
  isTerminal?: boolean
}): FakeShell {
  const controller = new AbortController()
  const stdin = Object.assign(new PassThrough(), { isTTY: options.isTTY === true })
  const written = { out: '', err: '' }
  const stdout = new PassThrough().on('data', (chunk) => (written.out += chunk))
  const stderr = new PassThrough().on('data', (chunk) => (written.err += chunk))
  if (options.isTerminal) Object.assign(stderr, { isTTY: true, columns: 80 })
  return {
    stdin,
    stdout,
    stderr,
    env: options.env ?? {},
    folder: options.folder,
    signal: controller.signal,
    controller,
    out: () => written.out,
    err: () => written.err,
    seen: async (text) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => written.err.includes(text) && resolve()
      stderr.on('data', look)
      look()
      await promise
      stderr.off('data', look)
    },
  }
}
