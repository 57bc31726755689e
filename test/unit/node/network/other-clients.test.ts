// Clients of others as Debian has them, which know nothing of this network: each fetches a transaction and a block from a node that a tracker tells of, and seeds
// both to a node. Those that are not on this machine are passed over, with the name of their package.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  blockContent,
  type Content,
  encodeTorrent,
  infohashOfInfo,
  transactionContent,
} from '../../../../node/network/torrent/metainfo.ts'
import { Namespaces, namespacesMissing } from '../../../support/namespaces.ts'
import { startTracker } from '../tracker/lab.ts'
import { MEETING_POINT } from './attacker.ts'
import { Lab, until } from './lab.ts'
import { testFile, testHeader } from './memory-store.ts'

/** Where it is and what it is told: a torrent to fetch or to seed, the folder that its content is in or goes to, its port, and one for what it keeps. */
type Place = { readonly torrent: string; readonly folder: string; readonly port: string; readonly home: string }
type OtherClient = {
  readonly package: string
  /** Succeeds where it is here. */
  readonly probe: readonly [string, ...string[]]
  /** Runs until it is killed. */
  readonly command: (place: Place) => readonly [string, ...string[]]
  /** It connects to no address of loopback (Transmission: `isMartianAddr`, net.c): it runs on a host of its own. */
  readonly shunsLoopback?: true
  /** Of its settings, by name of the file in `home`. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Where all of it listens: on loopback, or, of a run in a namespace, on the address that is only there. */
const HOST = process.env['TTX_TEST_HOST'] ?? '127.0.0.1'
const isInside = HOST !== '127.0.0.1'
const LIBTORRENT = fileURLToPath(new URL('libtorrent-client.py', import.meta.url))
const PYTHON = '/usr/bin/python3'
const TRANSMISSION = {
  ...{ 'bind-address-ipv4': HOST, 'bind-address-ipv6': '::1', 'dht-enabled': false, 'lpd-enabled': false },
  ...{ 'pex-enabled': false, 'port-forwarding-enabled': false, 'rpc-enabled': false, 'utp-enabled': false },
}

const CLIENTS: Readonly<Record<string, OtherClient>> = {
  aria2: {
    package: 'aria2',
    probe: ['aria2c', '--version'],
    command: ({ torrent, folder, port }) => [
      ...([
        'aria2c',
        '--interface=127.0.0.1',
        '--disable-ipv6',
        '--enable-dht=false',
        '--bt-enable-lpd=false',
      ] as const),
      ...['--enable-peer-exchange=false', '--seed-ratio=0.0', '--check-integrity=true', '--no-conf'],
      ...[`--dir=${folder}`, `--listen-port=${port}`, torrent],
    ],
  },
  libtorrent: {
    package: 'python3-libtorrent',
    probe: [PYTHON, '-c', 'import libtorrent'],
    command: ({ torrent, folder, port }) => [PYTHON, LIBTORRENT, torrent, folder, port],
  },
  Transmission: {
    package: 'transmission-cli',
    probe: ['transmission-cli', '--version'],
    command: ({ torrent, folder, port, home }) => [
      ...(['transmission-cli', '-g', home, '-M', '-p', port, '-w', folder, torrent] as const),
    ],
    shunsLoopback: true,
    settings: { 'settings.json': JSON.stringify(TRANSMISSION) },
  },
}

const BLOCK = [
  { name: 'balances.bin', bytes: new Uint8Array(150_000).map((_, i) => i % 251) },
  { name: 'block.json', bytes: Buffer.from('{"height":"1"}') },
]

for (const [name, client] of Object.entries(CLIENTS)) {
  const { probe, shunsLoopback = false } = client
  if (isInside && !shunsLoopback) continue
  const title = `${name} fetches a transaction and a block from a node, and a node fetches both from it`
  const isHere = spawnSync(probe[0], probe.slice(1)).status === 0
  const missing = isHere ? undefined : `needs ${name} (Debian: apt install ${client.package})`
  if (shunsLoopback && !isInside) test(title, { skip: missing ?? namespacesMissing() ?? false }, runInside)
  else test(title, { skip: missing ?? false }, (t) => exchange(t, client, name))
}

/** This file once more, on a host of its own. */
async function runInside(): Promise<void> {
  using network = new Namespaces(`ttx-${process.pid}-clients`)
  const { address, command } = network.add()
  const [program = '', ...args] = [...command, process.execPath, fileURLToPath(import.meta.url)]
  const child = spawn(program, args, {
    env: { ...process.env, NODE_TEST_CONTEXT: '', TTX_TEST_HOST: address },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [out] = await Promise.all([text(child.stdout), once(child, 'close')])
  assert.equal(child.exitCode, 0, out)
  assert.match(out, /^ℹ pass 1$|^# pass 1$/m)
}

async function exchange(t: TestContext, client: OtherClient, name: string): Promise<void> {
  await using lab = new Lab()
  const tracker = await startTracker({ meeting: MEETING_POINT }, { host: HOST })
  lab.defer(() => tracker.stop())
  const node = await lab.node({ host: HOST, trackers: [tracker.urls.http] })
  await until(() => tracker.directory.has(MEETING_POINT), 'the node announced itself')
  const [mine, theirs] = [testFile(`for ${name}`), testFile(`of ${name}`)]
  node.store.add(mine)
  node.store.addBlock(testHeader(BLOCK), BLOCK)
  const run = (content: Content, files: Record<string, Uint8Array> = {}, announce = tracker.urls.http) =>
    start(t, client, content, [announce], files)

  const payment = await run(transactionContent(mine))
  await comes(join(payment.folder, 'tx', 'tx.json'), mine)
  const block = await run(blockContent(BLOCK))
  for (const { name: file, bytes } of BLOCK) await comes(join(block.folder, 'block', file), bytes)

  // Transmission knows its peers by their address alone: those that seed must not know the first node.
  const quiet = await startTracker({}, { host: HOST })
  lab.defer(() => quiet.stop())
  const seed = async (content: Content, files: Record<string, Uint8Array>) => {
    const { port } = await run(content, files, quiet.urls.http)
    const infohash = infohashOfInfo(content.info)
    await until(() => quiet.directory.counts(infohash).seeders > 0, 'it seeds', 60_000)
    return { infohash, hints: { peers: [`${HOST}:${port}`] } }
  }
  const seeded = await seed(transactionContent(theirs), { 'tx/tx.json': theirs })
  const blockFiles = Object.fromEntries(BLOCK.map(({ name: file, bytes }) => [`block/${file}`, bytes]))
  const seededBlock = await seed(blockContent(BLOCK), blockFiles)
  const other = await lab.node({ host: HOST, dialsHints: 'anywhere' })
  const signal = AbortSignal.timeout(60_000)
  assert.deepEqual(await other.network.fetch(seeded.infohash, signal, seeded.hints), theirs)
  const fetched = await other.network.fetchBlock(seededBlock.infohash, signal, seededBlock.hints)
  const plain = (files: typeof fetched) => files.map(({ name: file, bytes }) => [file, Buffer.from(bytes)])
  assert.deepEqual(plain(fetched), plain(BLOCK))
}

async function start(
  t: TestContext,
  client: OtherClient,
  { info }: Content,
  trackers: readonly string[],
  files: Record<string, Uint8Array>,
) {
  const home = await mkdtemp(join(tmpdir(), 'ttx-client-'))
  const folder = join(home, 'content')
  for (const [path, bytes] of Object.entries({ 'folder.torrent': encodeTorrent(info, trackers), ...client.settings }))
    await writeFile(join(home, path), bytes)
  await mkdir(folder)
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  const port = await freePort()
  const [program, ...args] = client.command({ torrent: join(home, 'folder.torrent'), folder, port, home })
  const child = spawn(program, args, { stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: home } })
  t.after(async () => {
    const closed = child.exitCode === null && child.signalCode === null ? once(child, 'close') : undefined
    child.kill('SIGKILL')
    await closed
    await rm(home, { recursive: true, force: true })
  })
  return { folder, port }
}

/** Resolves once the file is there with these bytes. */
async function comes(path: string, bytes: Uint8Array): Promise<void> {
  const end = performance.now() + 120_000
  for (;;) {
    const found = await readFile(path).catch(() => undefined)
    if (found?.equals(bytes)) return
    if (performance.now() > end) throw new Error(`waited in vain for ${path}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return String(typeof address === 'object' ? address?.port : 0)
}
