// `ttx proof` and `ttx tx show` of real nodes: one file brings a payment to a node that nobody is connected to, and what is missing is said in words.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodeProof, parseProof } from '../../../../node/network/proof.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { transactionHandlers } from '../../../../node/rpc/handlers/transactions.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'
import { bob, chainOf, lonely } from '../../node/proofs.ts'

/** A node whose peers, `holders` of them, deliver nothing, and a command line beside it. */
async function open(
  t: TestContext,
  holders: number,
  { address, unordered }: { address?: string; unordered?: number } = {},
) {
  const data = await mkdtemp(join(tmpdir(), 'ttx-proof-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  const { ledger, own, network: nobody } = await lonely(t, [], unordered)
  const network = { ...nobody, holders: () => holders, publicAddress: () => address }
  const parts = { ledger, own, network, trackers: [], follower: undefined, settle: async () => undefined }
  const methods = transactionHandlers(parts as never) // what these methods need of it
  const url = await serve(t, {
    ...methods,
    node_info: async () => EXAMPLES.node_info.result,
  })
  const ttx = async (...line: string[]) => {
    const shell = fakeShell({ folder: data })
    const code = await runCli([...line, '--node', url, '--data', data], shell)
    return { code, out: shell.out(), err: shell.err() }
  }
  return { ledger, data, methods, ttx }
}

test('a payment with its ancestors goes from node to node as one file; without them the node says what is missing', async (t) => {
  const chain = chainOf(4)
  const last = chain.at(-1) ?? chain[0]
  const payer = await open(t, 2, { address: '93.184.216.34:7651' })
  for (const { file } of chain) await payer.ledger.submit(file, 'rpc')
  const file = join(payer.data, 'payment.torrent')
  const small = join(payer.data, 'small.torrent')
  const exported = await payer.ttx('proof', 'export', last.infohash, file)
  assert.equal(exported.code, 0, exported.err)
  assert.match(exported.out, /inside +the payment and all 3 of these/)
  assert.match(exported.out, /names +93\.184\.216\.34:7651/)
  const { ancestors, peers } = parseProof(await readFile(file))
  assert.deepEqual([ancestors.length, peers], [3, ['93.184.216.34:7651']])
  const bare = await payer.ttx('proof', 'export', last.infohash, small, '--no-ancestors', '--json')
  assert.deepEqual([JSON.parse(bare.out).left, parseProof(await readFile(small)).ancestors.length], [3, 0])
  const shown = await payer.ttx('tx', 'show', chain[0].infohash)
  assert.match(shown.out, /held by +2 connected nodes\n/)
  assert.match(shown.out, /built on by +3 payments\n/)

  const payee = await open(t, 1)
  await payee.ledger.submit(last.file, 'rpc')
  const waiting = await payee.ttx('tx', 'show', last.infohash)
  assert.match(
    waiting.out,
    /missing +[0-9a-f]{40}: none of the peers has delivered it; ask the payer for a proof with its/,
  )
  const imported = await payee.ttx('proof', 'import', file)
  assert.match(imported.out, /status +accepted/)
  const again = await payee.ttx('proof', 'export', last.infohash, join(payee.data, 'again.torrent'))
  assert.match(again.out, /names +no node: none is known that others can reach; set --public-address/)
  assert.match((await payee.ttx('tx', 'show', last.infohash)).out, /held by +1 connected node\n/)
})

test('that others may refuse a payment which is taken here is said where it is handed in, and wherever it is shown', async (t) => {
  const [first, second] = chainOf(2)
  const { ledger, data, methods, ttx } = await open(t, 0, { unordered: 1 })
  await ledger.submit(first.file, 'rpc')
  const file = join(data, 'second.json')
  await writeFile(file, second?.file ?? '')
  const lacks =
    /careful +many payments hang on the same coin, and other nodes ask for 160 zero bits .*: they may refuse it/
  const submitted = await ttx('tx', 'submit', file)
  assert.match(submitted.out, lacks, submitted.err)
  assert.match(submitted.out, /status +accepted/)
  const infohash = second?.infohash ?? ''
  assert.match((await ttx('tx', 'show', infohash)).out, lacks)
  assert.equal(JSON.parse((await ttx('tx', 'show', infohash, '--json')).out).relayBits, 160)
  const torrent = join(data, 'second.torrent')
  assert.equal((await ttx('proof', 'export', infohash, torrent)).code, 0)
  assert.match((await ttx('proof', 'import', torrent)).out, lacks)
  assert.match((await ttx('status', infohash)).out, lacks)
  const waited = await ttx('wait', infohash, '--until', 'accepted')
  assert.match(waited.out, lacks)
  assert.equal(JSON.parse((await ttx('wait', infohash, '--until', 'accepted', '--json')).out).relayBits, 160)
  const owner = bob.address
  const balance = await ttx('balance', owner)
  const words = `careful +0\\.0{17}1 of it came in payments that other nodes may refuse, .*"ttx status ${infohash}"`
  assert.match(balance.out, new RegExp(words), balance.err)
  const parts = { owner, of: [first.infohash, second?.infohash ?? first.infohash] }
  assert.deepEqual(
    (await methods.account_outputs(parts)).outputs.map(({ relayBits }) => relayBits),
    [undefined, 160],
  )
  const { outputs } = JSON.parse((await ttx('balance', owner, '--json')).out)
  const bitsOf = (of: string) => outputs.find((each: { infohash: string }) => each.infohash === of)?.relayBits
  assert.deepEqual([bitsOf(first.infohash), bitsOf(infohash)], [undefined, 160])
  const marked = /accepted! [\s\S]*careful +other nodes may refuse what is marked with "!"/
  assert.match((await ttx('tx', 'list', owner)).out, marked)
  assert.match((await ttx('history', owner)).out, marked)
  assert.match((await ttx('status', owner)).out, marked)
  assert.doesNotMatch((await ttx('tx', 'show', first.infohash)).out, /careful/)
})

test('proofs that are too much for one call of the RPC are handed in by parts, whatever their order', async (t) => {
  const [first, second, third, last] = chainOf(4)
  assert(first && second && third && last)
  const { data, ttx } = await open(t, 0)
  /** What nobody would accept is passed over, and takes its room. */
  const ballast = (mark: number) => Array.from({ length: 1_950 }, (_, i) => Buffer.alloc(1_500, `${mark}.${i} `))
  const paths: string[] = []
  for (const [file, ...ancestors] of [[third.file, first.file], [second.file], [last.file]] as const) {
    const path = join(data, `${paths.length}.torrent`)
    const proof = encodeProof(file, undefined, [...ancestors, ...ballast(paths.length)])
    await writeFile(path, proof)
    paths.push(path)
  }
  const imported = await ttx('proof', 'import', ...paths)
  assert.match(imported.out, /status +accepted/, imported.err)
  const huge = join(data, 'huge.torrent')
  await writeFile(huge, new Uint8Array(16 * 1024 * 1024))
  assert.match((await ttx('proof', 'import', huge)).err, /at most 4194304 bytes in .*, got 16777216 bytes/)
})
