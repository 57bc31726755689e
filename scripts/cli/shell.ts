// What the command line gets from its surroundings; only `ttx.ts` reads it from the process.

import type { Readable, Writable } from 'node:stream'

export type Shell = {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Working folder, where `.env` is looked for. */
  readonly folder: string
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}
