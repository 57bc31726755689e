// Files that a user names: read with a limit, written without overwriting anything.

import { open, rm, stat } from 'node:fs/promises'
import { readAtMost } from '../../node/disk.ts'
import { OperationError } from '../../node/errors.ts'
import { equalBytes } from '../../node/protocol/bytes.ts'

/** Throws `OperationError`: 'file-missing', 'file-too-long', 'file-unreadable'. */
export async function readLimited(file: string, maxBytes: number, what: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    const bytes = size <= maxBytes ? await readAtMost(file, maxBytes + 1) : undefined
    if (bytes !== undefined && bytes.length <= maxBytes) return bytes
    const got = bytes?.length ?? size
    throw new OperationError(
      'file-too-long',
      `expected ${what} of at most ${maxBytes} bytes in ${file}, got ${got} bytes; check the path`,
      { facts: { file, bytes: got, limit: maxBytes } },
    )
  } catch (cause) {
    if (cause instanceof OperationError) throw cause
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new OperationError(
      isMissing ? 'file-missing' : 'file-unreadable',
      `expected ${what} in ${file}, got ${cause instanceof Error ? cause.message : String(cause)}; check the path`,
      { facts: { file }, cause },
    )
  }
}

/** The same, but a file that holds these bytes already is left as it is: an earlier command that was cut off wrote it. */
export async function writeOnce(file: string, bytes: Uint8Array): Promise<void> {
  const there = await readLimited(file, bytes.length, 'the same').catch(() => undefined)
  if (there === undefined || !equalBytes(there, bytes)) await writeNew(file, bytes)
}

/** `mode` is that of the file, less what the umask takes. A write that fails leaves nothing behind; one that is killed may leave half. Throws `OperationError('file-not-written')`, also where the file exists. */
export async function writeNew(file: string, bytes: Uint8Array, mode = 0o666): Promise<void> {
  try {
    await using handle = await open(file, 'wx', mode)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } catch (cause) {
      await rm(file, { force: true }) // the next try would find a file that is there already
      throw cause
    }
  } catch (cause) {
    throw new OperationError(
      'file-not-written',
      `expected to write ${file}, got ${cause instanceof Error ? cause.message : String(cause)}; choose another name, nothing is overwritten`,
      { facts: { file }, cause },
    )
  }
}
