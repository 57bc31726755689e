// Files that a crash or a power cut leaves either as they were or as they were to be.

import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { notWritten } from './disk.ts'

/** The last write of each file that is under way. */
const underWay = new Map<string, Promise<void>>()

/**
 * Replaces a file of the owner's, mode 0600; on disk when it resolves. Of several at once each waits for the one before it, so that the last one
 * stays. Throws `OperationError('write-failed')` (retry).
 */
export async function writeDurably(file: string, text: string | Uint8Array): Promise<void> {
  const turn = (underWay.get(file) ?? Promise.resolve()).then(() => write(file, text))
  const end = turn.catch(() => undefined)
  underWay.set(file, end)
  try {
    await turn
  } finally {
    if (underWay.get(file) === end) underWay.delete(file)
  }
}

async function write(file: string, text: string | Uint8Array): Promise<void> {
  try {
    const handle = await open(`${file}.tmp`, 'w', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${file}.tmp`, file)
    await syncFolder(dirname(file))
  } catch (cause) {
    throw notWritten(file, cause)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
