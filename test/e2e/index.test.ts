// The feed of a real node and the index of it, as a user runs them: the command follows payments and blocks, over kills of node and index; the stream goes
// on where it was left, and the files have every event once.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freePorts } from '../../scripts/devnet/ports.ts'
import { devnetPorts, type Running, startTtx, ttx, ttxJson, until } from '../support/processes/processes.ts'

const folder = await mkdtemp(join(tmpdir(), 'ttx-index-'))
const data = join(folder, 'devnet')
const own = join(folder, 'own')
const files = join(folder, 'feed')
const BOB = `0x${'b0'.repeat(20)}`
const [rpc = 0, listen = 0, serve = 0] = await freePorts(3)
const nodeUrl = `http://127.0.0.1:${rpc}`
let devnet: Running
let base: number
let ethereum: number
let node: Running
let index: Running

before(async () => {
  const ports = await devnetPorts()
  base = ports.base
  ethereum = ports.ethereum
  devnet = startTtx(['devnet', '--data', data, '--poll-ms', '600', '--block-seconds', '1', ...ports.flags])
  await devnet.said(/It runs/)
  node = await startNode()
  index = await startIndex()
})

after(async () => {
  for (const each of [index, node, devnet]) await each?.stop('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function startNode(): Promise<Running> {
  const places = ['--rpc-port', `${rpc}`, '--listen-port', `${listen}`, '--peers', `127.0.0.1:${base + 1}`]
  const chain = ['--ethereum', `http://127.0.0.1:${ethereum}`, '--beacon', `http://127.0.0.1:${ethereum}`]
  const more = ['--deployment', join(data, 'deployment.json'), '--finality-depth', '3', '--poll-ms', '600']
  const feed = ['--feed', '256', '--feed-files', files]
  const running = startTtx(['node', '--data', own, ...places, ...chain, ...more, ...feed, '--from-genesis'])
  await running.said(/BitTorrent/)
  return running
}

async function startIndex(): Promise<Running> {
  const running = startTtx(['index', '--data', own, '--node', nodeUrl, '--serve', `${serve}`])
  await running.said(/queries/)
  return running
}

type Payment = { readonly infohash: string; readonly status: string }

async function view<T>(path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${serve}${path}`)
  assert.equal(response.status, 200, path)
  return (await response.json()) as T
}

/** The status that the index has of a payment. */
async function indexed(infohash: string, status: string): Promise<void> {
  await until(`the index to have ${infohash} as ${status}`, async () => {
    const { items } = await view<{ items: readonly Payment[] }>('/payments').catch(() => ({
      items: [],
    }))
    return items.find((each) => each.infohash === infohash)?.status === status ? true : undefined
  })
}

async function pay(): Promise<string> {
  const { infohash } = await ttxJson<{ infohash: string }>(['send', '1', BOB, '--wallet', 'genesis', '--data', data])
  return infohash
}

test('payments and blocks come into the index as they happen', async () => {
  const infohash = await pay()
  await indexed(infohash, 'accepted')
  const bridged = await ttxJson<{ infohash: string }>(['bridge', '5', BOB, '--wallet', 'genesis', '--data', data])
  await indexed(bridged.infohash, 'ordered')
  await indexed(infohash, 'ordered')
})

test('node and index that are killed go on, and have each payment once', async () => {
  const first = await pay()
  await indexed(first, 'accepted')
  await Promise.all([node.stop('SIGKILL'), index.stop('SIGKILL')])
  const second = await pay()
  node = await startNode()
  index = await startIndex()
  await indexed(second, 'accepted')
  const { items } = await view<{ items: readonly Payment[] }>('/payments')
  const names = items.map(({ infohash }) => infohash)
  assert.equal(new Set(names).size, names.length)
})

test('the stream goes on behind the event that its reader had last, for programs, and for no page of others', async () => {
  const read = async (headers: Record<string, string>, most: number) => {
    const stop = new AbortController()
    const response = await fetch(`${nodeUrl}/feed`, { headers, signal: stop.signal })
    assert.equal(response.status, 200)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const ids = () => [...text.matchAll(/^id: (.+)$/gm)].map(([, id = '']) => id)
    while (ids().length < most) text += (await reader?.read())?.value ?? assert.fail('the stream ended')
    stop.abort()
    return ids()
  }
  const all = await read({}, 6)
  const [, second = ''] = all
  assert.deepEqual((await read({ 'last-event-id': second }, 3)).slice(0, 3), all.slice(2, 5))
  assert.equal((await fetch(`${nodeUrl}/feed`, { headers: { 'last-event-id': 'first' } })).status, 400)
  assert.equal((await fetch(`${nodeUrl}/feed`, { headers: { origin: 'https://evil.example' } })).status, 403)
})

test('the files have every event once, in order, over the kill', async () => {
  const { feed } = { feed: await sequences() }
  assert(feed.length > 5)
  assert.deepEqual(
    feed,
    feed.map((_, i) => (feed[0] ?? 0) + i),
  )
})

test('an index whose node keeps no feed says so', async () => {
  const { exitCode, err } = await ttx(['index', '--data', join(folder, 'other'), '--node', `http://127.0.0.1:${base}`])
  assert.notEqual(exitCode, 0)
  assert.match(err, /--feed 256/)
})

async function sequences(): Promise<readonly number[]> {
  const names = (await readdir(files)).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(files, name), 'utf8')))
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { sequence: number }).sequence)
}
