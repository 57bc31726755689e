// The page of a tracker: which infohashes it knows, by how many each is seeded and wanted, and since when. No script, nothing from elsewhere.

import { createHash } from 'node:crypto'
import type { SwarmInfo } from './directory.ts'

export type Shown = {
  readonly swarms: number
  readonly entries: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** What was looked for, as it was written. */
  readonly sought: string | undefined
  readonly rows: readonly SwarmInfo[]
  /** The infohash after which the next page begins, if there is one. */
  readonly next: string | undefined
}

const STYLE =
  'body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}' +
  'td,th{text-align:right;padding:.2rem .6rem;border-bottom:1px solid #ccc}td:first-child,th:first-child{text-align:left;font-family:monospace}input{width:26rem}'

/** Of all answers with HTML: nothing runs, nothing is loaded, nobody frames it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

export function formatPage({ swarms, entries, startedAt, sought, rows, next }: Shown): string {
  const lines = rows.map(
    ({ infohash, seeders, leechers, completed, since }) =>
      `<tr><td>${escapeHtml(infohash)}</td><td>${seeders}</td><td>${leechers}</td><td>${completed}</td><td>${formatTime(since)}</td></tr>`,
  )
  const none =
    sought === undefined ? 'Nothing is announced here now.' : `Nobody announces ${escapeHtml(sought)} here now.`
  const table =
    rows.length === 0
      ? `<p>${none}</p>`
      : `<table><tr><th>infohash</th><th>seeders</th><th>leechers</th><th>completed</th><th>known since (UTC)</th></tr>${lines.join('\n')}</table>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>TorrentTX tracker</title><style>${STYLE}</style></head><body>
<h1>TorrentTX tracker</h1>
<p>${swarms} infohashes, ${entries} addresses, since ${formatTime(startedAt)} UTC. What is announced here is a claim of whoever announces it.</p>
<form action="/" method="get"><label>Infohash <input name="infohash" maxlength="40"></label> <button>Look up</button></form>
${table}
${next === undefined ? '' : `<p><a href="/?after=${escapeHtml(next)}">more</a></p>`}
<p><a href="/stats.json">The same for programs</a></p>
</body></html>
`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}
