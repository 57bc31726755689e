// Times by Ethereum's clock, which decides, as moments and as how long it is until then.

import type { Words } from '../language/en.ts'
import { useLanguage, useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Seconds: the time of the newest block of Ethereum that the node has seen, or of this machine if it sees none. */
export function useNow(): number {
  const { data } = useCall('node_status', {})
  return data?.bridge.ethereumTime ?? Math.floor(Date.now() / 1_000)
}

/** The two largest units, as in `1 d 3 h`. */
export function formatSpan(seconds: number, { time }: Words): string {
  const parts: string[] = []
  let rest = Math.max(0, Math.round(seconds))
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${time.unit[unit]}`)
    if (parts.length === 2) break
  }
  return parts.join(' ') || `0 ${time.unit.second}`
}

export function useMoment(): (seconds: number) => string {
  const { language } = useLanguage()
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  return (seconds) => format.format(seconds * 1_000)
}

/** `at` in seconds, by Ethereum's clock. */
export function Moment({ at }: { readonly at: number }) {
  const words = useWords()
  const now = useNow()
  const moment = useMoment()
  const distance = at - now
  const span = formatSpan(Math.abs(distance), words)
  const near = distance > 0 ? words.time.in(span) : words.time.ago(span)
  return (
    <time dateTime={new Date(at * 1_000).toISOString()}>
      {moment(at)} <span className="faint">({near})</span>
    </time>
  )
}
