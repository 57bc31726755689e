// `ttx tracker`: what it says when it starts, that it asks its node, that nodes find each other there, and how it ends.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { meetingPoint } from '../../../../node/network/meeting-point.ts'
import { decodeDictionary } from '../../../../node/network/torrent/bencode.ts'
import { infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'
import { Attacker } from '../../node/network/attacker.ts'
import { Lab, until } from '../../node/network/lab.ts'
import { MemoryStore, testFile } from '../../node/network/memory-store.ts'
import { percent } from '../../node/tracker/lab.ts'

const { result: info } = EXAMPLES.node_info
const { result: transaction } = EXAMPLES.tx_get
const KNOWN = 'a1'.repeat(20)
const MEETING = infohashOfInfo(meetingPoint(info.network.genesis).info)

test('it takes the meeting point and what its node has, and says where it is', async (t) => {
  const url = await serve(t, {
    node_info: async () => info,
    tx_get: async ({ infohash }) =>
      infohash === KNOWN
        ? transaction
        : { infohash, status: 'unknown', rivals: [], missing: [], unorderedAncestors: 0 },
  })
  const { told, end } = await start(t, '--node', url)
  assert.deepEqual(Object.keys(told), ['http', 'udp', 'page', 'takes'])
  assert.equal(told['takes'], 'known')
  const reason = async (infohash: string) => {
    const query = `info_hash=${percent(infohash)}&peer_id=${'x'.repeat(20)}&port=7`
    const body = await (await fetch(`${told['http']}?${query}`)).text()
    return /failure reason\d+:(.*)e$/.exec(body)?.[1]
  }
  assert.deepEqual([await reason(MEETING), await reason(KNOWN)], [undefined, undefined])
  assert.match((await reason('b2'.repeat(20))) ?? '', /not of this network/)
  const answer = await fetch(`${told['page']}stats.json`)
  const stats = (await answer.json()) as { swarms: number; entries: number }
  assert.deepEqual([stats.swarms, stats.entries], [2, 2])
  assert.equal(await end(), 0)
  await assert.rejects(fetch(told['page'] ?? ''), 'the port is closed')
})

test('a stock client finds a payment at nodes that announced no payment', async (t) => {
  await using lab = new Lab()
  const store = new MemoryStore()
  const [payment] = store.add(testFile('looked for'))
  assert(payment)
  const network = { ...info.network, genesis: store.genesis }
  const url = await serve(t, {
    node_info: async () => ({ ...info, network }),
    tx_get: async () => transaction,
  })
  const { told, end } = await start(t, '--node', url)
  const node = await lab.node({ trackers: [told['udp'] ?? ''] }, store)
  const announced = async () => (await (await fetch(`${told['page']}stats.json`)).json()) as { torrents: object[] }
  // A page costs ten requests of 4,000.
  while ((await announced()).torrents.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  const query = `info_hash=${percent(payment)}&peer_id=${'x'.repeat(20)}&port=7&left=1`
  const answer = Buffer.from(await (await fetch(`${told['http']}?${query}`)).arrayBuffer())
  const { peers } = decodeDictionary(answer) as { peers: Uint8Array }
  const port = Buffer.from(peers).readUInt16BE(4)
  assert.equal(`${peers.subarray(0, 4).join('.')}:${port}`, node.address)
  const stranger = await Attacker.handshaken(node.address, payment)
  lab.defer(() => stranger.close())
  assert(!stranger.isClosed, 'the node woke the torrent')
  assert.equal(await end(), 0)
})

test('nodes find each other there, over HTTP and over UDP', async (t) => {
  const { told, end } = await start(t, '--any-infohash')
  for (const protocol of ['http', 'udp']) {
    await using lab = new Lab()
    const trackers = [told[protocol] ?? '']
    const [alice, bob] = [await lab.node({ trackers }), await lab.node({ trackers })]
    await until(() => alice.network.peers().length === 1 && bob.network.peers().length === 1, `found by ${protocol}`)
  }
  assert.equal(await end(), 0)
})

test('a port that is taken, an address that is none and a node that is not there are told', async (t) => {
  const { told, end } = await start(t, '--any-infohash')
  const { port } = new URL(told['page'] ?? '')
  const failure = async (...argv: string[]) => {
    const shell = fakeShell({ folder: tmpdir() })
    const exitCode = await runCli(['tracker', ...argv, '--json'], shell)
    return [exitCode, JSON.parse(shell.out()).error.code]
  }
  assert.deepEqual(await failure('--any-infohash', '--tracker-port', port), [1, 'port-in-use'])
  assert.deepEqual(await failure('--any-infohash', '--tracker-host', 'example.org'), [2, 'bad-setting'])
  assert.deepEqual(await failure('--node', 'http://127.0.0.1:9'), [1, 'node-unreachable'])
  await end()
})

/** With `--json`, on a free port; `end` is Ctrl-C, and gives the exit code. */
async function start(t: TestContext, ...argv: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-tracker-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const shell = fakeShell({ folder })
  const running = runCli(['--data', folder, 'tracker', '--tracker-port', '0', ...argv, '--json'], shell)
  t.after(() => shell.controller.abort())
  await until(() => shell.out().endsWith('\n'), 'it says where it is')
  const told: Readonly<Record<string, string>> = JSON.parse(shell.out())
  const end = async () => {
    shell.controller.abort()
    return await running
  }
  return { told, end }
}
