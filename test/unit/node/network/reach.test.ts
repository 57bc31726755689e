// Where others reach a node, as far as it can tell: liars and private addresses change nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeHost, encodeHost, isPublicHost, Reach } from '../../../../node/network/places/reach.ts'
import { Lab, until } from './lab.ts'

const OURS = '93.184.216.34'
const [A, B, C] = ['8.8.8.8', '1.1.1.1', '2606:4700::1111']

test('addresses that nobody outside reaches are not public, and names are not addresses', () => {
  for (const host of [OURS, A, '2606:4700::1111', '::ffff:8.8.8.8']) assert(isPublicHost(host), host)
  const others = ['127.0.0.1', '0.0.0.0', '10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', '169.254.1.1']
  const more = ['224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fd00::1', '2001:db8::1', '::ffff:10.0.0.1']
  for (const host of [...others, ...more, 'example.org', '']) assert(!isPublicHost(host), host)
})

test('an address goes over the wire in four or sixteen bytes', () => {
  for (const host of ['127.0.0.1', OURS, '::1', '2606:4700::1111', '1:2:3:4:5:6:7:8', 'fe80::']) {
    const bytes = encodeHost(host)
    assert(bytes)
    assert.equal(decodeHost(bytes), host)
  }
  assert.deepEqual(encodeHost('::ffff:1.2.3.4'), Uint8Array.of(1, 2, 3, 4))
  for (const host of ['', 'example.org', '1.2.3', 'fe80::1%eth0']) assert.equal(encodeHost(host), undefined)
  for (const length of [0, 3, 5, 15, 17, 1_000]) assert.equal(decodeHost(new Uint8Array(length)), undefined)
})

test('an address counts if two peers that this node dialled see it, and somebody outside came in', () => {
  const reach = new Reach()
  // One that has many addresses of one range has one vote.
  for (const host of [A, '8.8.4.4', '8.8.200.1']) reach.add({ host, outgoing: true, sees: OURS })
  reach.add({ host: C, outgoing: false })
  assert.equal(reach.host, undefined)
  reach.add({ host: B, outgoing: true, sees: OURS })
  assert.equal(reach.host, OURS)
})

test('nobody outside came in, or only somebody of this house: the router may let nobody in', () => {
  const reach = new Reach()
  for (const host of [A, B]) reach.add({ host, outgoing: true, sees: OURS })
  for (const host of ['192.168.1.7', '127.0.0.1']) reach.add({ host, outgoing: false, sees: OURS })
  assert.equal(reach.host, undefined)
  reach.add({ host: C, outgoing: false })
  assert.equal(reach.host, OURS)
})

test('strangers that come in have no vote, a liar among those who were dialled changes nothing, and without a majority there is none', () => {
  const reach = new Reach()
  for (let i = 1; i < 100; i++) reach.add({ host: `9.9.9.${i}`, outgoing: false, sees: '6.6.6.6' })
  assert.equal(reach.host, undefined)
  for (const host of [A, B]) reach.add({ host, outgoing: true, sees: OURS })
  for (const sees of ['6.6.6.6', '10.0.0.1', '127.0.0.1', '0.0.0.0']) {
    reach.add({ host: C, outgoing: true, sees })
    assert.equal(reach.host, OURS)
  }
  reach.add({ host: '5.5.5.5', outgoing: true, sees: '6.6.6.6' })
  assert.equal(reach.host, undefined)
})

test('a thousand voters are not remembered, the newest count', () => {
  const reach = new Reach()
  reach.add({ host: C, outgoing: false })
  for (let i = 0; i < 1_000; i++) reach.add({ host: `9.${i % 256}.${i >> 8}.1`, outgoing: true, sees: OURS })
  for (let i = 0; i < 64; i++) reach.add({ host: `8.${i}.8.8`, outgoing: true, sees: '6.6.6.6' })
  assert.equal(reach.host, '6.6.6.6')
})

test('two nodes tell each other where they see them, and what leads nowhere goes out to nobody', async () => {
  await using lab = new Lab()
  const one = await lab.node()
  const two = await lab.node({ peers: [one] })
  await until(() => one.network.peers().length + two.network.peers().length === 2, 'both are connected')
  for (const { network } of [one, two]) {
    const [peer] = network.peers() as { sees?: string }[] // what a peer says of us is for this module alone
    assert.equal(peer?.sees, '127.0.0.1')
  }
  // A network of this machine: others on it reach it there.
  assert.equal(one.network.publicAddress(), one.address)
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const open = await lab.node({ host, dialsHints: 'anywhere' })
    assert.equal(open.network.publicAddress(), undefined)
  }
  const everywhere = await lab.node({ host: '0.0.0.0' })
  assert.equal(everywhere.network.publicAddress(), undefined)
  const said = await lab.node({ dialsHints: 'anywhere', publicAddress: 'node.example.org:7651' })
  assert.equal(said.network.publicAddress(), 'node.example.org:7651')
})
