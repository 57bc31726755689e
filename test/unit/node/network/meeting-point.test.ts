// The meeting point is neither a transaction nor a block: having a node fetch it, in any way, must not end its part in the network.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from '../../../../node/protocol/bytes.ts'
import { SEALED_BYTES } from '../../../../node/protocol/header.ts'
import { toBytes } from '../../../../node/protocol/ids.ts'
import { Attacker, MEETING_POINT } from './attacker.ts'
import { Lab, until } from './lab.ts'
import { testFile } from './memory-store.ts'

test('asked for the meeting point as if it were a transaction or a block, a node says no and stays connected', async () => {
  await using lab = new Lab()
  const a = await lab.node()
  const b = await lab.node({ peers: [a] })
  await until(() => a.network.peers().length === 1, 'they are connected')
  const signal = AbortSignal.timeout(60_000)
  await assert.rejects(a.network.fetch(MEETING_POINT, signal), { code: 'transaction-not-found' })
  await assert.rejects(a.network.fetchBlock(MEETING_POINT, signal), { code: 'download-failed' })
  await goesOn(lab, a, b)
})

test('a header that comes with the meeting point as the torrent of its block ends nothing either', async () => {
  await using lab = new Lab()
  const a = await lab.node()
  const b = await lab.node({ peers: [a] })
  await until(() => a.network.peers().length === 1, 'they are connected')
  const attacker = await Attacker.introduced(a.address)
  lab.defer(() => attacker.close())
  const told = concat(new Uint8Array(SEALED_BYTES).fill(1), toBytes(MEETING_POINT))
  await attacker.say({ type: 'blocks', headers: told })
  await goesOn(lab, a, b)
})

/** What one has gets to the other, and somebody new gets in. */
async function goesOn(lab: Lab, a: Awaited<ReturnType<Lab['node']>>, b: typeof a): Promise<void> {
  const payment = testFile('a payment')
  b.store.add(payment)
  await until(() => a.store.files.size > 0, 'the payment is here')
  const late = await lab.node({ peers: [a] })
  await until(() => late.network.peers().length > 0 && late.store.files.size > 0, 'a newcomer has it too')
  await until(() => a.network.peers().length >= 2, 'both are connected')
}
