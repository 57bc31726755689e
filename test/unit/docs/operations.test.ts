// What operators are given hangs together: alerts and dashboards ask for figures that exist, each alert has its page, and pages name commands that exist.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { z } from 'zod'
import { accountFigures, EMPTY_BLOCK } from '../../../miner/figures/account-figures.ts'
import { MINER_FIGURES } from '../../../miner/figures/miner-figures.ts'
import { RELAYER_FIGURES } from '../../../miner/figures/relayer-figures.ts'
import { WATCHER_FIGURES } from '../../../miner/figures/watcher-figures.ts'
import { Metrics } from '../../../node/metrics/metrics.ts'
import { NODE_FIGURES } from '../../../node/metrics/node-figures.ts'
import { Verdicts } from '../../../node/metrics/verdicts.ts'
import { Rounds } from '../../../node/rounds.ts'
import { createProgram } from '../../../scripts/cli/program.ts'
import { registrationsFor } from '../../../scripts/cli/registry.ts'
import { SETTING_KEYS, settingInfo } from '../../../scripts/settings.ts'
import { fakeShell } from '../../support/fake-shell.ts'
import { log } from '../../support/log.ts'

const root = new URL('../../..', import.meta.url).pathname
const folder = join(root, 'docs/operations')
const read = (path: string) => readFileSync(join(folder, path), 'utf8')

type Alert = { readonly name: string; readonly expr: string; readonly severity: string; readonly runbook: string }

const FIGURES = [
  ...NODE_FIGURES,
  ...MINER_FIGURES,
  ...RELAYER_FIGURES,
  ...WATCHER_FIGURES,
  ...accountFigures(EMPTY_BLOCK),
]

/** Every figure that a process may show, with its labels. */
function figures(): ReadonlyMap<string, readonly string[]> {
  const about = { log, rounds: new Rounds(), clock: () => 0, version: '0', command: 'node' }
  const { registry } = new Metrics(about, { host: '127.0.0.1', port: 0 }, new AbortController().signal)
  new Verdicts(registry)
  const own = registry
    .getMetricsAsArray()
    .map(({ name, labelNames }: Labelled): [string, readonly string[]] => [name, labelNames ?? []])
  return new Map([
    ['up', ['job', 'instance']],
    ...own,
    ...FIGURES.map(({ name, labels = [] }): [string, readonly string[]] => [name, labels]),
  ])
}

type Labelled = { readonly name: string; readonly labelNames?: readonly string[] }

const KNOWN = figures()
const FUNCTIONS = ['time', 'scalar', 'max', 'sum', 'rate', 'delta', 'increase', 'histogram_quantile', 'label_values']
const WORDS = [...FUNCTIONS, 'by', 'and', 'job', 'instance', 'le', 'h', 'm', 'd']

/** What a query asks for that nobody shows, labels included. */
function missing(query: string): string[] {
  const names = query.replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ').match(/[a-zA-Z_][a-zA-Z0-9_]*/g) ?? []
  const unknown = names.filter((name) => !WORDS.includes(name) && !isShown(name))
  const labels = [...query.matchAll(/([a-z_0-9]+)\{([^}]*)\}/g)].flatMap(([, name = '', text = '']) =>
    [...text.matchAll(/([a-z_]+)=/g)].flatMap(([, label = '']) =>
      ['job', 'instance', ...(KNOWN.get(baseOf(name)) ?? [])].includes(label) ? [] : `${name}{${label}}`,
    ),
  )
  return [...unknown, ...labels]
}

function isShown(name: string): boolean {
  return KNOWN.has(name) || KNOWN.has(baseOf(name))
}

function baseOf(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '')
}

function alerts(): Alert[] {
  return read('prometheus/alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1)
    .map((text) => {
      const [, name = '', expr = '', severity = '', runbook = ''] =
        /^(\w+)\n {8}expr: (.*)\n[\s\S]*severity: (\w+)\n[\s\S]*runbook: (\S+)\n/.exec(text) ?? []
      return { name, expr, severity, runbook }
    })
}

test('a figure is named by the conventions of Prometheus, and says its unit', () => {
  for (const { name, help } of FIGURES) {
    assert.match(name, /^ttx_[a-z][a-z0-9_]*[a-z0-9]$/)
    assert.match(help, /^[A-Z0-9].*[^.]$/, name)
    const [unit] = /(?<=_)(seconds|ether|wei|ttx)(?=(_total)?$)/.exec(name) ?? []
    if (unit !== undefined)
      assert.match(help.toLowerCase(), new RegExp(unit.replace('seconds', '(unix )?seconds')), name)
  }
  // Watcher and node show deadlines of their own; no other name is taken twice.
  const names = FIGURES.map(({ name }) => name)
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    ['ttx_deadline_seconds'],
  )
})

