// What a publisher makes of blobs that it finds on disk: those that are not its block's are never sent, and not needed for one that is published.

import assert from 'node:assert/strict'
import { mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Journal, type Publication, publicationId } from '../../../miner/journal.ts'
import { Publisher } from '../../../miner/publisher.ts'
import { BLOB_BYTES } from '../../../node/protocol/blob.ts'
import { blobHash } from '../../../node/protocol/blob-hash.ts'
import { encodeSealed, genesisBlock } from '../../../node/protocol/header.ts'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { toBaseUnits, toGasPrice, toTime, toWei } from '../../../node/protocol/units.ts'
import { RULES } from '../../../scripts/assure/models/world.ts'
import { log } from '../../support/log.ts'

for (const [how, damage] of [
  ['those of another block', undefined],
  ['cut off', (file: string) => truncate(file, BLOB_BYTES - 1)],
  ['gone', (file: string) => rm(file)],
] as const) {
  test(`blobs on disk that are ${how} stop a publication, unless Ethereum has it already`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-publisher-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const journal = new Journal(folder)
    await journal.load()
    const { header } = genesisBlock({ ...RULES, easiestTarget: 2n ** 240n, state: ZERO_HASH })
    const sealed = encodeSealed({ header, seal: { miner: RULES.token, nonce: ZERO_HASH } })
    const fees = {
      maxFeePerGas: toGasPrice(1n),
      maxPriorityFeePerGas: toGasPrice(1n),
      maxFeePerBlobGas: toGasPrice(1n),
    }
    const entry: Publication = {
      ...{ version: 2, stage: 'sent', foundMs: 0, sinceMs: 0, parent: sealed, sealed },
      body: { hashes: [blobHash(new Uint8Array(48))], entries: new Uint8Array(), requests: new Uint8Array() },
      attempts: [{ hash: ZERO_HASH, raw: '0x03', nonce: 0, fees, isCancel: false, sentMs: 0 }],
      ...{ fee: toBaseUnits(0n), bond: toWei(0n) },
    }
    await journal.add(entry, [new Uint8Array(BLOB_BYTES)])
    const kzg = {
      sidecar: async (blobs: readonly Uint8Array[]) => ({
        ...{ blobs, commitments: [], cellProofs: [] },
        hashes: [blobHash(new Uint8Array(48).fill(1))],
      }),
    }
    await damage?.(join(folder, `${publicationId(entry).slice(2)}.blobs`))
    const record = { publishedAt: toTime(0n), bond: toWei(0n) }
    const sender = { ethereum: { record: async () => record } } as never
    // The node is not asked.
    const publisher = new Publisher({ node: {} as never, sender, journal, kzg, log, now: Date.now })
    await assert.rejects(publisher.publish(entry, t.signal), { code: 'journal-damaged', message: /move .* away/ })
    Object.assign(record, { publishedAt: toTime(1_000n), bond: toWei(7n) })
    const { stage, bond, publishedAt, attempts } = await publisher.publish(entry, t.signal)
    assert.deepEqual([stage, bond, publishedAt, attempts], ['published', 7n, 1_000, []])
  })
}
