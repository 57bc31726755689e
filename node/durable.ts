// Files that a crash or a power cut leaves either as they were or as they were to be.

import { randomUUID } from 'node:crypto'
import { link, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { notWritten } from './disk.ts'

/** Nobody but the owner reads and writes. */
const OWNERS = 0o600
/** The last write of each file that is under way. */
const underWay = new Map<string, Promise<void>>()

/**
 * Replaces a file of the owner's, by default of mode 0600; on disk when it resolves. Of several at once each waits for the one before it, so that the last one
 * stays; of several processes, every reader sees what one of them wrote, whole. Throws `OperationError('write-failed')` (retry).
 */
export async function writeDurably(file: string, text: string | Uint8Array, mode = OWNERS): Promise<void> {
  const turn = (underWay.get(file) ?? Promise.resolve()).then(() => write(file, text, mode))
  const end = turn.catch(() => undefined)
  underWay.set(file, end)
  try {
    await turn
  } finally {
    if (underWay.get(file) === end) underWay.delete(file)
  }
}

async function write(file: string, text: string | Uint8Array, mode: number): Promise<void> {
  const draft = draftOf(file)
  try {
    await writeSynced(draft, text, mode)
    await rename(draft, file)
    await syncFolder(dirname(file))
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined) // it is said what failed
    throw notWritten(file, cause)
  }
}

/** Of each writer its own: another process would write into it, or take it away. */
function draftOf(file: string): string {
  return `${file}.${randomUUID()}.tmp`
}

/** Of a file that nobody writes now: what processes left that were killed while they wrote it. Throws what the system throws. */
export async function removeDrafts(file: string): Promise<void> {
  const name = basename(file)
  const isDraft = (found: string) =>
    found.startsWith(`${name}.`) && /^\.[0-9a-f-]{36}\.tmp$/.test(found.slice(name.length))
  for (const found of (await readdir(dirname(file))).filter(isDraft))
    await rm(join(dirname(file), found), { force: true })
}

/**
 * Makes a file of the owner's, mode 0600, with its text from the first moment on, and returns whether it did: where several processes would, one of them
 * does, and a file that is there stays as it is. Throws `OperationError('write-failed')` (retry).
 */
export async function createDurably(file: string, text: string | Uint8Array): Promise<boolean> {
  const draft = draftOf(file)
  try {
    await writeSynced(draft, text, OWNERS)
    await link(draft, file)
    await syncFolder(dirname(file))
    return true
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false
    throw notWritten(file, cause)
  } finally {
    await rm(draft, { force: true }).catch(() => undefined)
  }
}

async function writeSynced(file: string, text: string | Uint8Array, mode: number): Promise<void> {
  await using handle = await open(file, 'wx', mode)
  if (mode !== OWNERS) await handle.chmod(mode) // whatever the umask is
  await handle.writeFile(text)
  await handle.sync()
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
