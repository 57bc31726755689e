// Where a new node begins: what it asks its network for ends with it, also where that network never came up.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../node/errors.ts'
import { NodeBeginning, type NodeBeginningDeps } from '../../../node/node-beginning.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'

const TORRENT = 'ab'.repeat(20) as Infohash

test('a torrent is asked for once the network is up, and given up with the node where it never is', async () => {
  const asked: Infohash[] = []
  const network = { fetchBlock: async (torrent: Infohash) => void asked.push(torrent) }
  // Of a network it fetches blocks, and nothing is asked of the ledger.
  const deps = { network: () => network } as unknown as NodeBeginningDeps
  const beginning = new NodeBeginning(deps, { network: {} })
  const stopping = new AbortController()
  const given = beginning.source.fetch(TORRENT, stopping.signal, () => undefined)
  stopping.abort(new OperationError('stopped', 'the node was stopped'))
  await assert.rejects(given, { code: 'stopped' })
  assert.deepEqual(asked, [])
  const waiting = beginning.source.fetch(TORRENT, new AbortController().signal, () => undefined)
  beginning.networkIsUp()
  await waiting
  assert.deepEqual(asked, [TORRENT])
})
