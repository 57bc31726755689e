// Asking a person at a terminal: of a secret nothing that is typed is shown, kept in a history or written to standard output.

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { OperationError } from '../../node/errors.ts'
import { decodeWritten } from '../../node/wallet/as-written.ts'
import { interrupted } from './failure.ts'
import type { Shell } from './shell.ts'

/** One line. Throws `OperationError`: 'no-answer' (Ctrl-D), 'interrupted' (Ctrl-C). */
export async function askHidden(shell: Shell, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  try {
    return await ask(shell, question, nowhere)
  } finally {
    shell.stderr.write('\n')
  }
}

/**
 * Throws `OperationError('not-confirmed')` unless a person at a terminal types `expected`, which is shown; case and blanks around it do not matter.
 * `unchanged` says what has not happened then.
 */
export async function confirm(
  shell: Shell,
  question: string,
  {
    expected = 'yes',
    unchanged = 'nothing was sent',
  }: { readonly expected?: string; readonly unchanged?: string } = {},
): Promise<void> {
  if (!shell.stdin.isTTY) {
    throw new OperationError(
      'not-confirmed',
      `expected somebody to say yes, but there is no terminal to ask on; ${unchanged}, add --yes if you are sure`,
    )
  }
  const given = await ask(shell, `${question} Type ${expected} to go on`, shell.stderr).catch((error) => {
    const got = { interrupted: 'Ctrl-C', 'no-answer': 'the end of the input' }
    if (!(error instanceof OperationError && (error.code === 'interrupted' || error.code === 'no-answer'))) throw error
    throw new OperationError(error.code, `expected ${expected}, got ${got[error.code]}; ${unchanged}`, { cause: error })
  })
  if (given.trim().toLowerCase() === expected) return
  throw new OperationError('not-confirmed', `expected ${expected}, got something else; ${unchanged}`)
}

async function ask(shell: Shell, question: string, output: Writable): Promise<string> {
  shell.signal.throwIfAborted()
  const lines = createInterface({ input: shell.stdin, output, terminal: true, historySize: 0 })
  shell.stderr.write(`${question}: `)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const abort = () => reject(shell.signal.reason)
  shell.signal.addEventListener('abort', abort, { once: true })
  lines.once('line', resolve)
  lines.once('SIGINT', () => reject(interrupted())) // the terminal is in raw mode, so that no signal is sent
  lines.once('close', () =>
    reject(
      new OperationError(
        'no-answer',
        `expected an answer to: ${question}; got the end of the input; type it and press Enter`,
      ),
    ),
  )
  try {
    return await promise
  } finally {
    shell.signal.removeEventListener('abort', abort)
    lines.close()
  }
}

/** All of standard input as text. Throws `OperationError('input-too-long')` past `maxBytes`. */
export async function readInput(shell: Shell, maxBytes: number): Promise<string> {
  shell.signal.throwIfAborted()
  const chunks: Buffer[] = []
  let bytes = 0
  const abort = () => shell.stdin.destroy(shell.signal.reason)
  shell.signal.addEventListener('abort', abort, { once: true })
  try {
    for await (const chunk of shell.stdin) {
      chunks.push(Buffer.from(chunk))
      bytes += chunk.length
      if (bytes > maxBytes) {
        throw new OperationError(
          'input-too-long',
          `expected at most ${maxBytes} bytes on standard input, got more; check what is piped in`,
          { facts: { maxBytes } },
        )
      }
    }
  } finally {
    shell.signal.removeEventListener('abort', abort)
  }
  return decodeWritten(Buffer.concat(chunks))
}
