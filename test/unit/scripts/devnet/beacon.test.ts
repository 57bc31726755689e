// Where a devnet has the blobs of its blocks from: its Ethereum, for its processes and for commands beside it.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createContext } from '../../../../scripts/cli/context.ts'
import { devnetServices } from '../../../../scripts/devnet/services.ts'
import { writeEndpoints } from '../../../../scripts/endpoints.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const ETHEREUM = 'http://127.0.0.1:8545'

test('the processes of a devnet that judge blocks ask its Ethereum for blobs', () => {
  const services = devnetServices(
    {
      ...{
        data: '/data',
        miner: true,
        rows: 'blobs',
        watcher: true,
        blockSeconds: 5,
        pollMs: 100,
        logLevel: 'info',
        logJson: false,
      },
      ports: { ethereum: 8545, rpc: 1, listen: 2, peerRpc: 3, peerListen: 4, ethereumRpc: 5 },
    },
    {
      ...{ chain: 31_337n, ethereumUrl: ETHEREUM, nodeUrl: 'http://127.0.0.1:1', peerUrl: 'http://127.0.0.1:3' },
      ...{ deploymentFile: '/data/deployment.json', passphraseFile: '/data/passphrase' },
    },
  )
  const asking = services.filter(
    ({ args }) => args[args.indexOf('--beacon') + 1] === ETHEREUM && args.includes('--beacon'),
  )
  assert.deepEqual(
    asking.map(({ name }) => name),
    ['node', 'peer', 'watcher'],
  )
})

test('a command beside a running devnet asks its Ethereum for blobs, unless it is told otherwise', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'ttx-beacon-'))
  t.after(() => rm(data, { recursive: true }))
  const files = { deployment: '/data/deployment.json', passphraseFile: '/data/passphrase' }
  await writeEndpoints(data, { node: 'http://127.0.0.1:1', ethereum: ETHEREUM, ...files, processes: {} })
  await using resources = new AsyncDisposableStack()
  const beaconOf = (flags: object, env = {}) =>
    createContext(fakeShell({ folder: data, env }), { data, ...flags }, resources).settings.beacon
  assert.deepEqual(beaconOf({}), [ETHEREUM])
  assert.deepEqual(beaconOf({}, { TTX_BEACON: 'http://a:1, https://b/key' }), ['http://a:1', 'https://b/key'])
  assert.deepEqual(beaconOf({ beacon: 'http://c:1' }, { TTX_BEACON: 'http://a:1' }), ['http://c:1'])
  assert.throws(
    () => beaconOf({ beacon: 'SECRET' }),
    (error) => error instanceof Error && /--beacon/.test(error.message) && !/SECRET/.test(error.message),
  )
})
