// What reverts mean: by the name of the contract's error, or that there was no reason or an unknown one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BaseError,
  encodeErrorResult,
  HttpRequestError,
  InvalidParamsRpcError,
  parseAbi,
  RawContractError,
  RpcRequestError,
} from 'viem'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { isOperationError, OperationError } from '../../../../node/errors.ts'
import { nameOf, problemOf } from '../../../../node/ethereum/problems.ts'
import {
  isAnyRefusal,
  isBlindToBlobs,
  isNonceTaken,
  isOtherKindPending,
  isRefusal,
  isRefusedForGood,
  readRefusal,
} from '../../../../node/ethereum/refusals.ts'

test('a custom error is named, with its values and what to do', () => {
  const data = encodeErrorResult({ abi: bridgeAbi, errorName: 'TooEarly', args: [1_800_000_000n] })
  for (const error of [
    new BaseError('failed', { cause: new RawContractError({ data }) }),
    new RpcRequestError({ body: {}, url: 'http://x', error: { code: 3, message: 'execution reverted', data } }),
    new OperationError('ethereum-refused', 'failed', { cause: new RawContractError({ data: { data } }) }),
  ]) {
    const refusal = readRefusal('finalize', error)
    assert.equal(refusal?.code, 'bridge-refused')
    assert.equal(refusal?.retry, true)
    assert.deepEqual(refusal?.facts, { call: 'finalize', error: 'TooEarly', values: ['1800000000'] })
    assert.ok(isRefusal(refusal, 'NotFinal', 'TooEarly') && isAnyRefusal(refusal))
    assert.ok(!isRefusal(refusal, 'NotFinal'))
  }
})

test('every custom error of the bridge is refused under its own name', () => {
  const names = bridgeAbi.flatMap((each) => (each.type === 'error' ? each.name : []))
  const told = bridgeAbi.flatMap((each) => {
    if (each.type !== 'error') return []
    const args = each.inputs.map(({ type }) =>
      type === 'address'
        ? `0x${'11'.repeat(20)}`
        : /^bytes/.test(type)
          ? `0x${'11'.repeat(Number(type.slice(5)))}`
          : 1n,
    )
    const data = encodeErrorResult({ abi: [each], errorName: each.name, args } as never)
    const refusal = readRefusal('publish', new RawContractError({ data }))
    return isOperationError(refusal, 'bridge-refused') ? refusal.facts.error : 'none'
  })
  assert.deepEqual(told, names)
})

test('a revert without a reason, or with one of a later version, is called so', () => {
  const silent = readRefusal('claim', new BaseError('execution reverted'))
  assert.equal(silent?.code, 'call-reverted')
  const unknown = readRefusal('claim', new RawContractError({ data: '0xdeadbeef' }))
  assert.equal(unknown?.code, 'call-reverted')
  assert.match(unknown?.message ?? '', /does not know: 0xdeadbeef/)
  assert.ok(isAnyRefusal(unknown) && !unknown.retry)
})

test('other failures are no refusals', () => {
  assert.equal(readRefusal('claim', new BaseError('fetch failed')), undefined)
  assert.equal(readRefusal('claim', new TypeError('reverted')), undefined)
})

test('endpoints are named without what may be secret', () => {
  assert.equal(nameOf(['https://user:pass@host:1/key?k=1', 'http://b']), 'https://host:1 or http://b')
})

test('an endpoint that wants a key is called so', () => {
  for (const status of [401, 403]) {
    const cause = new HttpRequestError({ url: 'http://a', status, body: {}, details: 'project id required' })
    const { code, retry, facts } = problemOf('http://a', 'its head', cause)
    assert.deepEqual([code, retry, facts], ['ethereum-locked', true, { endpoint: 'http://a', what: 'its head' }])
  }
})

test('what mempools say of blobs is understood, and not of what was sent to them', () => {
  const said = (message: string) => {
    const error = { code: -32_000, message }
    const body = { params: [`0x03${'4844'.repeat(100_000)}`] }
    return new OperationError('ethereum-refused', 'failed', {
      cause: new RpcRequestError({ body, url: 'http://x', error }),
    })
  }
  for (const words of [
    'address already reserved',
    'transaction type 3 conflicts with existing transaction for 0x00',
    'pending transaction type conflict',
    'PendingTxsOfConflictingType',
  ]) {
    assert.deepEqual([isOtherKindPending(said(words)), isRefusedForGood(said(words))], [true, false], words)
  }
  for (const words of [
    'transaction type not supported',
    'unsupported transaction type',
    'EIP-4844 fields received but is not supported by the current hardfork.',
    'unexpected blob sidecar version, got: 1, want: 0',
  ]) {
    assert.deepEqual([isOtherKindPending(said(words)), isRefusedForGood(said(words))], [false, true], words)
  }
  for (const words of [
    'max fee per blob gas less than block blob gas fee',
    'nonce too high: tx nonce 5, gapped nonce 3',
  ])
    assert.ok(!isRefusedForGood(said(words)) && !isOtherKindPending(said(words)) && !isNonceTaken(said(words)), words)
  assert.ok(isNonceTaken(said('replacement transaction underpriced: new tx gas fee cap 2 < 4 queued + 100%')))
})

test('only what hides blobs from the contract, or takes no question about them, has said nothing of a call', () => {
  const revert = (count: bigint) =>
    encodeErrorResult({ abi: parseAbi(['error BadBlobs(uint256)']), errorName: 'BadBlobs', args: [count] })
  const asked = (data: `0x${string}`) => readRefusal('publish', new RawContractError({ data }))
  const blind = [
    asked(revert(0n)),
    new OperationError('ethereum-refused', 'failed', { cause: new InvalidParamsRpcError(new Error('unknown field')) }),
  ]
  assert.deepEqual(
    blind.map((error) => error && isBlindToBlobs(error)),
    [true, true],
  )
  const seeing = [asked(revert(7n)), asked('0xdeadbeef'), new OperationError('ethereum-silent', 'failed')]
  assert.deepEqual(
    seeing.map((error) => error && isBlindToBlobs(error)),
    [false, false, false],
  )
})
