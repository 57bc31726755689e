// JSON for a page: what fits into a line is in one, and long hex is cut.

const MOST_CHARACTERS = 66
const LINE = 110

export function formatJson(value: unknown, indent = ''): string {
  const line = JSON.stringify(value, (_, member: unknown) => (typeof member === 'string' ? cut(member) : member), 1)
    .replace(/\n */g, ' ')
    .replaceAll('[ ]', '[]')
  if (indent.length + line.length <= LINE || typeof value !== 'object' || value === null) return line
  const inner = `${indent}  `
  const parts = Array.isArray(value)
    ? value.map((member) => formatJson(member, inner))
    : Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${formatJson(member, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`
}

/** Ids and sentences stay whole. */
function cut(text: string): string {
  return text.length > MOST_CHARACTERS && !text.includes(' ') ? `${text.slice(0, MOST_CHARACTERS - 4)}…` : text
}
