// The follower and the real ledger: what the branch orders is what the state of its tip says, through reorganisations.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { preferredTip } from '../../../../node/bridge/fork-choice.ts'
import { Ledger } from '../../../../node/ledger/ledger.ts'
import { assetOf, ownerOf, type Purse, purseOf } from '../../../../node/ledger/purse.ts'
import { isAddress, isInfohash } from '../../../../node/protocol/ids.ts'
import { balanceOf, balancesOf } from '../../../../node/protocol/state.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'

for (const seed of [91, 92]) {
  test(`the ledger's balances are those of the preferred tip (seed ${seed})`, async () => {
    const driver = new Driver(seed)
    const { forge, ethereum } = driver
    const { rules, genesis } = forge.network
    const folder = await mkdtemp(join(tmpdir(), 'ttx-ledger-'))
    const log = pino({ level: 'silent' })
    const ledger = new Ledger({ database: folder, rules, genesis, log, clock: () => 1_900_000_000_000 })
    await ledger.start()
    const options = { finalityDepth: 12n }
    const test = await TestFollower.start(ethereum.connect(), forge.network, options)
    try {
      let ordering = Promise.resolve()
      // Purses of other assets, also those of branches that died.
      const held = new Set<Purse>()
      test.follower.on('branch', (branch) => {
        ordering = ordering.then(() => ledger.setBranch(branch))
      })
      for (let round = 0; round < 12; round++) {
        if (round % 3 === 2) driver.reorganise(1 + round)
        else driver.run(6)
        assert.equal((await test.follower.poll()).state, 'live')
        await ordering
        const tip = preferredTip(test.follower.view)
        const state = test.follower.parentBlock(tip.id)?.state
        const { final, blocks } = ledger.branch()
        assert.equal((blocks.at(-1) ?? final).height, tip.sealed.header.height)
        assert.equal(final.height, test.follower.settled.sealed.header.height)
        for (const { owner, asset } of balancesOf(state)) if (asset !== undefined) held.add(purseOf(owner, asset))
        for (const purse of [...forge.world.accounts.map(({ address }) => purseOf(address)), ...held]) {
          // What dead branches leave behind stays accepted, and spends outputs that are ordered.
          const { ordered, final: settled, pendingOut } = ledger.balance(purse)
          assert.equal(ordered + settled + pendingOut, balanceOf(state, ownerOf(purse), assetOf(purse)))
        }
      }
      const assets = [...held].map(assetOf)
      assert.ok(assets.some(isAddress) && assets.some(isInfohash), 'some were entered, some issued')
    } finally {
      await test[Symbol.asyncDispose]()
      await ledger.stop()
      await rm(folder, { recursive: true })
    }
  })
}
