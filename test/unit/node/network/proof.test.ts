// A transaction as a `.torrent`: its infohash is the id for every client, and a node can take the transaction out of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import parseTorrent from 'parse-torrent'
import { OperationError } from '../../../../node/errors.ts'
import { encodeProof, parseProof } from '../../../../node/network/proof.ts'
import { encode } from '../../../../node/network/torrent/bencode.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { MAX_FILE_BYTES } from '../../../../node/protocol/rules.ts'
import { Lab } from './lab.ts'
import { testFile } from './memory-store.ts'

const FILE = testFile('proven')
const HINTS = {
  peers: ['127.0.0.1:6881', '[::1]:6882'],
  trackers: ['http://127.0.0.1:1/announce', 'udp://127.0.0.1:2'],
}

test('what was exported is read back, and another library reads the same infohash', async () => {
  const proof = encodeProof(FILE, HINTS)
  assert.deepEqual(parseProof(proof), { infohash: infohashOf(FILE), file: FILE, ...HINTS })
  assert.equal((await parseTorrent(proof)).infoHash, infohashOf(FILE))
  const bare = encodeProof(FILE)
  assert.deepEqual(parseProof(bare), { infohash: infohashOf(FILE), file: FILE, peers: [], trackers: [] })
  assert.equal((await parseTorrent(bare)).infoHash, infohashOf(FILE))
})

const plain = {
  files: [{ length: 10, path: ['tx.json'] }],
  name: 'tx',
  'piece length': 16_384,
  pieces: Buffer.alloc(20),
}

test('a torrent of a transaction that another client made is a proof without the file', () => {
  const proof = parseProof(Buffer.from(encode({ announce: 'http://a/announce', info: plain, 'url-list': '' })))
  assert.deepEqual([proof.file, proof.trackers], [undefined, ['http://a/announce']])
})

test('what is not the torrent of a transaction is refused', () => {
  const wrong = [
    Buffer.alloc(0),
    Buffer.from('l-3:e'),
    Buffer.from('de'),
    Buffer.from('d4:infoi5ee'),
    Buffer.alloc(20_000, 'x'),
    ...[
      { name: 'block' },
      { 'piece length': 32_768 },
      { private: 0 },
      { files: [] },
      { files: [{ length: 10, path: ['tx', 'tx.json'] }] },
      { files: [{ length: MAX_FILE_BYTES + 1, path: ['tx.json'] }] },
      { files: [{ length: 10, path: ['other.json'] }] },
      { pieces: Buffer.alloc(21) },
    ].map((change) => Buffer.from(encode({ info: { ...plain, ...change } }))),
    Buffer.from(encode({ info: plain, torrenttx: { file: FILE } })),
  ]
  for (const proof of wrong) assert.throws(() => parseProof(proof), RuleError)
})

test('hints that are none are left out, and many are cut', () => {
  const peers = ['nowhere', '127.0.0.1:99999', 7, ...Array.from({ length: 50 }, (_, i) => `127.0.0.1:${i + 1}`)]
  const proof = parseProof(Buffer.from(encode({ 'announce-list': [[5], 7], info: plain, torrenttx: { peers } })))
  assert.equal(proof.peers.length, 16)
  assert.equal(proof.peers[0], '127.0.0.1:1')
  assert.deepEqual(proof.trackers, [])
})

test('a transaction that nobody delivers is an operation error that says so', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const fetched = node.network.fetch(infohashOf(FILE), AbortSignal.timeout(100))
  await assert.rejects(fetched, (error) => {
    return error instanceof OperationError && error.code === 'transaction-not-found' && error.retry
  })
})

test('a fetched transaction brings its ancestors, and one whose ancestors nobody has is reported', async () => {
  await using lab = new Lab()
  const seeder = await lab.node()
  const second = testFile('second', infohashOf(FILE))
  seeder.store.add(FILE, second)
  const node = await lab.node()
  const hints = { peers: [seeder.address] }
  assert.deepEqual(await node.network.fetch(infohashOf(second), AbortSignal.timeout(20_000), hints), second)
  assert(node.store.files.has(infohashOf(FILE)))

  const orphan = testFile('orphan', infohashOf(testFile('nowhere')))
  seeder.store.add(orphan)
  const fetched = node.network.fetch(infohashOf(orphan), AbortSignal.timeout(1_000), hints)
  await assert.rejects(fetched, (error) => {
    return error instanceof OperationError && error.facts['infohash'] === infohashOf(testFile('nowhere'))
  })
})
