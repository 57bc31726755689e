// How many bytes the files of a folder have.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Of all files below; what is gone or cannot be read meanwhile counts nothing. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  let sum = 0
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) sum += await folderBytes(path)
    else if (entry.isFile())
      sum += await stat(path).then(
        ({ size }) => size,
        () => 0,
      )
  }
  return sum
}
