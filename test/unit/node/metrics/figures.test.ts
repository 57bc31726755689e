// Figures are read when somebody scrapes: once a scrape, absent where there is none, and without harm where reading fails.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { addFigures, type Figure, oneOf, whole } from '../../../../node/metrics/figures.ts'
import { parseSamples } from '../../../support/scrape.ts'

type Source = { readonly a?: number; readonly sides: Readonly<Record<string, number>>; readonly done: number }

const FIGURES: readonly Figure<Source>[] = [
  { name: 'ttx_a_seconds', help: 'One', of: ({ a }) => a },
  {
    name: 'ttx_sides',
    help: 'Two',
    labels: ['side'],
    of: ({ sides }) => Object.entries(sides).map(([side, value]) => [{ side }, value]),
  },
  { name: 'ttx_done_total', help: 'Three', of: ({ done }) => done },
]

test('each scrape reads the source once, and shows what it is then', async () => {
  const registry = new Registry()
  let reads = 0
  let source: Source = { a: 1.5, sides: { left: 1, right: -2 }, done: 3 }
  const read = () => {
    reads++
    return source
  }
  addFigures(registry, read, FIGURES)
  const first = await registry.metrics()
  assert.deepEqual(
    [...parseSamples(first)],
    [
      ['ttx_a_seconds', 1.5],
      ['ttx_sides{side="left"}', 1],
      ['ttx_sides{side="right"}', -2],
      ['ttx_done_total', 3],
    ],
  )
  assert.match(first, /# HELP ttx_a_seconds One\n# TYPE ttx_a_seconds gauge/)
  assert.match(first, /# TYPE ttx_done_total counter/)
  assert.equal(reads, 1)
  source = { sides: { right: 5 }, done: 4 }
  assert.deepEqual(
    [...parseSamples(await registry.metrics())],
    [
      ['ttx_sides{side="right"}', 5],
      ['ttx_done_total', 4],
    ],
  )
})

test('scrapes at the same time share one reading', async () => {
  const registry = new Registry()
  let reads = 0
  addFigures(registry, () => ({ sides: {}, done: ++reads }), FIGURES)
  const texts = await Promise.all(Array.from({ length: 20 }, () => registry.metrics()))
  assert.equal(reads, 1)
  assert.equal(new Set(texts).size, 1)
})

test('what cannot be read is absent and told; other figures stay', async () => {
  const registry = new Registry()
  const problems: unknown[] = []
  const broken = new Error('the ledger is closed')
  const fails = () => {
    throw broken
  }
  addFigures(registry, fails, FIGURES, (error) => problems.push(error))
  addFigures(
    registry,
    () => 1,
    [
      { name: 'ttx_fine', help: 'Four', of: (one) => one },
      { name: 'ttx_bad', help: 'Five', of: fails },
    ],
    (error) => problems.push(error),
  )
  assert.deepEqual([...parseSamples(await registry.metrics())], [['ttx_fine', 1]])
  assert.deepEqual(problems, [broken, broken])
})

test('of several words one holds, and all are shown', () => {
  assert.deepEqual(oneOf('state', ['live', 'dead'], 'dead'), [
    [{ state: 'live' }, 0],
    [{ state: 'dead' }, 1],
  ])
})

test('wei and base units are shown in ether and TTX', () => {
  assert.equal(whole(1_500_000_000_000_000_000n), 1.5)
  assert.equal(whole(-1_000_000_000n), -1e-9)
})
