// The folder of proofs while a node runs: files that come one by one, all at once, in halves, or are something else than files.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, open, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodeProof, MAX_PROOF_BYTES } from '../../../node/network/proof.ts'
import { ProofFolder, type ProofFolderOptions } from '../../../node/proof-folder.ts'
import { SUPPLY } from '../../../node/protocol/rules.ts'
import { pay, randomOf } from '../../../scripts/assure/models/world.ts'
import { alice, bob, chainOf, first, folderOf, lonely, until } from './proofs.ts'

type Said = { readonly level: 'info' | 'warn'; readonly file?: string; readonly text: string }

async function watched(
  t: TestContext,
  options: Partial<ProofFolderOptions> = {},
  delivers: Parameters<typeof lonely>[1] = [],
) {
  const parts = await lonely(t, delivers)
  const folder = await folderOf(t)
  const said: Said[] = []
  const say =
    (level: Said['level']) =>
    ({ file }: { file?: string }, text: string) =>
      said.push({ level, text, ...(file === undefined ? {} : { file }) })
  const log = { info: say('info'), warn: say('warn') } as never // all that it uses
  const proofs = new ProofFolder({ ...parts, log }, { folder, settleMs: 5, pollMs: 100, fetchMs: 50, ...options })
  t.after(() => proofs.stop())
  const named = () => said.flatMap(({ file }) => file ?? [])
  const statusOf = (infohash: typeof first) => parts.ledger.status(infohash)
  return { ...parts, folder, proofs, said, named, statusOf }
}

test('51 proofs whose ancestors lie beside each other are accepted at once, whatever their names, and nobody is asked', async (t) => {
  const chain = chainOf(51)
  const last = chain.at(-1) ?? chain[0]
  const { folder, proofs, asked, ledger } = await watched(t)
  const random = randomOf(3)
  for (const { file } of chain) await writeFile(join(folder, `${random()}.torrent`), encodeProof(file))
  proofs.start()
  await until('the last of the chain', () => ledger.status(last.infohash) === 'accepted')
  assert.equal(ledger.balance(bob.address).accepted, 51n)
  assert.equal(asked.size, 0)
})

test('what is dropped in while it runs is imported, by the word of the system as by looking again and again', async (t) => {
  for (const pollMs of [3_600_000, 20]) {
    const chain = chainOf(3)
    const { folder, proofs, statusOf } = await watched(t, { pollMs })
    proofs.start()
    for (const [i, { file, infohash }] of chain.entries()) {
      await writeFile(join(folder, `${i}.part`), encodeProof(file))
      await rename(join(folder, `${i}.part`), join(folder, `${i}.torrent`))
      await until('its payment', () => statusOf(infohash) === 'accepted')
    }
  }
})

test('a file that is being written is not called wrong, and is imported once it is whole', async (t) => {
  const [payment] = chainOf(1)
  const { folder, proofs, statusOf, named } = await watched(t)
  const bytes = encodeProof(payment.file)
  const path = join(folder, 'slow.torrent')
  await writeFile(path, '')
  proofs.start()
  for (let at = 0; at < bytes.length; at += 100) await appendFile(path, bytes.subarray(at, at + 100))
  await until('the payment', () => statusOf(payment.infohash) === 'accepted')
  // One that stays half is named; the other half still counts.
  const [, child] = chainOf(2)
  assert(child)
  const half = join(folder, 'half.torrent')
  const rest = encodeProof(child.file)
  await writeFile(half, rest.subarray(0, 300))
  await until('it to be named', () => named().includes('half.torrent'))
  await appendFile(half, rest.subarray(300))
  await until('the other payment', () => statusOf(child.infohash) === 'accepted')
})

