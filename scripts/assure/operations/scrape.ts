// A real Prometheus scrapes a devnet with the alert rules: figures are those of `ttx node status`, all rules can be evaluated, and a process that dies
// raises its alert.

import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { spawnTied } from '../../devnet/child.ts'
import { freePorts } from '../../devnet/ports.ts'
import { readEndpoints } from '../../endpoints.ts'
import { NEEDS_PROMETHEUS } from './rules.ts'
import { call, OPERATIONS, temporary } from './tools.ts'

const TTX = new URL('../../ttx.mjs', import.meta.url).pathname
const DEADLINE_MS = 240_000
/** What there is only now and then: something wrong or unjudged, a reason, seven blocks. */
const RARE = ['ttx_deadline_seconds', 'ttx_unready', 'ttx_network_hashes_per_second']

/** But for those of a tracker and a maker. */
const PARTS = [
  ...['bridge', 'network', 'proofs', 'mining', 'duties', 'races', 'account'],
  ...['looking', 'judging', 'acting', 'paying'],
]

const answer = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
})
const rules = z.object({
  data: z.object({
    groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })),
  }),
})
const status = z.object({
  bridge: z.object({ tip: z.object({ height: z.string() }) }),
  transactions: z.object({ held: z.number() }),
  peers: z.object({ outgoing: z.number(), incoming: z.number() }),
})

export async function checkScrape(): Promise<string> {
  const version = (await call('prometheus', ['--version'], { needs: NEEDS_PROMETHEUS })).split('\n')[0]
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await temporary())
  const data = join(path, 'data')
  const ports = await freePorts(12)
  const [web = 0, rpc = 0, listen = 0, ofNode = 0, ofMiner = 0, ofWatcher = 0, ofRelayer = 0, ethereumPort = 0] = ports
  const start = (...args: readonly (string | number)[]) => keep(stack, process.execPath, [TTX, ...args.map(String)])
  const base = 12_000 + (process.pid % 18_000)
  start('devnet', '--data', data, '--no-miner', '--no-watcher', '--base-port', base, '--ethereum-port', ethereumPort)
  const { ethereum, deployment } = await until('the devnet', async () => readEndpoints(data))
  await until('its node', async () => (await fetch(`http://127.0.0.1:${base}`)).status)
  const common = ['--ethereum', ethereum, '--beacon', ethereum, '--poll-ms', 300] as const
  const own = ['--data', join(path, 'own'), '--deployment', deployment, '--rpc-port', rpc, '--listen-port', listen]
  const peers = ['--peers', `127.0.0.1:${base + 1}`, '--finality-depth', 3]
  start('node', ...own, ...peers, ...common, '--metrics', ofNode)
  const paying = ['--data', data, '--courtesy', 0, '--confirmations', 1, '--poll-ms', 300]
  const miner = ['--wallet', 'miner', '--threads', 1, '--longest-wait', 0, '--price', '0.002', '--metrics', ofMiner]
  start('miner', ...paying, ...miner)
  const watcher = start('watch', ...paying, '--defend', '--wallet', 'watcher', '--metrics', ofWatcher)
  start('relay', ...paying, '--wallet', 'genesis', '--metrics', ofRelayer)

  const targets = { 'ttx-node': ofNode, 'ttx-miner': ofMiner, 'ttx-watcher': ofWatcher, 'ttx-relayer': ofRelayer }
  const configuration = join(path, 'prometheus.yml')
  await writeFile(configuration, configurationOf(targets))
  const served = `http://127.0.0.1:${web}`
  keep(stack, 'prometheus', [
    `--config.file=${configuration}`,
    `--web.listen-address=127.0.0.1:${web}`,
    `--storage.tsdb.path=${join(path, 'series')}`,
  ])
  const ask = async (query: string) =>
    answer.parse(await (await fetch(`${served}/api/v1/query?query=${encodeURIComponent(query)}`)).json()).data.result
  const sampleOf = async (query: string) => Number((await ask(query))[0]?.value[1])
  await until('four processes that answer', async () => (await sampleOf('sum(up)')) === 4 || undefined)

  await call(process.execPath, [TTX, 'bridge', '100', '--wallet', 'genesis', '--yes', '--data', data], {
    needs: 'Node',
  })
  await until('a block', async () => (await sampleOf('ttx_height{block="tip"}')) >= 1 || undefined)
  const named = await names()
  await until('all figures', async () => (await missing(named, ask)).length === 0 || undefined).catch(async () => {
    throw new Error(`nobody shows ${(await missing(named, ask)).join(', ')}`)
  })

  const node = ['--node', `http://127.0.0.1:${rpc}`, '--data', join(path, 'own'), '--json']
  await until('the same figures as the status', async () => {
    const said = status.parse(
      JSON.parse(await call(process.execPath, [TTX, 'node', 'status', ...node], { needs: 'Node' })),
    )
    const shown = [
      await sampleOf('ttx_height{block="tip"}'),
      await sampleOf('ttx_transactions_known'),
      await sampleOf('sum(ttx_peers)'),
    ]
    const { bridge, transactions, peers: connected } = said
    const expected = [Number(bridge.tip.height), transactions.held, connected.outgoing + connected.incoming]
    return expected.every((each, i) => each === shown[i]) || undefined
  })
  for (const [job, port] of Object.entries(targets)) {
    const file = join(path, `${job}.txt`)
    await writeFile(file, await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
    const lint = await call('sh', ['-c', 'promtool check metrics < "$0" || true', file], { needs: NEEDS_PROMETHEUS })
    assert.deepEqual(
      lint.split('\n').filter((line) => line.startsWith('ttx_')),
      [],
      job,
    )
  }

  const turning = 'time() - ttx_part_last_round_timestamp_seconds < 60 and ttx_part_last_round_timestamp_seconds'
  await until('all loops turning', async () => {
    const parts = (await ask(turning)).map(({ metric }) => metric['part'] ?? '')
    return PARTS.every((part) => parts.includes(part)) || undefined
  })
  const all = await until('all rules evaluated', async () => {
    const found = rules.parse(await (await fetch(`${served}/api/v1/rules`)).json())
    const each = found.data.groups.flatMap(({ rules }) => rules)
    return each.length > 0 && each.every(({ health }) => health === 'ok') ? each : undefined
  })
  assert.deepEqual(await ask('ALERTS{severity="page"}'), [], 'nothing is wrong')
  watcher.kill('SIGKILL')
  await until('the alert for a process that was killed', async () => {
    const [alert] = await ask('ALERTS{alertname="ProcessDown"}')
    return alert?.metric['job'] === 'ttx-watcher' || undefined
  })
  return `${named.length} figures of 4 processes scraped, ${all.length} rules evaluated, an alert raised, by ${version}`
}

