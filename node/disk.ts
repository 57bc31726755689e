// What a disk says when it refuses: in words, and what to do about it.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { dirname } from 'node:path'
import { OperationError } from './errors.ts'

type Refusal = {
  /** After "got": why it refuses. */
  readonly is: string
  /** What to do, as a clause. */
  readonly advice: string
}

const IN_PLACE = 'a file in the place of a folder'
const elsewhere = 'or choose another folder with --data'
/** By the code of the system, with the words that a database has for it. */
const REFUSALS: readonly (Refusal & { readonly codes: readonly string[]; readonly words: RegExp })[] = [
  { codes: ['ENOSPC'], words: /no space left/i, is: 'a full disk', advice: `free some space there, ${elsewhere}` },
  {
    codes: ['EDQUOT'],
    words: /quota exceeded/i,
    is: 'a quota that is used up',
    advice: `free some space there, ${elsewhere}`,
  },
  {
    codes: ['EROFS'],
    words: /read-only/i,
    is: 'a read-only disk',
    advice: `make it writable (a disk with errors may have become read-only by itself), ${elsewhere}`,
  },
  {
    codes: ['EACCES', 'EPERM'],
    words: /permission denied|not permitted/i,
    is: 'no right to write there',
    advice: `give the folder to the user that runs this, ${elsewhere}`,
  },
  {
    codes: ['EFBIG'],
    words: /file too large/i,
    is: 'a file that may not grow any more',
    advice: 'raise the limit (ulimit -f, LimitFSIZE= of systemd)',
  },
  {
    codes: ['EMFILE', 'ENFILE'],
    words: /too many open files/i,
    is: 'too many open files',
    advice: 'raise the limit (ulimit -n, LimitNOFILE= of systemd)',
  },
  {
    codes: ['ENOTDIR'],
    words: /not a directory/i,
    is: IN_PLACE,
    advice: 'choose another folder with --data',
  },
  {
    codes: ['EIO'],
    words: /input\/output error/i,
    is: 'an error of the disk itself',
    advice: 'look at the disk, and save the wallets before anything else',
  },
]

/** Undefined where it is something else that failed. Looks into causes, too: a database has that of the system in its own. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? error.code : undefined
  const found = REFUSALS.find(
    ({ codes, words }) =>
      codes.some((each) => each === code) || (code === 'LEVEL_IO_ERROR' && words.test(error.message)),
  )
  return found ?? refusalOf(error.cause)
}

/** `write-failed` (retry), for a file or folder that could not be written. */
export function notWritten(path: string, cause: unknown): OperationError {
  const { is, advice } = refusalOf(cause) ?? {
    is: cause instanceof Error ? cause.message : String(cause),
    advice: 'check the path, the disk and its rights',
  }
  return new OperationError('write-failed', `expected to write ${path}, got ${is}; ${advice}`, {
    facts: { file: path },
    retry: true,
    cause,
  })
}

/** With all above it; one that is there already is left as it is. Throws `OperationError('write-failed')`. */
export async function makeFolder(folder: string, mode = 0o700): Promise<void> {
  try {
    await makeEach(folder, mode)
  } catch (cause) {
    throw notWritten(folder, cause)
  }
}

/** Not by a recursive `mkdir`, which calls a read-only disk a missing folder, and never ends in some file systems (`/proc`). */
async function makeEach(folder: string, mode: number): Promise<void> {
  if (await isFolder(folder)) return
  const above = dirname(folder)
  if (above !== folder) await makeEach(above, mode)
  await mkdir(folder, { mode }).catch(async (cause: unknown) => {
    if (await isFolder(folder)) return // another process was faster
    const isFile = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    throw isFile ? new Error(IN_PLACE, { cause }) : cause
  })
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/**
 * At most `most` bytes of a file: the size of a device or a pipe says nothing, and reading one whole may never end. A named pipe that nobody writes to is
 * empty: to wait in the system for a writer is what no signal could end. Throws what the system throws, and the reason of `signal`.
 */
export async function readAtMost(file: string, most: number, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted()
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  if (fstatSync(fd).isFIFO()) return await readPipe(fd, most, signal)
  closeSync(fd)
  await using handle = await open(file, 'r')
  const bytes = Buffer.alloc(most)
  let length = 0
  while (length < most) {
    const { bytesRead } = await handle.read(bytes, length, most - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return Uint8Array.from(bytes.subarray(0, length))
}

/** By the event loop, which closes `fd`, so that the process can end while it waits for what is written. */
async function readPipe(fd: number, most: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const first = Buffer.alloc(most)
  let length: number
  try {
    // The event loop is never told of the end of a pipe that nobody has opened for writing; a read is.
    length = readSync(fd, first)
    if (length === 0 || length === most) {
      closeSync(fd)
      return Uint8Array.from(first.subarray(0, length))
    }
    parts.push(first.subarray(0, length))
  } catch (error) {
    const isEmptyYet = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
    if (!isEmptyYet) {
      closeSync(fd)
      throw error
    }
    length = 0
  }
  const socket = new Socket({ fd, readable: true, writable: false })
  const abort = () => void socket.destroy(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    for await (const part of socket) {
      parts.push(part)
      length += part.length
      if (length >= most) break
    }
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  return Uint8Array.from(Buffer.concat(parts).subarray(0, most))
}
