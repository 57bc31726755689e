// `ttx node status` and `ttx peers`: what they say of a node that does well, of one that does not, and of something that is none.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseInfohash } from '../../../../node/protocol/ids.ts'
import type { Handlers } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { agreementWords } from '../../../../scripts/cli/commands/run/agreement-words.ts'
import { pastWords, troublesOf } from '../../../../scripts/cli/commands/run/node-words.ts'
import { formatPeers } from '../../../../scripts/cli/commands/run/peers.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'

const { result: info } = EXAMPLES.node_info
const { result: status } = EXAMPLES.node_status
const { result: peers } = EXAMPLES.node_peers

type Agreement = (typeof peers)['peers'][number]['agreement']

const well: Partial<Handlers> = {
  node_info: async () => info,
  node_status: async () => status,
  node_peers: async () => peers,
}

test('a node that does well is told as a table and as JSON', async (t) => {
  const { run } = await stage(t, well)
  const { exitCode, out } = await run('node', 'status')
  assert.equal(exitCode, 0)
  assert.match(out, /^up +2 h 3 min, since /m)
  assert.match(out, /^peers +1: 1 dialled, 0 came in; 1 in step \("ttx peers" names them; BitTorrent port 7651\)$/m)
  assert.match(out, /^Ethereum +block 120, 1 blocks and 10 s behind$/m)
  assert.match(out, /^endpoint +https:\/\/ethereum\.example\.org: block 121, answered .* \(0 s ago\)$/m)
  assert.match(out, /^bridge +followed to the newest block; height 1, final 0$/m)
  assert.match(out, /^disk +1\.48 MB$/m)
  assert.match(out, /^well +nothing is wrong$/m)
  const json = JSON.parse((await run('node', 'status', '--json')).out)
  assert.deepEqual(
    [json.ok, json.troubles, json.upSeconds, json.network.chain, json.behind, json.diskBytes],
    [true, [], 7_390, '31337', { blocks: '1', seconds: 10 }, 1_482_311],
  )
})

test('what is wrong is said with what helps, the worst first', () => {
  const nobody = { outgoing: 0, incoming: 0, agreeing: 0, inStep: 0, otherBranch: 0 }
  const problem = { code: 'ethereum-silent', message: 'nothing came', since: status.at - 60_000 }
  const codes = (change: object) => troublesOf(info, { ...status, ...change }).map(({ code }) => code)
  assert.deepEqual(codes({}), [])
  assert.deepEqual(codes({ peers: nobody, bridge: { state: 'off' }, endpoints: [] }), ['no-ethereum', 'no-peers'])
  assert.deepEqual(codes({ bridge: { ...status.bridge, state: 'dead' } }), ['bridge-dead'])
  assert.deepEqual(codes({ bridge: { ...status.bridge, state: 'syncing' } }), ['syncing'])
  assert.deepEqual(codes({ behind: { blocks: 0n, seconds: 901 } }), ['ethereum-old'])
  assert.deepEqual(
    codes({ bridge: { ...status.bridge, state: 'unknown', problem: 'x' }, endpoints: [{ name: 'http://a', problem }] }),
    ['cannot-see', 'ethereum-silent'],
  )
  for (const trouble of troublesOf(info, { ...status, peers: nobody })) assert.match(trouble.helps, /--peers/)
})

test('the replay of the past has words for each state, and says why it does not get on', async (t) => {
  const past = { block: peers.confirmation.block, height: 40n, replayed: 10n } as const
  const problem = 'nobody has it'
  assert.equal(
    pastWords({ ...past, state: 'reading', problem }),
    'to be replayed from genesis to height 40: reads the headers (nobody has it)',
  )
  assert.equal(pastWords({ ...past, state: 'replaying' }), 'replayed 10 of 40 blocks from genesis on, 25%')
  assert.match(pastWords({ ...past, state: 'right' }), /^right: all 40 blocks from genesis to 0x/)
  assert.equal(pastWords({ ...past, state: 'wrong', problem: 'block 7' }), 'WRONG: block 7')
  assert.equal(pastWords({ ...past, state: 'failed', problem }), 'not replayed (nobody has it)')
  const { run } = await stage(t, {
    ...well,
    node_status: async () => ({ ...status, past: { ...past, state: 'right' } }),
  })
  assert.match((await run('node', 'status')).out, /^past +right: all 40 blocks/m)
})