test('what is no proof is named once, changes nothing, and keeps nothing from being imported', async (t) => {
  const [payment, child] = chainOf(2)
  assert(payment && child)
  const { folder, proofs, statusOf, named, said } = await watched(t, { pollMs: 10 })
  const outside = await folderOf(t)
  await writeFile(join(outside, 'good.torrent'), encodeProof(payment.file))
  const at = (name: string) => join(folder, name)
  await writeFile(at('junk.torrent'), 'junk')
  await writeFile(at('empty.torrent'), '')
  await writeFile(at('note.txt'), 'not meant for the node')
  await mkdir(at('folder.torrent'))
  await symlink(join(outside, 'good.torrent'), at('link.torrent'))
  await symlink('/dev/zero', at('zero.torrent'))
  await symlink(at('loop.torrent'), at('loop.torrent'))
  await symlink(join(outside, 'nowhere'), at('nowhere.torrent'))
  execFileSync('bash', ['-c', 'mkfifo "$0"', at('pipe.torrent')])
  await using huge = await open(at('huge.torrent'), 'w')
  await huge.truncate(1_073_741_824)
  await writeFile(at('full.torrent'), new Uint8Array(MAX_PROOF_BYTES))
  const tooMuch = pay(alice, { to: bob.address, tokens: SUPPLY + 1n, time: 0, prev: [first] })
  await writeFile(at('invalid.torrent'), encodeProof(tooMuch.file))
  await writeFile(
    at('many.torrent'),
    encodeProof(
      payment.file,
      undefined,
      Array.from({ length: 20_000 }, () => Uint8Array.of(1)),
    ),
  )
  const wrong = 'empty folder full huge invalid junk link loop many nowhere pipe zero'
    .split(' ')
    .map((name) => `${name}.torrent`)
  proofs.start()
  await until('all to be named', () => named().length >= wrong.length)
  await writeFile(at('right.torrent'), encodeProof(child.file, undefined, [payment.file]))
  await until('the payment beside them', () => statusOf(child.infohash) === 'accepted')
  await writeFile(at('junk.torrent'), 'other junk')
  for (const name of ['a', 'b']) {
    await writeFile(at(`${name}.torrent`), encodeProof(payment.file))
    await until('another look', () => said.filter(({ level }) => level === 'info').length > (name === 'a' ? 1 : 2))
  }
  assert.deepEqual(named().toSorted(), wrong)
})

test('what nobody delivers is said once, tried again, and forgotten with its file', async (t) => {
  const [payment, child] = chainOf(2)
  assert(payment && child)
  let now = 0
  const { folder, proofs, statusOf, named, asked } = await watched(t, { pollMs: 10, now: () => now })
  await writeFile(join(folder, 'child.torrent'), encodeProof(child.file))
  proofs.start()
  await until('it to be named', () => named().length === 1)
  assert.deepEqual([...asked], [payment.infohash])
  assert.equal(statusOf(child.infohash), 'waiting')
  asked.clear()
  now += 60_000
  await until('it to be tried again', () => asked.size === 1)
  await rm(join(folder, 'child.torrent'))
  assert.deepEqual(named(), ['child.torrent'])
})

test('a proof without the file, as a stock client makes it, is fetched with its ancestors', async (t) => {
  const [payment] = chainOf(1)
  const { folder, proofs, statusOf, asked } = await watched(t, {}, [payment])
  const whole = Buffer.from(encodeProof(payment.file)).toString('latin1')
  const bare = `${whole.slice(0, whole.indexOf('9:torrenttx'))}e`
  await writeFile(join(folder, 'bare.torrent'), bare, 'latin1')
  proofs.start()
  await until('the payment', () => statusOf(payment.infohash) === 'accepted')
  assert.deepEqual([...asked], [payment.infohash])
})

test('it stops while it fetches, twice, and before it was started', async (t) => {
  const [, child] = chainOf(2)
  assert(child)
  const { folder, proofs, asked } = await watched(t, { fetchMs: 3_600_000 })
  await writeFile(join(folder, 'child.torrent'), encodeProof(child.file))
  proofs.start()
  await until('it to be fetched', () => asked.size === 1)
  await Promise.all([proofs.stop(), proofs.stop()])
  const other = await watched(t)
  await other.proofs.stop()
})
