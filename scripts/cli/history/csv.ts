// Comma-separated values (RFC 4180), which a spreadsheet may open: no cell becomes a formula.

/** What spreadsheets take for the beginning of a formula (OWASP, CSV injection): so does a tab or a line end before one. */
const FORMULA = /^\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

/** Lines end with CRLF, the last one too. */
export function formatCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map(formatCell).join(',')}\r\n`).join('')
}

/** The same behind what separates cells where the comma is the decimal mark, whatever quotes say; and behind a tab or a bar. */
const FORMULA_BEHIND = /([;\t|]\s*["']?\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g

/** Quoted where it must be. What would be a formula begins with an apostrophe, which makes a spreadsheet show it as text. */
function formatCell(text: string): string {
  const safe = `${FORMULA.test(text) ? "'" : ''}${text.replace(FORMULA_BEHIND, "$1'")}`
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