test('peers are a table, the longest connected first, and what they call themselves harms no terminal', async (t) => {
  const [peer] = peers.peers
  assert(peer !== undefined)
  const BEHIND = { verdict: 'behind', lacks: 3, blocksBehind: 1 } as const
  const { client: _, address: __, ...bare } = peer
  const crowd = [
    { ...bare, host: '192.0.2.9', outgoing: false, agrees: false, agreement: BEHIND, connectedSeconds: 5 },
    { ...peer, client: 'evil\u001b[31m' },
  ]
  const { run } = await stage(t, { ...well, node_peers: async () => ({ ...peers, peers: crowd }) })
  const { out } = await run('peers')
  assert.deepEqual(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
    [
      ['address', 'dialled', 'for', 'got', 'gave', 'state', 'runs'],
      ['192.0.2.7:7651', 'by us', '1 h', '20.4 kB, 3 tx', '18.2 kB, 1 tx', 'in step', 'evil\\u001b[31m'],
      ['192.0.2.9', 'by them', '5 s', '20.4 kB, 3 tx', '18.2 kB, 1 tx', 'behind: 3 payments, 1 block', '-'],
    ],
  )
  assert.equal(JSON.parse((await run('peers', '--json')).out).peers.length, 2)
})

test('each way to stand to a node has its words, and both payments of a double spend are named', async (t) => {
  const [peer] = peers.peers
  assert(peer !== undefined)
  const [id, first, second] = [peers.confirmation.block, parseInfohash('11'.repeat(20)), parseInfohash('22'.repeat(20))]
  const words: readonly (readonly [Agreement, string])[] = [
    [{ verdict: 'in-step', lacks: 0, has: 0 }, 'in step'],
    [{ verdict: 'behind', lacks: 1 }, 'behind: 1 payment'],
    [{ verdict: 'ahead', lacks: 0, has: 2, blocksAhead: 3 }, 'ahead: 2 payments, 3 blocks'],
    [{ verdict: 'differs', lacks: 1, has: 2 }, 'differs: lacks 1, has 2 more'],
    [{ verdict: 'differs' }, 'differs'],
    [{ verdict: 'other-branch', since: { id, height: 7n } }, 'other branch since height 7'],
    [{ verdict: 'first-seen', rivals: [{ here: [first], there: second }] }, 'other first-seen: 1 double spend'],
    [{ verdict: 'unknown' }, 'not known'],
  ]
  for (const [agreement, said] of words) assert.equal(agreementWords(agreement), said)
  const crowd = words.map(([agreement]) => ({ ...peer, agreement }))
  const { run } = await stage(t, { ...well, node_peers: async () => ({ ...peers, peers: crowd }) })
  const lines = (await run('peers')).out.trimEnd().split('\n')
  assert.equal(lines.at(-1), `double spend: ${first} counts here, ${second} elsewhere`)
  const json = JSON.parse((await run('peers', '--json')).out)
  assert.deepEqual([json.confirmation.weight, json.peers[5].agreement.since.height], ['1204', '7'])
})

test('more peers than a call has arguments, and words of any length, are a table that no cell makes huge', () => {
  const [peer] = peers.peers
  assert(peer !== undefined)
  const most = 250_000
  const lines = formatPeers([...Array(most).fill(peer), { ...peer, address: 'a'.repeat(100_000), client: 'last' }])
  assert.equal(lines.split('\n').length, most + 2)
  assert.ok(lines.length < 300 * most, `${lines.length}`)
  assert.match(lines, /a{100000} {2}by us .* last$/)
})

test('without any peer it is said where to look', async (t) => {
  const { run } = await stage(t, { ...well, node_peers: async () => ({ ...peers, peers: [] }) })
  assert.match((await run('peers')).out, /^no node is connected to that at http:.*"ttx node status" says what helps$/m)
})

test('what answers in another form than a node of this version is called so', async (t) => {
  for (const lie of [{ ...status, diskBytes: -1 }, { ...status, behind: { blocks: 'x', seconds: 0 } }, {}]) {
    const { run } = await stage(t, { ...well, node_status: async () => lie as never }, false)
    const { exitCode, out } = await run('node', 'status', '--json')
    assert.deepEqual([exitCode, JSON.parse(out).error.code], [1, 'bad-answer'])
  }
})

test('where no node runs, it is said how to start one', async (t) => {
  const folder = await folderOf(t)
  const shell = fakeShell({ folder })
  const exitCode = await runCli(['--data', folder, 'node', 'status', '--node', 'http://127.0.0.1:9', '--json'], shell)
  assert.deepEqual([exitCode, JSON.parse(shell.out()).error.code], [1, 'node-unreachable'])
})

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-node-status-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function stage(t: TestContext, handlers: Partial<Handlers>, isChecked = true) {
  const [folder, url] = await Promise.all([folderOf(t), serve(t, handlers, isChecked)])
  return {
    run: async (...argv: string[]) => {
      const shell = fakeShell({ folder })
      const exitCode = await runCli(['--data', folder, ...argv, '--node', url], shell)
      return { exitCode, out: shell.out(), err: shell.err() }
    },
  }
}
