// A transaction as a `.torrent`: its infohash is the id for every client, and a node can take the transaction out of it.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import bencode from 'bencode'
import parseTorrent from 'parse-torrent'
import { OperationError } from '../../../../node/errors.ts'
import {
  carriable,
  encodeProof,
  MAX_PROOF_ANCESTORS,
  MAX_PROOF_BYTES,
  parseProof,
} from '../../../../node/network/proof.ts'
import { encode } from '../../../../node/network/torrent/bencode.ts'
import { encodeText } from '../../../../node/protocol/bytes.ts'
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
  assert.deepEqual(parseProof(proof), { infohash: infohashOf(FILE), file: FILE, ancestors: [], ...HINTS })
  assert.equal((await parseTorrent(proof)).infoHash, infohashOf(FILE))
  const bare = encodeProof(FILE)
  const nothing = { ancestors: [], peers: [], trackers: [] }
  assert.deepEqual(parseProof(bare), { infohash: infohashOf(FILE), file: FILE, ...nothing })
  assert.equal((await parseTorrent(bare)).infoHash, infohashOf(FILE))
})

test('ancestors go along in one file that other libraries read, under the same infohash', async () => {
  const ancestors = ['first', 'second', 'third'].map((label) => testFile(label))
  const proof = encodeProof(FILE, HINTS, ancestors)
  assert.deepEqual(parseProof(proof), { infohash: infohashOf(FILE), file: FILE, ancestors, ...HINTS })
  const { infoHash, files, announce } = await parseTorrent(proof)
  assert.equal(infoHash, infohashOf(FILE))
  assert.deepEqual(
    files?.map(({ path, length }) => [path, length]),
    [[join('tx', 'tx.json'), FILE.length]],
  )
  assert.deepEqual(announce?.toSorted(), HINTS.trackers.toSorted())
  const decoded = bencode.decode(proof) as { info: object; torrenttx: { files: Uint8Array[] } } // as written above
  assert.deepEqual(decoded.torrenttx.files, ancestors)
  assert.equal(createHash('sha1').update(bencode.encode(decoded.info)).digest('hex'), infohashOf(FILE))
  // What is canonical has one form: keys in order.
  assert.deepEqual(bencode.encode(decoded), proof)
})

test('of more ancestors than fit the first are carried, by bytes and by count', () => {
  const large = Array.from({ length: 3_000 }, () => new Uint8Array(MAX_FILE_BYTES))
  const fitting = carriable(large)
  assert(fitting.length > 2_600 && fitting.length < large.length)
  const proof = encodeProof(FILE, HINTS, fitting)
  assert(proof.length <= MAX_PROOF_BYTES && proof.length > MAX_PROOF_BYTES - 20_000)
  assert.equal(parseProof(proof).ancestors.length, fitting.length)
  const small = Array.from({ length: MAX_PROOF_ANCESTORS + 5 }, () => FILE)
  assert.equal(carriable(small).length, MAX_PROOF_ANCESTORS)
  assert.equal(parseProof(encodeProof(FILE, HINTS, carriable(small))).ancestors.length, MAX_PROOF_ANCESTORS)
  assert.equal(carriable(small.slice(0, 7)).length, 7)
})

/** `list`: bencoded values. */
function withFiles(list: string): Uint8Array {
  return encodeText(`${Buffer.from(encodeProof(FILE)).toString('latin1').slice(0, -1)}9:torrenttyd5:filesl${list}eee`)
}

test('a proof with a million ancestors, or with some that are not files, is refused before it costs memory', () => {
  const lies: Uint8Array[] = [
    ...['1:x', '0:', 'i1e', 'le', 'de'].map((value) => withFiles(value.repeat(1_000_000))),
    encodeProof(
      FILE,
      HINTS,
      Array.from({ length: MAX_PROOF_ANCESTORS + 1 }, () => Uint8Array.of(1)),
    ),
    encodeProof(FILE, HINTS, [new Uint8Array(MAX_FILE_BYTES + 1)]),
    encodeProof(FILE, HINTS, [new Uint8Array(0)]),
    ...[[7], [[FILE]], [{ file: FILE }]].map((files) => Buffer.from(encode({ info: plain, torrenttx: { files } }))),
  ]
  for (const lie of lies) {
    const before = process.memoryUsage().heapUsed
    assert.throws(() => parseProof(lie), RuleError)
    assert(process.memoryUsage().heapUsed - before < 64_000_000)
  }
  // Not a list at all: other programs may have their own use for the name.
  assert.deepEqual(parseProof(Buffer.from(encode({ info: plain, torrenttx: { files: 7 } }))).ancestors, [])
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
    Buffer.alloc(MAX_PROOF_BYTES + 1, 'x'),
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
