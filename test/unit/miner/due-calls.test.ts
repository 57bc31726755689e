// What is due is done in an order in which nothing waits for what is less urgent, and what reverts is tried again more and more rarely.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DueCalls } from '../../../miner/due-calls.ts'
import { createNodeClient } from '../../../node/client/rpc.ts'
import { finalizeCall, nominateCall } from '../../../node/ethereum/calls.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { blockId, encodeSealed, genesisBlock } from '../../../node/protocol/header.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import type { Result } from '../../../node/rpc/api.ts'
import { plantedId } from '../../../scripts/bench/planted-view.ts'
import { log } from '../../support/log.ts'
import { serve } from '../../support/rpc/serve.ts'

const block = genesisBlock({
  chain: 1n,
  bridge: ZERO_ADDRESS,
  easiestTarget: 1n,
  state: ZERO_HASH,
})
const sealed = encodeSealed(block)
const due: Result<'bridge_due'> = {
  nominate: [1, 2, 3].map((number) => ({ parent: plantedId(number), block: plantedId(number + 1) })),
  finalize: [{ block: blockId(block), sealed }],
}

test('a finalization is sent before the nominations, of which the lowest comes first', async (t) => {
  const sent: string[] = []
  const send = async ({ data }: { data: string }) => {
    sent.push(data)
    return { status: 'done' }
  }
  // Of the sender only this.
  const sender = { send } as unknown as TransactionSender
  const node = createNodeClient(await serve(t, { bridge_due: async () => due }))
  const calls = new DueCalls({ node, sender, log, now: () => 0, random: () => 0 }, { courtesyMs: 0, isOwn: () => true })
  await calls.round(AbortSignal.timeout(10_000))
  assert.deepEqual(sent, [
    finalizeCall(sealed).data,
    ...due.nominate.map(({ parent, block }) => nominateCall(parent, block).data),
  ])
})

test('a call that reverts is tried again after a minute, then after twice as long, up to an hour', async (t) => {
  let [now, tries] = [0, 0]
  const send = async () => {
    tries++
    return { status: 'reverted' }
  }
  const sender = { send } as unknown as TransactionSender
  const node = createNodeClient(await serve(t, { bridge_due: async () => ({ ...due, nominate: [] }) }))
  const deps = { node, sender, log, now: () => now, random: () => 0 }
  const calls = new DueCalls(deps, { courtesyMs: 0, isOwn: () => true })
  const rests: number[] = []
  for (let last = 0; rests.length < 9; now += 60_000) {
    const before = tries
    await calls.round(AbortSignal.timeout(10_000))
    if (tries === before) continue
    rests.push((now - last) / 60_000)
    last = now
  }
  assert.deepEqual(rests, [0, 1, 2, 4, 8, 16, 32, 60, 60])
})

test('no nomination is sent where nobody competes, and no finalization whose header is another block’s', async (t) => {
  const sent: string[] = []
  const send = async ({ data }: { data: string }) => {
    sent.push(data)
    return { status: 'done' }
  }
  const sender = { send } as unknown as TransactionSender
  const lie = { ...due, finalize: [{ block: plantedId(7), sealed }] }
  const node = createNodeClient(await serve(t, { bridge_due: async () => lie }))
  const isContested = (parent: Hash) => parent === plantedId(2)
  const options = { courtesyMs: 0, isOwn: () => true, isContested }
  const calls = new DueCalls({ node, sender, log, now: () => 0, random: () => 0 }, options)
  await calls.round(AbortSignal.timeout(10_000))
  assert.deepEqual(sent, [nominateCall(plantedId(2), plantedId(3)).data])
})
