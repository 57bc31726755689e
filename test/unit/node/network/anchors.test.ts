// Nodes that this one dials: how many of one range, and which are kept over a restart.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Network } from '../../../../node/network/network.ts'
import { Anchors, mayBeDialled } from '../../../../node/network/places/anchors.ts'
import { Lab, SILENT, until } from './lab.ts'
import { MemoryStore } from './memory-store.ts'

async function fileOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-anchors-'))
  t.after(() => rm(folder, { recursive: true }))
  return join(folder, 'anchors.json')
}

test('of what is found few of one public range are dialled, and not all of many', () => {
  const bounds = { most: 4, perRange: 2 }
  const dialled = ['1.2.3.4:1', '1.2.9.9:2', '[2001:db8:1::1]:3']
  for (const [address, isDialled] of [
    ['1.2.200.1:7651', false],
    ['1.3.0.1:7651', true],
    ['[2001:db8:2::1]:7651', true],
    ['127.0.0.1:7651', true],
  ] as const)
    assert.equal(mayBeDialled(address, dialled, bounds), isDialled, address)
  assert.equal(mayBeDialled('9.9.9.9:1', [...dialled, '4.4.4.4:4'], bounds), false, 'all of them are dialled')
  const local = ['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1']
  assert(mayBeDialled('10.0.0.4:1', local, bounds), 'ranges of a private network say nothing')
})

test('a node finds those that it had dialled again after a restart, and keeps them where they are gone', async (t) => {
  await using lab = new Lab()
  const file = await fileOf(t)
  const other = await lab.node()
  const start = async (peers: readonly string[]) => {
    const deps = { store: new MemoryStore(), log: SILENT, anchors: file }
    const network = new Network(deps, { peers })
    await network.start()
    return network
  }
  const first = await start([other.address])
  await until(() => first.peers().length === 1, 'they are connected')
  await first.stop()
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), [other.address])
  const second = await start([])
  await until(() => second.peers().length === 1, 'they are connected again')
  await other.network.stop()
  await until(() => second.peers().length === 0, 'the other is gone')
  await second.stop()
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), [other.address])
})

test('a file of anchors that holds something else is as none, and a place that cannot be written ends nothing', async (t) => {
  const file = await fileOf(t)
  for (const text of ['', '{}', '["nonsense"]', JSON.stringify(Array(5).fill('1.2.3.4:5'))]) {
    await writeFile(file, text)
    assert.deepEqual(await new Anchors(file, SILENT).load(), [], text)
  }
  assert.deepEqual(await new Anchors(undefined, SILENT).load(), [])
  await using lab = new Lab()
  const node = await lab.node()
  const deps = { store: new MemoryStore(), log: SILENT, anchors: join(file, 'below a file') }
  const network = new Network(deps, { peers: [node.address] })
  await network.start()
  await until(() => network.peers().length === 1, 'they are connected')
  await network.stop()
})
