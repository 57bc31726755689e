// The whole way of money over the bridge, driven by a miner and a relayer: mined, published, final, paid.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Relayer } from '../../../miner/relayer.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { parseAddress } from '../../../node/protocol/ids.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { log } from '../../support/log.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

const DAY = 86_400n

test('a request is mined, published, finalized a day later, and paid to its recipient', async (t) => {
  const stage = await Stage.open(t)
  const genesis = genesisInfohash(stage.definition.genesis)
  const signer = await stage.signer()
  const sender = stage.sender(signer)
  const node = await stage.node()
  const miner = await stage.miner(node, sender)
  await stage.until('the miner to rest', () => miner.status().state === 'resting')
  assert.match(miner.status().reason, /no request/)

  const recipient = stranger('recipient')
  await stage.request(node, holder, [genesis], 1_000_000n, recipient)
  await stage.until('a publication', () => miner.status().blocks.published === 1)
  assert.equal(miner.status().money.pending, 10_000n)
  assert.equal(miner.status().problem, undefined)

  await stage.skip(DAY)
  await stage.until('finality', () => miner.status().blocks.final === 1)
  assert.equal(await stage.balanceOf(parseAddress(signer.address)), 10_000n)
  assert.equal(miner.status().money.earned, 10_000n)

  const relayer = new Relayer(
    { node, sender: stage.sender(await stage.signer()), log, now: Date.now, random: randomOf(1) },
    { pollMs: 50, courtesyMs: 0 },
  )
  stage.stack.use(relayer)
  relayer.start()
  await stage.until('the payment', async () => (await stage.balanceOf(recipient)) > 0n)
  assert.equal(await stage.balanceOf(recipient), 990_000n)
  await stage.until('the relayer to count it', () => relayer.status().claimed === 1)
  assert.equal(relayer.status().paid, 990_000n)

  await stage.skip(DAY)
  await stage.until('the bond to be back', () => miner.status().bonds === 0n && miner.status().owed === 0n)
})
