// Figures of a process for Prometheus, read where they are when somebody scrapes, and kept nowhere else.

import { Counter, Gauge, type Registry } from 'prom-client'

type Labels = Readonly<Record<string, string>>
/** `undefined`: there is none now. Values of labels are words of ours or of the operator, never what a peer or a poster says. */
export type Values = number | undefined | readonly (readonly [labels: Labels, value: number])[]

export type Figure<Source> = {
  /** Ends with its unit, and with `_total` if it is a counter: the conventions of Prometheus. */
  readonly name: `ttx_${string}`
  /** One sentence without a full stop, with the unit in words. */
  readonly help: string
  readonly labels?: readonly string[]
  readonly of: (source: Source) => Values
}

/**
 * Enters figures that come of one reading, which is made once a scrape. If it is `undefined` there are none of them in that scrape, nor if
 * it throws, of which `onUnread` is told.
 */
export function addFigures<Source>(
  registry: Registry,
  read: () => Source | undefined,
  figures: readonly Figure<Source>[],
  onUnread: (error: unknown) => void = () => undefined,
): void {
  let reading: Promise<Source | undefined> | undefined
  const readOnce = async () => {
    try {
      return read()
    } catch (error) {
      onUnread(error)
      return undefined
    }
  }
  for (const { name, help, labels = [], of } of figures) {
    const isCounter = name.endsWith('_total')
    const collect = async () => {
      // All are asked in the same turn of the event loop.
      reading ??= readOnce().finally(() => {
        reading = undefined
      })
      const source = await reading
      metric.reset()
      if (labels.length === 0) metric.remove()
      try {
        const values = source === undefined ? undefined : of(source)
        if (typeof values === 'object') for (const [each, value] of values) metric.inc({ ...each }, value)
        else if (values !== undefined) metric.inc(values)
      } catch (error) {
        onUnread(error)
      }
    }
    const options = { name, help, labelNames: [...labels], registers: [registry], collect }
    const metric: Counter | Gauge = isCounter ? new Counter(options) : new Gauge(options)
  }
}

/** 1 for the word that holds now, 0 for all others that there are, so that a change of it can be seen in a graph. */
export function oneOf<Word extends string>(label: string, words: readonly Word[], now: Word): Values {
  return words.map((word) => [{ [label]: word }, word === now ? 1 : 0])
}

/** Wei in ether, base units in TTX: as near as a double comes. */
export function whole(units: bigint): number {
  return Number(units) / 1e18
}
