// Turns of phrase that docs and comments do without (docs/words.md), and what a reader is told to write instead.
import { blank } from './source.ts'

export type Turn = {
  readonly name: string
  /** Within one line; a phrase that breaks over two lines passes. */
  readonly pattern: RegExp
  readonly instead: string
}

export type Find = { readonly line: number; readonly found: string; readonly turn: Turn }

/** The five that were most frequent, or stopped a reader most. The other rules of the page are for the author and the reviewer. */
export const TURNS: readonly Turn[] = [
  {
    name: 'is no X',
    pattern: /(?<!\bthere )\b(?:is|are|was|were) no (?!(?:longer|more|less|fewer|one|better|worse|different)\b)\w+/i,
    instead: 'is not a X',
  },
  {
    name: 'so long, so many, so much, so often for an amount',
    pattern: /\bso (?:long|many|much|often)\b(?! as\b)(?![^.;:]* that\b)(?! (?:more|less|the)\b)/i,
    instead: 'this long, this many; or name the amount',
  },
  {
    name: 'nothing where, nothing if for a value that is returned',
    pattern: /(?:\bor |\b(?:answers|returns) |[;:] |^)nothing (?:where|if)\b/i,
    instead: 'undefined if',
  },
  { name: 'he, his, him', pattern: /\b(?:he|his|him|himself)\b/i, instead: 'they, it, the miner' },
  {
    name: 'anew, hence, for ever, in unison',
    pattern: /\b(?:anew|hence|for ever|in unison)\b/i,
    instead: 'again, therefore, forever, all agree',
  },
]

/** Every turn in the prose of a file: all of a page, the comments of a source file. Code in a page counts as well, strings in a source do not. */
export function findTurns(path: string, text: string): readonly Find[] {
  return proseOf(path, text)
    .split('\n')
    .flatMap((line, i) =>
      TURNS.flatMap((turn) => {
        const [found] = turn.pattern.exec(line) ?? []
        return found === undefined ? [] : [{ line: i + 1, found, turn }]
      }),
    )
}

// The marks of a comment go as well, so that its first word begins the line.
function proseOf(path: string, text: string): string {
  if (path.endsWith('.md')) return text
  const code = blank(text, 'comments')
  const comments = text
    .split('')
    .map((char, i) => (char === '\n' || code[i] !== char ? char : ' '))
    .join('')
  return comments.replaceAll(/^[ \t/*]+/gm, '')
}
