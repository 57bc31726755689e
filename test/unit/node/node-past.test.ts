// The past of a node that began at a final block, from its start: a wrong one that was found before is known before the node goes on.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BridgeFollower } from '../../../node/bridge/follower.ts'
import type { NetworkDefinition } from '../../../node/deployment.ts'
import type { Network } from '../../../node/network/network.ts'
import { NodePast } from '../../../node/node-past.ts'
import { log } from '../../support/log.ts'
import { madeUpId } from '../../support/miner/made-up-tree.ts'
import { kzg, PastScene } from './bridge/retrace/past-scene.ts'

test('a wrong past that an earlier run found is known once it has started, and nothing is asked for it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-past-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { rules, genesis, genesisBlock } = new PastScene(1, 0).forge.network
  const [block, wrong] = [madeUpId('begun with'), madeUpId('wrong')]
  await writeFile(join(folder, 'past.json'), JSON.stringify({ block, wrong: { block: wrong, problem: 'it lies' } }))
  const condemned: unknown[] = []
  // What it needs of each, and nothing else.
  const past = new NodePast({
    definition: { rules, genesis, genesisBlock } as unknown as NetworkDefinition,
    follower: {
      begunWith: async () => ({ id: block, height: 3n }),
      condemn: (...said: unknown[]) => void condemned.push(said),
    } as unknown as BridgeFollower,
    network: (): Network => {
      throw new Error('there is no network yet')
    },
    ...{ kzg, log, folder },
  })
  await past.start()
  assert.deepEqual(condemned, [[wrong, 'it lies']])
  assert.deepEqual(past.status, { state: 'wrong', problem: 'it lies', block, height: 3n, replayed: 0n })
  await past.start()
  await past.stop()
  assert.equal(condemned.length, 1)
})
