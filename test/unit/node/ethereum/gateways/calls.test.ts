// The calls that go to gateways and tokens: which contract they go to, and what a refusal of theirs means.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeErrorResult, RawContractError } from 'viem'
import { gatewayAbi } from '../../../../../deployments/gateway-abi.ts'
import { gatewayFactoryAbi } from '../../../../../deployments/gateway-factory-abi.ts'
import { isOperationError } from '../../../../../node/errors.ts'
import { approveCall, gatewayDepositCall } from '../../../../../node/ethereum/gateways/calls.ts'
import { readRefusal } from '../../../../../node/ethereum/refusals.ts'
import { callId, Outbox } from '../../../../../node/ethereum/sending/outbox.ts'
import { ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { toGasPrice } from '../../../../../node/protocol/units.ts'
import { accountOf } from '../../../../../scripts/assure/models/world.ts'

const [token, gateway, factory, to] = ['token', 'gateway', 'factory', 'to'].map((name) => accountOf(name).address)
assert(token && gateway && factory && to)

test('the same bytes to two contracts are two calls, and what is kept on disk goes to the same one again', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-outbox-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [one, other] = [approveCall(token, gateway, 5n), approveCall(factory, gateway, 5n)]
  assert.equal(one.data, other.data)
  assert.notEqual(callId(one), callId(other))
  const fees = { maxFeePerGas: toGasPrice(1n), maxPriorityFeePerGas: toGasPrice(1n) }
  const attempt = { nonce: 0, fees, value: 0n, hash: ZERO_HASH, raw: '0x01', sentMs: 1, isCancel: false } as const
  const call = { ...gatewayDepositCall(gateway, 5n, to), intent: 'deposit' }
  const outbox = new Outbox(join(folder, 'outbox.json'))
  await outbox.load()
  await outbox.add(call, attempt as never)
  const later = new Outbox(join(folder, 'outbox.json'))
  await later.load()
  assert.deepEqual(later.findOpen('deposit'), call)
})

test('what a gateway refuses is told by its name and as the words of the gateway, and what the bridge refuses of it as those of the bridge', () => {
  for (const entry of [...gatewayAbi, ...gatewayFactoryAbi]) {
    if (entry.type !== 'error') continue
    const args = entry.inputs.map(({ type }) => (type === 'address' ? to : 1n))
    const data = encodeErrorResult({ abi: [entry], errorName: entry.name, args } as never)
    const refusal = readRefusal('deposit', new RawContractError({ data }), true)
    assert(isOperationError(refusal, 'bridge-refused'))
    assert.equal(refusal.facts.error, entry.name)
  }
  const failed = encodeErrorResult({ abi: gatewayAbi, errorName: 'TransferFailed', args: [to] })
  assert.match(
    `${readRefusal('deposit', new RawContractError({ data: failed }), true)?.message}`,
    /by the gateway.*paused/,
  )
  assert.match(`${readRefusal('withdraw', new RawContractError({ data: failed }))?.message}`, /by the bridge.*coins/)
})
