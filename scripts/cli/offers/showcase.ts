// A folder that any web server can serve: the offers that stand, a file each, and an index of them. Only files that the book has an offer for are ours to remove.

import { mkdir, open, readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import type { Shown } from '../../../node/client/maker/maker.ts'
import type { Market } from '../../../node/client/maker/market.ts'
import { OperationError } from '../../../node/errors.ts'
import { encodeOffer } from '../../../node/protocol/offer.ts'

const INDEX = 'ladder.json'
const TTX = 'TTX'
const NAME = /^[0-9a-f]{40}\.json$/
/** What is looked at of an index that is there. */
const SHOWN = z.object({
  maker: z.string(),
  base: z.object({ asset: z.string().optional() }),
  quote: z.object({ asset: z.string().optional() }),
  sell: z.array(z.unknown()),
  buy: z.array(z.unknown()),
})

/**
 * Throws `OperationError('bad-arguments')` for a folder that a web server must not serve, since wallets or the book of offers are in it, and for one that
 * shows the offers of another market: each of the two would remove what the other one shows.
 */
export async function checkShowcase(folder: string, data: string, { shop, base, quote }: Market): Promise<void> {
  const [ours, there] = [await realPath(data), await realPath(folder)]
  if (isIn(there, ours) || isIn(ours, there))
    throw badFolder(folder, `one with the data folder ${data}, which nobody else may read`)
  const index = await readFile(join(folder, INDEX), 'utf8').catch(() => undefined)
  const shown = index === undefined ? undefined : readIndex(index)
  if (shown === undefined || shown.sell.length + shown.buy.length === 0) return
  const [inBase, inQuote] = [shown.base.asset ?? TTX, shown.quote.asset ?? TTX]
  // The same market may be looked at from either side.
  const isOurs = [inBase, inQuote].every((asset) => [base ?? TTX, quote ?? TTX].includes(asset))
  if (shown.maker === shop && isOurs) return
  throw badFolder(
    folder,
    `one with offers of ${shown.maker} of ${inBase} for ${inQuote}, which --withdraw of that market removes`,
  )
}

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
    // Not through a link that somebody else put there.
    await rm(draft, { force: true })
    await using handle = await open(draft, 'wx', 0o644)
    await handle.writeFile(content)
    await handle.sync()
  }
  await rename(draft, file)
}

/** Links are followed, also on the way to what is not there yet. */
async function realPath(path: string): Promise<string> {
  const whole = resolve(path)
  const parent = dirname(whole)
  return await realpath(whole).catch(async () =>
    parent === whole ? whole : join(await realPath(parent), basename(whole)),
  )
}

function isIn(inner: string, outer: string): boolean {
  const way = relative(outer, inner)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

/** Undefined for what is none of a maker. */
function readIndex(text: string): z.infer<typeof SHOWN> | undefined {
  try {
    return SHOWN.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function badFolder(folder: string, got: string): OperationError {
  return new OperationError(
    'bad-arguments',
    `expected a folder for the offers of this market alone as --out, got ${folder}, ${got}; name another one`,
    { facts: { folder } },
  )
}