function configurationOf(targets: Readonly<Record<string, number>>): string {
  const jobs = Object.entries(targets).map(
    ([job, port]) => `  - job_name: ${job}\n    static_configs:\n      - targets: ['127.0.0.1:${port}']\n`,
  )
  const global = 'global:\n  scrape_interval: 2s\n  evaluation_interval: 2s\n'
  const files = `rule_files:\n  - ${join(OPERATIONS, 'prometheus/alerts.yml')}\n`
  return `${global}${files}scrape_configs:\n${jobs.join('')}`
}

/** All figures that alerts and dashboards ask for. */
async function names(): Promise<string[]> {
  const files = ['prometheus/alerts.yml', 'grafana/node.json', 'grafana/miner.json', 'grafana/watcher.json']
  const texts = await Promise.all(files.map((file) => readFile(join(OPERATIONS, file), 'utf8')))
  const found = texts.flatMap((text) => text.match(/\b(?:ttx|nodejs|process)_[a-z0-9_]+(?=[{ )"[])/g) ?? [])
  return [...new Set(found)].filter((name) => !RARE.includes(name)).sort()
}

async function missing(named: readonly string[], ask: (query: string) => Promise<readonly unknown[]>) {
  const found = await Promise.all(named.map(async (name) => [name, (await ask(`count(${name})`)).length] as const))
  return found.flatMap(([name, count]) => (count === 0 ? [name] : []))
}

/** Until the stack is disposed of. */
function keep(stack: AsyncDisposableStack, command: string, args: readonly string[]): ChildProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('TTX_')))
  const child = spawnTied({ command, args, env: { ...env, NO_COLOR: '1' } })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000)
    })
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  child.on('exit', (code) => {
    if (code !== null && code !== 0)
      console.error(`${command} ${args.slice(0, 4).join(' ')} ended with ${code}:\n${said}`)
  })
  return child
}

/** The first answer that is not `undefined`; what is thrown on the way counts as none. */
async function until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + DEADLINE_MS
  for (;;) {
    const found = await probe().catch(() => undefined)
    if (found !== undefined) return found
    if (performance.now() > endMs) throw new Error(`waited for ${what} in vain`)
    await delay(500)
  }
}