test('this test finds a figure and a label that nobody shows', () => {
  assert.deepEqual(missing('sum by (job) (rate(ttx_nothing_total{job="a"}[5m])) > 1'), ['ttx_nothing_total'])
  assert.deepEqual(missing('ttx_ethereum_state{colour="dead"} == 1'), ['ttx_ethereum_state{colour}'])
  assert.deepEqual(missing('rate(ttx_verdict_latency_seconds_bucket{le="1"}[6h])'), [
    'ttx_verdict_latency_seconds_bucket{le}',
  ])
})

test('each alert asks for figures that exist, and names its section of the runbook', () => {
  const runbook = read('runbook.md')
  const all = alerts()
  assert.ok(all.length >= 28)
  for (const { name, expr, severity, runbook: place } of all) {
    assert.deepEqual(missing(expr), [], name)
    assert.match(severity, /^(page|ticket)$/, name)
    assert.equal(place, `docs/operations/runbook.md#${name.toLowerCase()}`)
    const [, section] = new RegExp(`^## ${name}\\n(.*?)(?=^## |$(?![\\s\\S]))`, 'ms').exec(runbook) ?? []
    assert.ok(section, `${name} has a section`)
    for (const part of ['Means', 'How grave', 'Look at', 'Do'])
      assert.ok(section.includes(`- **${part}**:`), `${name} says ${part}`)
    assert.match(section, new RegExp(`\\*\\*How grave\\*\\*: ${severity}`), name)
  }
  const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
  assert.deepEqual(
    sections,
    all.map(({ name }) => name),
  )
})

test('each alert is tried where it fires and where it does not', () => {
  const text = read('prometheus/alerts.test.yml')
  for (const { name } of alerts())
    for (const how of ['fires', 'is quiet']) assert.ok(text.includes(`  - name: ${name} ${how}\n`), `${name} ${how}`)
})

const panel = z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })
const dashboard = z.object({
  uid: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.unknown() })) }),
  panels: z.array(panel),
})

test('each panel of a dashboard asks for figures that exist, and the three together show all of them', () => {
  const files = globSync('grafana/*.json', { cwd: folder }).sort()
  assert.deepEqual(files, ['grafana/miner.json', 'grafana/node.json', 'grafana/watcher.json'])
  const shown = new Set<string>()
  for (const file of files) {
    const { panels } = dashboard.parse(JSON.parse(read(file)))
    assert.ok(panels.length > 5)
    for (const { title, targets } of panels)
      for (const { expr } of targets) {
        assert.deepEqual(missing(expr), [], `${file}: ${title}`)
        for (const [name] of expr.matchAll(/ttx_[a-z_]+/g)) shown.add(baseOf(name))
      }
  }
  const hidden = FIGURES.map(({ name }) => name).filter((name) => !shown.has(name))
  // Of a relayer there is no dashboard; the others are in alerts, or in what is shown beside them.
  assert.deepEqual(hidden, [
    'ttx_ethereum_block',
    'ttx_ethereum_block_timestamp_seconds',
    'ttx_miner_hashes_total',
    'ttx_miner_searched_seconds_total',
    'ttx_miner_defends',
    'ttx_relayer_claims_total',
    'ttx_relayer_paid_ttx_total',
    'ttx_relayer_waiting',
  ])
})

test('commands and flags of these pages exist', async () => {
  const flags = new Set(SETTING_KEYS.flatMap((key) => settingInfo(key).flag?.split(' ')[0] ?? []))
  const pages = globSync('*.md', { cwd: folder })
  assert.ok(pages.length >= 3)
  const shell = fakeShell({ folder: root })
  for (const page of pages) {
    const text = read(page)
    const commands = [
      ...[...text.matchAll(/```(?:sh|text)\n(.*?)```/gs)].flatMap(([, block = '']) => block.split('\n')),
      ...[...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code),
    ].flatMap((line) => /(?:^|\s)ttx((?: [a-z][a-z-]*)+)(.*)$/.exec(line.replace(/\S*ttx\.mjs/, 'ttx')) ?? [])
    for (let i = 0; i < commands.length; i += 3) {
      const words = (commands[i + 1] ?? '').trim().split(' ')
      let command = createProgram(shell, await registrationsFor(words))
      const known = new Set<string>(flags)
      for (const word of words) {
        const next = command.commands.find((each) => each.name() === word)
        if (next === undefined) break
        command = next
        for (const { long } of command.options) known.add(long ?? '')
      }
      assert.notEqual(command.name(), 'ttx', `${page}: ${commands[i]}`)
      const used = (commands[i + 2] ?? '').match(/(?<=\s)--[a-z-]+/g) ?? []
      for (const flag of used) assert.ok(known.has(flag) || flag === '--json', `${page}: ${commands[i]} has ${flag}`)
    }
  }
})

test('default figures of the process are those that the dashboards count on', () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of [
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
    'nodejs_eventloop_lag_p99_seconds',
  ])
    assert.ok(registry.getSingleMetric(name), name)
})
