// Reads source files just deep enough for the architecture test: code without comments and strings, and what it imports.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type SourceFile = {
  /** From the root of the repository, with slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

export type Import =
  | { readonly kind: 'ours'; readonly specifier: string; readonly path: string }
  | { readonly kind: 'package'; readonly specifier: string; readonly name: string }

/** `package.json#imports`: each name with the files of ours that one platform or another takes for it. */
export type Aliases = Readonly<Record<string, readonly string[]>>

const IGNORED = ['node_modules/**', 'artifacts/**', 'cache/**', 'coverage/**', '.torrenttx/**']

/** Every source file of ours below `root`, sorted. */
export function readSources(root: string, aliases: Aliases = {}): readonly SourceFile[] {
  return globSync(['**/*.ts', '**/*.tsx', '**/*.mjs', '**/*.sol'], { cwd: root, exclude: IGNORED })
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, imports: importsOf(path, text, aliases) }
    })
}

export function importsOf(path: string, text: string, aliases: Aliases = {}): readonly Import[] {
  const code = blank(text, 'comments')
  const patterns = path.endsWith('.sol')
    ? [/^\s*import\b[^;'"]*["']([^"']+)["']/gm]
    : [
        // import … from 'x', export … from 'x', import 'x'
        /^(?:import|export)\b[^;'"`=]*?\bfrom\s*['"]([^'"]+)['"]/gm,
        /^import\s*['"]([^'"]+)['"]/gm,
        // import('x'), also as a type; require('x'); new URL('./x.ts', import.meta.url), as workers are named
        /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
        /\brequire(?:\.resolve)?\s*\(\s*['"]([^'"]+)['"]/g,
        /\bnew URL\(\s*['"](\.{1,2}\/[^'"]+\.m?ts)['"]\s*,\s*import\.meta\.url/g,
      ]
  const bare = blank(text, 'comments and strings')
  const specifiers = patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)]
      .filter((match) => bare.startsWith(match[0].slice(0, 3), match.index))
      .map((match) => match[1] ?? ''),
  )
  return [...new Set(specifiers)].flatMap((specifier) => resolveImport(path, specifier, aliases))
}

function resolveImport(from: string, specifier: string, aliases: Aliases): Import | readonly Import[] {
  const targets = aliases[specifier]
  if (targets !== undefined) return targets.map((path) => ({ kind: 'ours', specifier, path }))
  if (specifier.startsWith('.')) return { kind: 'ours', specifier, path: join(dirname(from), specifier) }
  if (from.endsWith('.sol') && /^(contracts|test)\//.test(specifier))
    return { kind: 'ours', specifier, path: specifier }
  const parts = specifier.split('/')
  return {
    kind: 'package',
    specifier,
    name: specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? ''),
  }
}

/** Overwrites comments (and, for `comments and strings`, what is in quotes) with spaces; keeps every position. */
export function blank(text: string, what: 'comments' | 'comments and strings'): string {
  const spaces = (part: string): string => part.replace(/[^\n]/g, ' ')
  let out = ''
  let i = 0
  const literal = (end: number): void => {
    const part = text.slice(i, end)
    out += what === 'comments' ? part : part.charAt(0) + spaces(part.slice(1, -1)) + part.slice(1).slice(-1)
    i = end
  }
  while (i < text.length) {
    const two = text.slice(i, i + 2)
    const char = text.charAt(i)
    if (two === '//' || two === '/*') {
      const end = two === '//' ? endOf(text, i, '\n') - 1 : endOf(text, i + 2, '*/')
      out += spaces(text.slice(i, end))
      i = end
    } else if (char === "'" || char === '"') literal(endOfQuoted(text, i))
    else if (char === '`') literal(endOfTemplate(text, i))
    else if (char === '/' && isRegexStart(out)) literal(endOfRegex(text, i))
    else {
      out += char
      i++
    }
  }
  return out
}

function endOf(text: string, from: number, mark: string): number {
  const at = text.indexOf(mark, from)
  return at === -1 ? text.length + (mark === '\n' ? 1 : 0) : at + mark.length
}

function endOfQuoted(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === text[from] || text[i] === '\n') return i + 1
  }
  return text.length
}

// What is in ${…} goes with the template.
function endOfTemplate(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '`') return i + 1
    else if (text.startsWith('${', i)) i = endOfSubstitution(text, i + 2) - 1
  }
  return text.length
}

function endOfSubstitution(text: string, from: number): number {
  let depth = 1
  for (let i = from; i < text.length; i++) {
    const char = text[i]
    if (char === "'" || char === '"') i = endOfQuoted(text, i) - 1
    else if (char === '`') i = endOfTemplate(text, i) - 1
    else if (char === '{') depth++
    else if (char === '}' && --depth === 0) return i + 1
  }
  return text.length
}

function endOfRegex(text: string, from: number): number {
  let isClass = false
  for (let i = from + 1; i < text.length; i++) {
    const char = text[i]
    if (char === '\\') i++
    else if (char === '[') isClass = true
    else if (char === ']') isClass = false
    else if ((char === '/' && !isClass) || char === '\n') return i + 1
  }
  return text.length
}

function isRegexStart(before: string): boolean {
  return /(^|[(,=:[!&|?{};+\-*%~^<>]|\b(return|typeof|case|of|in))$/.test(before.trimEnd().slice(-10))
}
