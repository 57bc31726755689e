// Text for a screen of limited width.

/** A part of a line; of parts that do not fit together those with the lowest `rank` are left out first. */
export type Part = { readonly text: string; readonly rank: number }

const BETWEEN = '  '

/** One line of at most `width` characters, with the parts in their order. */
export function fitLine(parts: readonly Part[], width: number): string {
  let kept = parts.filter(({ text }) => text !== '')
  const line = () => kept.map(({ text }) => text).join(BETWEEN)
  while (kept.length > 1 && line().length > width) {
    const least = Math.min(...kept.map(({ rank }) => rank))
    const last = kept.findLastIndex(({ rank }) => rank === least)
    kept = kept.filter((_, i) => i !== last)
  }
  return line().slice(0, width)
}

/** Lines of at most `width` characters, broken between words where these are not longer; all but the first one begin with `indent`. */
export function wrap(text: string, width: number, indent = ''): readonly string[] {
  const lines: string[] = []
  let line = ''
  let isEmpty = true
  for (const word of text.split(' ')) {
    let rest = word
    const room = () => width - line.length - (isEmpty ? 0 : 1)
    if (rest.length > room() && !isEmpty) {
      lines.push(line)
      line = indent
      isEmpty = true
    }
    while (rest.length > room()) {
      lines.push(line + rest.slice(0, room()))
      rest = rest.slice(room())
      line = indent
    }
    line = isEmpty ? line + rest : `${line} ${rest}`
    isEmpty = false
  }
  return [...lines, line]
}
