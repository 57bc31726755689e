// Where the built page of a node is, and whether it is the one that these sources make.

import { createHash } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** Beside the page: each file of ours that it was made of, with the hash of it. */
export const INPUTS = 'inputs.json'

const inputs = z.record(z.string(), z.string())

export function pageFolder(root: string): string {
  return join(root, 'node_modules', '.cache', 'ttx-page')
}

/** The page of this installation: that of a package, which has no sources to compare with, or the built one. `state` as `stateOf` says it. */
export async function findPage(
  root: string,
): Promise<{ readonly folder: string; readonly state: 'whole' | 'old' | 'none' }> {
  const packed = join(root, 'page')
  const isPacked = await access(join(packed, 'index.html')).then(
    () => true,
    () => false,
  )
  if (isPacked) return { folder: packed, state: 'whole' }
  const folder = pageFolder(root)
  return { folder, state: await stateOf(root, folder) }
}

/** How the page that is there compares with the sources: `old` if one of them is another now. */
export async function stateOf(root: string, folder: string): Promise<'whole' | 'old' | 'none'> {
  try {
    const made = inputs.parse(JSON.parse(await readFile(join(folder, INPUTS), 'utf8')))
    const same = await Promise.all(
      Object.entries(made).map(async ([path, hash]) => hashOf(await readFile(join(root, path))) === hash),
    ).catch(() => [false])
    return same.every(Boolean) ? 'whole' : 'old'
  } catch {
    return 'none'
  }
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
