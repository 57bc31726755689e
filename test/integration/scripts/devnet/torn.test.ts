// A devnet's folder whose chain is gone: it does not start again over wallets that hold something elsewhere.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPublicClient, createWalletClient, http } from 'viem'
import { deploy } from '../../../../node/ethereum/deploying/deploy.ts'
import { genesisOf } from '../../../../scripts/assure/models/world.ts'
import { Devnet } from '../../../../scripts/devnet/devnet.ts'
import { log } from '../../../support/log.ts'
import { holder, Stage } from '../../../support/stage.ts'

test('a folder of another chain is refused', async (t) => {
  const stage = await Stage.open(t)
  const data = await mkdtemp(join(tmpdir(), 'ttx-torn-'))
  t.after(() => rm(data, { recursive: true }))
  const transport = http(stage.anvil.url)
  const deployment = await deploy({
    wallet: createWalletClient({ account: await stage.signer(), transport }),
    client: createPublicClient({ transport, pollingInterval: 50 }),
    genesis: genesisOf(holder),
  })
  await writeFile(join(data, 'deployment.json'), JSON.stringify(deployment))
  // As on a chain of which this folder knows nothing.
  await stage.anvil.client.setCode({ address: deployment.bridge, bytecode: '0x' })
  const devnet = new Devnet(
    { log, say: () => undefined, onLine: () => undefined },
    {
      data,
      ethereum: stage.anvil.url,
      ports: { ethereum: 1, rpc: 2, listen: 3, peerRpc: 4, peerListen: 5, ethereumRpc: 6 },
      miner: false,
      rows: 'auto',
      watcher: false,
      blockSeconds: 1,
      pollMs: 100,
      logLevel: 'warn',
      logJson: true,
    },
  )
  t.after(() => devnet.stop())
  await assert.rejects(devnet.start(), { code: 'devnet-torn' })
})
