// Attacked: the price of lying, by refuting one's own block before anybody else does: oneself, or as somebody else.
// What must hold: half of the bond is gone for good no matter who brings the proof, the gas comes on top, and nobody else gains or loses.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Address } from '../../node/protocol/ids.ts'
import { Arena } from '../support/processes/arena.ts'

const GWEI = 10n ** 9n

test('whoever refutes the own block loses half of its bond, and the gas', async (t) => {
  const arena = await Arena.open(t)
  const { stage } = arena
  const liar = await arena.startLiar()
  const identities = await Promise.all(['liar', 'second-identity'].map((name) => arena.account(name)))
  const { parent } = await arena.endow(liar)
  await arena.countMoney()

  for (const name of ['liar', 'second-identity']) {
    const before = await wealth(
      arena,
      identities.map(({ address }) => address),
    )
    const wrong = await liar.publish({ parent, lie: 'mint' })
    const { bond } = await arena.record(wrong.id)
    assert.ok(bond > 0n)
    await arena.seen()
    const { exitCode, err } = await arena.ttx(name, ['refute', wrong.id])
    assert.equal(exitCode, 0, err)
    const [refuted] = (await arena.refutations()).filter(({ args }) => args.id === wrong.id)
    assert.equal(refuted?.args.reward, bond / 2n)
    const lost =
      before -
      (await wealth(
        arena,
        identities.map(({ address }) => address),
      ))
    const least = (bond - bond / 2n) * GWEI
    assert.ok(lost > least, `${name} lost ${lost} wei of a bond of ${bond} gwei`)
    // Not the whole bond either: the rest is what a stranger would have got.
    assert.ok(lost < bond * GWEI)
    assert.equal((await arena.record(wrong.id)).bond, 0n)
  }
  // What is burned stays in the contract forever: nobody is owed it.
  const [total, ...owed] = await Promise.all([
    stage.anvil.client.getBalance({ address: stage.bridge.address }),
    ...identities.map(({ address }) => arena.owed(address)),
  ])
  const { bond } = await arena.record(parent)
  assert.ok(total - bond * GWEI > owed.reduce((sum, one) => sum + one, 0n))
  await arena.countMoney()
})

/** Wei of these accounts, what the bridge owes them included. */
async function wealth(arena: Arena, accounts: readonly Address[]): Promise<bigint> {
  let sum = 0n
  for (const address of accounts) {
    sum += (await arena.stage.anvil.client.getBalance({ address })) + (await arena.owed(address))
  }
  return sum
}
