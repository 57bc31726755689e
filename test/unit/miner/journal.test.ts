// The journal on disk: what is written is read again, half-written files are forgotten, and foreign ones are not guessed at.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Journal, type Publication, publicationId, withoutBody } from '../../../miner/journal.ts'
import { summariseBlocks } from '../../../miner/status.ts'
import { BLOB_BYTES } from '../../../node/protocol/blob.ts'
import { encodeUint } from '../../../node/protocol/bytes.ts'
import { encodeSealed, genesisBlock } from '../../../node/protocol/header.ts'
import { toHash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { toBaseUnits, toGasPrice, toWei } from '../../../node/protocol/units.ts'
import { RULES } from '../../../scripts/assure/models/world.ts'

test('an entry comes back as it was written, whatever its stage', async (t) => {
  const folder = await folderOf(t)
  const journal = new Journal(folder)
  await journal.load()
  const attempt = {
    hash: ZERO_HASH,
    raw: '0x02ff',
    nonce: 7,
    fees: { maxFeePerGas: toGasPrice(2n ** 70n), maxPriorityFeePerGas: toGasPrice(0n) },
    isCancel: false,
    sentMs: 5,
  } as const
  const withBlobs = { ...attempt, raw: '0x03ff', fees: { ...attempt.fees, maxFeePerBlobGas: toGasPrice(1n) } } as const
  const written: Publication[] = [
    entryOf(1),
    { ...entryOf(2), stage: 'sent', attempts: [attempt, withBlobs] },
    {
      ...entryOf(3),
      stage: 'published',
      defends: ZERO_HASH,
      publishedAt: 9,
      bond: toWei(10n ** 18n),
      fee: toBaseUnits(2n ** 90n),
    },
    {
      ...entryOf(4),
      stage: 'lost',
      problem: 'said "no"\n',
      bondLost: toWei(7n),
      isUnpaid: true,
      body: { steps: new Uint8Array(), states: new Uint8Array() },
    },
  ]
  for (const entry of written) await journal.put(entry)
  const again = new Journal(folder)
  await again.load()
  assert.deepEqual(again.entries(), written)
  for (const entry of written) assert.deepEqual(again.get(publicationId(entry)), entry)
  assert.deepEqual(summariseBlocks(again.entries()), {
    blocks: { found: 4, published: 1, final: 0, lost: 1 },
    bonds: 10n ** 18n,
  })
})

test('a later write replaces the earlier one, and what a crash left half-written is forgotten', async (t) => {
  const folder = await folderOf(t)
  const journal = new Journal(folder)
  await journal.load()
  await journal.put(entryOf(1))
  await journal.put({ ...entryOf(1), stage: 'submitted' })
  const [name] = await readdir(folder)
  await writeFile(join(folder, `${name}.tmp`), '{"version":1,"stage":"publ')
  const again = new Journal(folder)
  await again.load()
  assert.deepEqual(
    again.entries().map(({ stage }) => stage),
    ['submitted'],
  )
  assert.deepEqual(await readdir(folder), [name])
})

test('a damaged file, one of another version, and one under a wrong name are refused by name', async (t) => {
  for (const [text, name] of [
    ['{"version":1', 'a.json'],
    ['{"version":1}', 'b.json'],
    ['null', 'c.json'],
  ] as const) {
    const folder = await folderOf(t)
    await writeFile(join(folder, name), text)
    await assert.rejects(new Journal(folder).load(), { code: 'journal-damaged', message: /move the file away/ })
  }
  const folder = await folderOf(t)
  const journal = new Journal(folder)
  await journal.load()
  await journal.put(entryOf(1))
  const [name] = await readdir(folder)
  await rename(join(folder, name ?? ''), join(folder, 'other.json'))
  await assert.rejects(new Journal(folder).load(), { code: 'journal-damaged' })
})

test('blobs are kept in a file of their own as long as their block may need them, and what belongs to none is forgotten', async (t) => {
  const folder = await folderOf(t)
  const journal = new Journal(folder)
  await journal.load()
  const blobs = [1, 2].map((byte) => new Uint8Array(BLOB_BYTES).fill(byte))
  const body = { hashes: [ZERO_HASH, ZERO_HASH], entries: Uint8Array.of(1), requests: new Uint8Array(40) }
  const entry = { ...entryOf(1), body }
  await journal.add(entry, blobs)
  const name = `${publicationId(entry).slice(2)}.blobs`
  const size = (await stat(join(folder, `${publicationId(entry).slice(2)}.json`))).size
  assert.ok(size < 5_000, 'what is written at each stage is short')
  await writeFile(join(folder, 'ff.blobs'), 'of a block that was not written down')
  const again = new Journal(folder)
  await again.load()
  assert.deepEqual(again.entries(), [entry])
  assert.deepEqual(await again.blobsOf(entry), blobs)
  assert.deepEqual(
    (await readdir(folder)).filter((each) => each.endsWith('.blobs')),
    [name],
  )
  await again.put({ ...entry, stage: 'published' })
  assert.deepEqual(await again.blobsOf(entry), blobs)
  await again.put({ ...withoutBody(entry), stage: 'final' })
  await assert.rejects(again.blobsOf(entry), { code: 'journal-damaged' })
  assert.deepEqual(
    (await readdir(folder)).filter((each) => each.endsWith('.blobs')),
    [],
  )
})

test('blobs that are not whole are not sent', async (t) => {
  const folder = await folderOf(t)
  const journal = new Journal(folder)
  await journal.load()
  const body = { hashes: [ZERO_HASH], entries: new Uint8Array(), requests: new Uint8Array() }
  await journal.add({ ...entryOf(1), body }, [new Uint8Array(BLOB_BYTES - 1)])
  await assert.rejects(journal.blobsOf(entryOf(1)), { code: 'journal-damaged' })
})

test('a disk that refuses is reported as trouble that may pass', async (t) => {
  const folder = await folderOf(t)
  const journal = new Journal(join(folder, 'journal'))
  await journal.load()
  await rm(join(folder, 'journal'), { recursive: true })
  await assert.rejects(journal.put(entryOf(1)), { code: 'write-failed', retry: true })
  assert.deepEqual(journal.entries(), [])
})

function entryOf(i: number): Publication {
  const { header } = genesisBlock({
    ...RULES,
    easiestTarget: 2n ** 240n,
    state: ZERO_HASH,
  })
  const sealed = encodeSealed({ header, seal: { miner: RULES.token, nonce: toHash(encodeUint(i, 32)) } })
  return {
    version: 2,
    stage: 'mined',
    foundMs: i,
    sinceMs: 0,
    parent: sealed,
    sealed,
    body: { steps: Uint8Array.of(1, 2, i), states: new Uint8Array(32) },
    fee: toBaseUnits(3n),
    attempts: [],
    bond: toWei(0n),
  }
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-journal-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
