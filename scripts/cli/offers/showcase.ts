// A folder that any web server can serve: the offers that stand, a file each, and an index of them. Only files that the book has an offer for are ours to remove.

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Shown } from '../../../node/client/maker/maker.ts'
import { OperationError } from '../../../node/errors.ts'
import { encodeOffer } from '../../../node/protocol/offer.ts'

const INDEX = 'ladder.json'
const NAME = /^[0-9a-f]{40}\.json$/

/** `index` is the text of the index. Anyone may read the files: each is whole at any moment. Throws `OperationError('write-failed')` (retry). */
export async function showOffers(folder: string, book: string, shown: readonly Shown[], index: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    const there = new Set(await readdir(folder))
    const wanted = new Map(shown.map(({ id, offer }) => [`${id}.json`, offer]))
    for (const [name, offer] of wanted) if (!there.has(name)) await replace(join(folder, name), encodeOffer(offer))
    if ((await readFile(join(folder, INDEX), 'utf8').catch(() => '')) !== index)
      await replace(join(folder, INDEX), index)
    const ours = new Set(await readdir(book).catch(() => []))
    for (const name of there)
      if (NAME.test(name) && !wanted.has(name) && ours.has(name)) await rm(join(folder, name), { force: true })
  } catch (cause) {
    throw new OperationError(
      'write-failed',
      `expected to write to ${folder}, got ${cause}; check disk space and rights`,
      {
        facts: { folder },
        retry: true,
        cause,
      },
    )
  }
}

async function replace(file: string, content: string | Uint8Array): Promise<void> {
  const draft = `${file}.tmp`
  {
    await using handle = await open(draft, 'w', 0o644)
    await handle.writeFile(content)
    await handle.sync()
  }
  await rename(draft, file)
}
