// What the settings of an operator mean for the network of a node: by default it talks to nobody, and it says so where it does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOptions } from '../../../../scripts/cli/network-options.ts'
import { loadSettings } from '../../../../scripts/settings.ts'
import { Lab, until } from '../../node/network/lab.ts'

const optionsOf = (flags: Readonly<Record<string, string>>) => networkOptions(loadSettings(flags, {}, {}))

test('nothing set: loopback, nobody is looked for, nothing is limited', async () => {
  assert.deepEqual(optionsOf({}), {
    host: '127.0.0.1',
    dialsHints: 'loopback',
    listenPort: 7651,
    publicAddress: undefined,
    peers: [],
    trackers: [],
    dht: false,
    pex: false,
    utp: false,
    webSocketOrigins: 'none',
    secure: 0,
    maxConnections: 100,
    maxConnectionsPerHost: 16,
    maxLiveTorrents: 200,
    uploadLimit: undefined,
    downloadLimit: undefined,
  })
  await using lab = new Lab()
  const { peers: _, ...options } = optionsOf({ listenPort: '0' })
  const { network } = await lab.node(options)
  const { host, dhtPort } = network.address()
  assert.deepEqual([host, dhtPort], ['127.0.0.1', undefined])
})

test('the public profile is reached, finds and is found; what is set besides wins', () => {
  const { host, dht, pex, utp, trackers } = optionsOf({ networkProfile: 'public' })
  assert.deepEqual(
    { host, dht, pex, utp, trackers },
    { host: '0.0.0.0', dht: true, pex: true, utp: true, trackers: [] },
  )
  assert.deepEqual(
    ['none', 'any', 'remote', 'https://a.example, http://127.0.0.1:80'].map(
      (websocketOrigins) => optionsOf({ websocketOrigins }).webSocketOrigins,
    ),
    ['none', 'any', 'remote', ['https://a.example', 'http://127.0.0.1:80']],
  )
  const without = (list: string) => {
    const options = optionsOf({ networkProfile: 'public', without: list, dhtBootstrap: '10.0.0.1:1' })
    return [options.dht !== false, options.pex, options.utp]
  }
  assert.deepEqual(['dht', 'pex', 'utp', 'dht, utp'].map(without), [
    [false, true, true],
    [true, false, true],
    [true, true, false],
    [false, true, false],
  ])
  assert.equal(optionsOf({ networkProfile: 'public' }).webSocketOrigins, 'remote')
  assert.throws(() => optionsOf({ trackers: 'wss://tracker.example.org' }), /http, https or udp/)
  assert.throws(() => optionsOf({ websocketOrigins: 'https://a.example/path' }), /origins of pages/)
  assert.equal(optionsOf({ networkProfile: 'public', listenHost: '10.0.0.1' }).host, '10.0.0.1')
  assert.equal(optionsOf({ publicAddress: '[2606:4700::1111]:7651' }).publicAddress, '[2606:4700::1111]:7651')
  assert.deepEqual(optionsOf({ dhtBootstrap: '10.0.0.1:1, 10.0.0.2:2' }).dht, {
    bootstrap: ['10.0.0.1:1', '10.0.0.2:2'],
  })
  assert.deepEqual(
    ['accepted', 'preferred', 'required'].map((encryption) => optionsOf({ encryption }).secure),
    [0, 1, 2],
  )
  const { maxConnections, maxConnectionsPerHost, maxLiveTorrents, uploadLimit, downloadLimit } = optionsOf({
    maxConnections: '1',
    maxConnectionsPerHost: '2',
    maxLiveTorrents: '3',
    uploadLimit: '4000',
    downloadLimit: '5000',
  })
  assert.deepEqual(
    [maxConnections, maxConnectionsPerHost, maxLiveTorrents, uploadLimit, downloadLimit],
    [1, 2, 3, 4_000, 5_000],
  )
})

test('public nodes that know nothing but an entry point of a DHT find each other', async () => {
  await using lab = new Lab()
  const entry = await lab.node({ dht: { bootstrap: [] }, pex: true })
  const { peers: _, ...options } = optionsOf({
    networkProfile: 'public',
    listenHost: '127.0.0.1',
    listenPort: '0',
    dhtBootstrap: `127.0.0.1:${entry.network.address().dhtPort}`,
  })
  // A public node dials no address of loopback that it finds; all that these find is there.
  const dialsHints = 'anywhere'
  const alice = await lab.node({ ...options, dialsHints })
  const bob = await lab.node({ ...options, dialsHints })
  const nodes = [entry, alice, bob]
  await until(
    () => nodes.every(({ network }) => network.peers().length === 2),
    'each is connected to both others',
    60_000,
  )
})
