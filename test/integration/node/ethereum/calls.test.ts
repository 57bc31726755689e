// The gas that calls are expected to use covers what they do use on the real contract, and not by far.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type BridgeCall,
  type ClaimProof,
  claimCall,
  claimGas,
  FINALIZE_GAS,
  finalizeCall,
  publishCall,
  publishGas,
  RELEASE_GAS,
  TRANSACTION_GAS,
  WITHDRAW_GAS,
  withdrawBondCall,
  withdrawCall,
} from '../../../../node/ethereum/calls.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { encodeSealed, SEALED_BYTES } from '../../../../node/protocol/header.ts'
import { toHash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { requestProofs, requestsIn } from '../../../../node/protocol/requests.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { type Step, splitSteps } from '../../../../node/protocol/step.ts'
import { targetCeiling } from '../../../../node/protocol/target.ts'
import { toGwei, toSeconds } from '../../../../node/protocol/units.ts'
import { accountOf, pay } from '../../../../scripts/assure/models/world.ts'
import { type Forged, forge } from '../../../support/miner/forge.ts'
import { EASIEST, holder, Stage, stranger } from '../../../support/stage.ts'

const DAY = 86_400n

test('publishing, finalizing, paying and withdrawing use less gas than they are said to, but more than half of it', async (t) => {
  const stage = await Stage.open(t)
  const { definition } = stage
  const { rules } = definition
  const signer = await stage.signer(10_000n)
  const sender = stage.sender(signer)
  const { account } = sender.ethereum

  // A block of 500 requests: one chain of them, so that no other transactions are needed.
  let last = genesisInfohash(definition.genesis)
  const steps: Step[] = Array.from({ length: 500 }, (_, i) => {
    const to = stranger(`${i}`)
    const bridge = { chain: rules.chain, to }
    const next = pay(holder, { to: rules.bridge, tokens: 2_000n, time: i, prev: [last], bridge }, rules)
    last = next.infohash
    return { kind: 'transaction', packed: next.packed }
  })
  const genesis = {
    id: await stage.finalBlock(),
    header: definition.genesisBlock.header,
    state: genesisState(definition.genesis),
  }
  await stage.skip(DAY)
  const target = targetCeiling(EASIEST, toSeconds(DAY), EASIEST)
  const full = forge(rules, genesis, steps, target, account)
  const publish = publishCall(encodeSealed(definition.genesisBlock), full)
  await spend(sender, publish, publishGas(500, full.steps.length + full.states.length))
  const empty = forge(rules, full.next, [], full.sealed.header.target >> 1n, account)
  await spend(sender, publishCall(full.sealedBytes, empty), publishGas(0, 0))

  // Forced transactions that are invalid: the smallest steps, and those that do most to the queue.
  const packed = Array.from({ length: LANE_SHARE }, (_, i) => voidTransaction(i))
  await stage.anvil.call(rules.bridge, 'force', [packed.map((each) => `0x${formatHex(each)}`)], 10n ** 18n)
  const fees = await stage.forcedFees()
  const voids = packed.map(
    (each, i): Step => ({ kind: 'void', fee: toGwei(fees[i] ?? 0n), packedHash: toHash(keccak(each)) }),
  )
  const queued = forge(rules, empty.next, voids, empty.sealed.header.target >> 1n, account)
  const used = publishGas(LANE_SHARE, queued.steps.length + queued.states.length)
  await spend(sender, publishCall(empty.sealedBytes, queued), used)

  await stage.skip(DAY)
  await spend(sender, finalizeCall(full.sealedBytes), FINALIZE_GAS)
  const claims = claimsOf(full)
  for (const batch of [claims.slice(0, 1), claims.slice(1, 51)]) {
    const call = claimCall(full.sealedBytes, batch)
    await spend(sender, call, claimGas(batch.length, call.data))
  }
  assert.equal(await stage.balanceOf(stranger('50')), 1_980n)

  await stage.skip(DAY)
  await spend(sender, withdrawBondCall(full.sealedBytes), RELEASE_GAS)
  await spend(sender, withdrawCall(sender.ethereum.account), WITHDRAW_GAS)
})

test('no call asks for more gas than a transaction may have', () => {
  const { sealed } = { sealed: new Uint8Array(SEALED_BYTES) }
  const claim = {
    number: 0n,
    step: 0,
    siblings: Array.from({ length: 9 }, () => ZERO_HASH),
    recipient: accountOf('x').address,
    gross: 1n,
  }
  assert.equal(
    claimCall(
      sealed,
      Array.from({ length: 500 }, () => claim),
    ).gas,
    TRANSACTION_GAS,
  )
})

/** Has a shape, and an impossible signature. */
function voidTransaction(i: number): Uint8Array {
  const packed = new Uint8Array(127).fill(0xff, 2)
  return packed.with(6, i)
}

/** Sends a call, and holds its gas against what was expected. */
async function spend(sender: TransactionSender, call: BridgeCall, expected: bigint): Promise<void> {
  const outcome = await sender.send(call)
  assert.equal(outcome.status, 'done', call.name)
  if (outcome.status !== 'done') return
  const { gasUsed } = outcome.receipt
  const share = Number((1_000n * gasUsed) / expected) / 10
  assert.ok(gasUsed <= expected && gasUsed * 2n > expected, `${call.name} used ${gasUsed}, ${share}% of ${expected}`)
}

function claimsOf({ steps, next }: Forged): ClaimProof[] {
  const requests = requestsIn(splitSteps(steps))
  const proofs = requestProofs(requests)
  return requests.map(({ step, to, tokens }, i) => ({
    number: next.header.firstRequest + BigInt(i),
    step,
    siblings: proofs[i] ?? [],
    recipient: to,
    gross: tokens,
  }))
}
