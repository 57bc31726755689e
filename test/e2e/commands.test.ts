// The commands that a devnet suggests work as they stand; status says where money is at each moment; a proof travels as a file.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { devnetPorts, Running, startTtx, ttx, ttxJson, until } from '../support/processes/processes.ts'

type Status = {
  readonly status: string
  readonly bridging?: { readonly paid: boolean }
  readonly deposit?: { readonly mustBeTakenFrom?: number }
}

const folder = await mkdtemp(join(tmpdir(), 'ttx-commands-'))
const data = join(folder, 'devnet')
const here = ['--data', data] as const
let devnet: Running

before(async () => {
  const { flags } = await devnetPorts()
  devnet = startTtx(['devnet', ...here, '--poll-ms', '600', '--block-seconds', '1', ...flags])
  await devnet.said(/--help after any command explains it/)
})

after(async () => {
  await devnet.stop()
  await rm(folder, { recursive: true, force: true })
})

const status = (infohash: string) => ttxJson<Status>(['status', infohash, ...here])

/** Runs a line as a shell would, without a terminal. */
async function shell(line: string): Promise<string> {
  const { exitCode, out, err } = await new Running('/bin/sh', ['-c', line]).finished
  assert.equal(exitCode, 0, `${line}\n${out}\n${err}`)
  return out
}

const infohashIn = (text: string) => /^infohash +([0-9a-f]{40})$/m.exec(text)?.[1] ?? ''

test('what a devnet suggests works as it stands, from a wallet to wTTX and back', async () => {
  const lines = devnet.out.split('\n').flatMap((line) => (line.startsWith('  npm run ') ? [line.trim()] : []))
  assert.equal(lines.length, 16)
  let [request, deposit] = ['', '']
  for (const line of lines) {
    const out = await shell(line)
    if (line.includes(' bridge ')) request = infohashIn(out)
    // Nobody waits here by hand: what has to happen first, the lines wait for.
    if (line.includes(' block list')) {
      assert.match(out, /^1 +0x/m)
      const words = await shell(`npm run -s ttx -- status ${request} --data ${data}`)
      assert.match(words, /waits for +its block to become final/)
      assert.match(words, /payable +20.* UTC \(in (1 d|23 h)/)
      assert.match(words, /latest +20.* UTC \(in (2 d|1 d 23 h)/)
    }
    if (line.includes(' skip ')) assert.match(out, /then +the miner makes block 1 final within seconds/)
    if (line.includes(' --until paid')) {
      const { wttx } = await ttxJson<{ wttx: string }>(['balance', 'alice', ...here])
      assert.equal(wttx, '49500000000000000000')
    }
    if (line.includes(' deposit ') && !line.includes('--asset')) deposit = infohashIn(out)
  }
  assert.equal((await status(deposit)).status, 'ordered')
  const words = await shell(`npm run -s ttx -- status ${deposit} --data ${data}`)
  assert.match(words, /credits +19\.8 TTX to 0x/)
  assert.match(words, /final +20.* UTC \(in (1 d|23 h)/)
  const { spendable } = await ttxJson<{ spendable: string }>(['balance', 'alice', ...here])
  assert.equal(spendable, '69800000000000000000')
  await until('the token to be credited', async () =>
    /\b250\b/.test(await shell(`npm run -s ttx -- asset list --wallet alice --data ${data}`)) ? true : undefined,
  )
})

test('lists and single things: transactions, blocks, files of a block', async () => {
  const list = await shell(`npm run -s ttx -- tx list alice --data ${data}`)
  assert.match(list, /100 TTX from 0x/)
  assert.match(list, /50 TTX to Ethereum, for 0x/)
  assert.match(list, /19\.8 TTX from Ethereum \(deposit 0\)/)
  type Blocks = { blocks: { id: string; requests: number }[] }
  const { blocks } = await ttxJson<Blocks>(['block', 'list', ...here])
  const [final] = blocks
  assert.ok(final)
  const saved = join(folder, 'block')
  await ttxJson(['block', 'show', final.id, '--save', saved, ...here])
  assert.deepEqual((await readdir(saved)).toSorted(), [
    'balances.bin',
    'blobs.bin',
    'block.json',
    'outputs.bin',
    'requests.json',
    'sealed-header.bin',
  ])
})

test('a payment travels as files to a node that is connected to nobody', async () => {
  await ttxJson(['wallet', 'create', '--wallet', 'bob', ...here])
  await ttxJson(['send', '3', 'bob', '--wallet', 'genesis', ...here])
  const { infohash } = await ttxJson<{ infohash: string }>(['send', '1', 'alice', '--wallet', 'bob', ...here])
  const file = join(folder, 'payment.torrent')
  const exported = await ttxJson<{ ancestors: string[]; left: number }>(['proof', 'export', infohash, file, ...here])
  assert.equal(exported.left, 0)
  assert.ok(exported.ancestors.length > 0)
  const again = await ttx(['proof', 'export', infohash, file, ...here])
  assert.match(again.err, /code: file-not-written/)
  const small = join(folder, 'small.torrent')
  const bare = await ttxJson<{ ancestors: string[]; left: number }>([
    'proof',
    'export',
    infohash,
    small,
    '--no-ancestors',
    ...here,
  ])
  assert.deepEqual([bare.ancestors, bare.left], [[], exported.ancestors.length])

  const { base } = await devnetPorts()
  const lonely = ['--data', join(folder, 'lonely'), '--node', `http://127.0.0.1:${base}`]
  const flags = ['--deployment', join(data, 'deployment.json'), '--rpc-port', `${base}`, '--listen-port', `${base + 1}`]
  await using node = startTtx(['node', ...lonely.slice(0, 2), ...flags])
  await node.said(/BitTorrent +127/)
  const taken = await ttxJson<{ infohash: string; missing: string[] }>(['proof', 'import', file, ...lonely])
  assert.equal(taken.infohash, infohash)
  const seen = await ttxJson<{ file: string }>(['tx', 'show', infohash, ...lonely])
  assert.equal(JSON.parse(seen.file).tokens, '1000000000000000000')
})
