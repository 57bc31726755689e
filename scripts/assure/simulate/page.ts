// The parts of docs/economics.md that are generated: what is between two marks of the same name.

import { readFile, writeFile } from 'node:fs/promises'

export const PAGE = new URL('../../../docs/economics.md', import.meta.url)

/** Replaces each part by the text under its name. Throws a `RangeError` if the page has no such part. */
export async function writeParts(parts: Readonly<Record<string, string>>): Promise<void> {
  let page = await readFile(PAGE, 'utf8')
  for (const [name, text] of Object.entries(parts)) {
    const { from, to } = placeOf(page, name)
    page = `${page.slice(0, from)}\n${text}\n${page.slice(to)}`
  }
  await writeFile(PAGE, page)
}

function placeOf(page: string, name: string): { readonly from: number; readonly to: number } {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new RangeError(`expected ${begin} and ${end} in docs/economics.md`)
  return { from: from + begin.length, to }
}
