// Gas becomes dearer than may be paid, and cheap again: a transaction that was sent before gets into a block all the same, whatever became of it in the
// mempools, and after a restart too.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { EthereumAccount } from '../../../../../node/ethereum/account.ts'
import { forceCall } from '../../../../../node/ethereum/calls.ts'
import { Outbox } from '../../../../../node/ethereum/sending/outbox.ts'
import { TransactionSender } from '../../../../../node/ethereum/sending/sender.ts'
import { toGasPrice } from '../../../../../node/protocol/units.ts'
import { log } from '../../../../support/log.ts'
import { Stage } from '../../../../support/stage.ts'

const GWEI = 10n ** 9n
const CAP = 20n * GWEI

for (const fate of [
  'the mempools keep it',
  'the mempools drop it',
  'the mempools drop it, and the process dies',
] as const) {
  for (const [spike, later] of [
    [400n, 1n],
    [19n, 7n],
  ] as const) {
    test(`gas of ${spike} gwei and then of ${later}, with a cap of ${CAP / GWEI}: ${fate}`, async (t) => {
      const stage = await Stage.open(t)
      const { client } = stage.anvil
      const signer = await stage.signer()
      const file = join(await stage.folder(), 'outbox.json')
      const open = async () => {
        const outbox = new Outbox(file)
        await outbox.load()
        const deps = { urls: [stage.anvil.url], network: stage.definition.rules, signer, now: Date.now }
        const ethereum = new EthereumAccount(deps, { retries: 0 })
        stage.stack.defer(() => ethereum.close())
        const options = { confirmations: 1, pollMs: 20, stuckMs: 60, maxFeePerGas: toGasPrice(CAP) }
        return new TransactionSender({ ethereum, log, now: Date.now, outbox }, options)
      }
      const price = async (gwei: bigint) => {
        await client.setNextBlockBaseFeePerGas({ baseFeePerGas: gwei * GWEI })
        await client.mine({ blocks: 1 })
      }
      await price(2n)
      await client.setAutomine(false)
      const call = forceCall([Uint8Array.from({ length: 127 }, (_, i) => (i < 7 ? 0 : 0x22))])
      let sender = await open()
      const dying = new AbortController()
      let sending = sender.send(call, { signal: dying.signal })
      sending.catch(() => undefined)
      await stage.until('it to be out there', async () => {
        const hash = sender.signed(call)
        return hash !== undefined && (await client.getTransaction({ hash }).catch(() => undefined)) !== undefined
      })
      const first = sender.signed(call)
      assert(first)
      await client.setNextBlockBaseFeePerGas({ baseFeePerGas: spike * GWEI })
      if (fate !== 'the mempools keep it') await client.dropTransaction({ hash: first })
      await client.mine({ blocks: 1 })
      await delay(300)
      if (fate.endsWith('dies')) {
        dying.abort()
        await sending.catch(() => undefined)
        sender = await open()
        sending = sender.send(call)
      }
      for (let i = 0; i < 400; i++) {
        await price(later)
        const outcome = await Promise.race([sending, delay(50)])
        if (outcome === undefined) continue
        assert.equal(outcome.status, 'done')
        break
      }
      assert.equal(await stage.laneLength('forced'), 1n)
    })
  }
}
