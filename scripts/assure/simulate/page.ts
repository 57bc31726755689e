// The parts of docs/economics.md and docs/economics/attacks.md that are generated: what is between two marks of the same name.

import { readFile, writeFile } from 'node:fs/promises'

/** For people, and all attacks in one table. */
export const PAGES = ['economics.md', 'economics/attacks.md'].map(
  (name) => new URL(`../../../docs/${name}`, import.meta.url),
)

/** Replaces each part by the text under its name, on whichever page has it. Throws a `RangeError` if none has. */
export async function writeParts(parts: Readonly<Record<string, string>>): Promise<void> {
  const pages = await Promise.all(PAGES.map(async (url) => ({ url, text: await readFile(url, 'utf8') })))
  for (const [name, text] of Object.entries(parts)) {
    const page = pages.find((each) => each.text.includes(markOf(name)))
    if (page === undefined) throw missing(name)
    page.text = replace(page.text, name, text)
  }
  for (const { url, text } of pages) await writeFile(url, text)
}

/** Whether a page has exactly this part. */
export async function hasPart(name: string, text: string): Promise<boolean> {
  const pages = await Promise.all(PAGES.map((url) => readFile(url, 'utf8')))
  return pages.some((page) => page.includes(`${markOf(name)}\n${text}\n${endOf(name)}`))
}

function replace(page: string, name: string, text: string): string {
  const [from, to] = [page.indexOf(markOf(name)) + markOf(name).length, page.indexOf(endOf(name))]
  if (to < from) throw missing(name)
  return `${page.slice(0, from)}\n${text}\n${page.slice(to)}`
}

function markOf(name: string): string {
  return `<!-- ${name} -->`
}

function endOf(name: string): string {
  return `<!-- end of ${name} -->`
}

function missing(name: string): RangeError {
  return new RangeError(`expected ${markOf(name)} and ${endOf(name)} in docs/economics.md or docs/economics/attacks.md`)
}
