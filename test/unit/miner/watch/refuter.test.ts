// A refutation is tried on every endpoint, and one that accepts it is enough: what each combination of answers comes to.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sendRefutation, tryRefutation } from '../../../../miner/watch/refuter.ts'
import { OperationError } from '../../../../node/errors.ts'
import { refuteCall, refuteGas, TRANSACTION_GAS } from '../../../../node/ethereum/calls.ts'
import { refusalName } from '../../../../node/ethereum/refusals.ts'
import { encodeRefutation } from '../../../../node/ethereum/refute-call.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { toWei } from '../../../../node/protocol/units.ts'
import { LIES } from '../../../support/sending/lies.ts'
import { type Lies, MadeUpChain, refusal } from '../../../support/sending/made-up-chain.ts'
import { Scene } from '../../../support/sending/scene.ts'
import { wrongBlock } from './wrong-block.ts'

const { id, refutation } = wrongBlock(1)
const data = encodeRefutation(refutation)
const ANSWER_MS = 50

const SAYS = {
  yes: 'says the truth',
  no: 'refuses the proof',
  dead: 'calls the block dead',
  silent: 'is silent',
  hangs: 'hangs',
  'other chain': 'is of another chain',
} as const

type Word = keyof typeof SAYS

/** What several say, and what that comes to: who accepts, that the block is dead, or an error. */
const CASES: readonly (readonly [readonly Word[], 'go' | 'dead' | string])[] = [
  [['yes'], 'go'],
  [['yes', 'yes'], 'go'],
  ...(['no', 'dead', 'silent', 'hangs', 'other chain'] as const).flatMap((word) => [
    [['yes', word], 'go'] as const,
    [[word, 'yes'], 'go'] as const,
    [[word, word, 'yes'], 'go'] as const,
  ]),
  [['dead'], 'dead'],
  [['dead', 'dead'], 'dead'],
  [['dead', 'silent'], 'dead'],
  [['hangs', 'dead'], 'dead'],
  [['dead', 'no'], 'StepIsRight'],
  [['no', 'dead', 'dead'], 'StepIsRight'],
  [['no', 'no'], 'StepIsRight'],
  [['silent', 'no'], 'StepIsRight'],
  [['silent'], 'ethereum-silent'],
  [['hangs'], 'ethereum-silent'],
  [['silent', 'hangs'], 'ethereum-silent'],
  [['other chain', 'silent'], 'ethereum-wrong-chain'],
]

for (const [words, comesTo] of CASES) {
  test(`${words.join(', ')}: ${comesTo}`, async () => {
    const chain = new MadeUpChain()
    const endpoints = words.map((word, i) => chain.endpoint(`${word} ${i}`, LIES[SAYS[word]]))
    const tried = tryRefutation(endpoints, id, refutation, ANSWER_MS)
    if (comesTo === 'dead') return assert.equal(await tried, undefined)
    if (comesTo !== 'go') {
      return await assert.rejects(tried, (error) => error instanceof OperationError && refusalName(error) === comesTo)
    }
    const prepared = await tried
    assert.ok(prepared)
    assert.equal(prepared.call.data, data)
    assert.deepEqual(
      prepared.accepts,
      endpoints.flatMap(({ name }) => (name.startsWith('yes') ? [name] : [])),
    )
    assert.equal(prepared.accepts.length + prepared.doubts.length, words.length)
    assert.equal(prepared.reward, 10n ** 18n / 2n)
  })
}

test('all are silent: it may be tried again', async () => {
  const endpoint = new MadeUpChain().endpoint('one', LIES['is silent'])
  await assert.rejects(tryRefutation([endpoint], id, refutation, ANSWER_MS), { retry: true })
})

test('each is asked once, and by itself', async () => {
  const chain = new MadeUpChain()
  let asked = 0
  const counted = chain.endpoint('one', ({ simulate }) => ({
    simulate: (...args) => {
      asked += 1
      return simulate(...args)
    },
  }))
  const together = { ...counted, apart: () => [counted, counted] }
  await tryRefutation([counted, together], id, refutation)
  assert.equal(asked, 1)
})

test('of the estimates the greatest counts, within reason: none makes the limit too small or the transaction too dear', async () => {
  const own = refuteGas(data)
  const limitOf = async (...estimates: readonly bigint[]) => {
    const chain = new MadeUpChain()
    const endpoints = estimates.map((gas, i) => chain.endpoint(`${i}`, () => ({ estimate: async () => gas })))
    const prepared = await tryRefutation(endpoints, id, refutation)
    assert.ok(prepared)
    return { limit: prepared.call.gas, gas: prepared.gas }
  }
  const usual = (own * 3n) / 2n
  assert.deepEqual(await limitOf(300_000n), { limit: usual, gas: 300_000n })
  assert.deepEqual(await limitOf(300_000n, 21_000n), { limit: usual, gas: 300_000n })
  assert.deepEqual(await limitOf(21_000n, 300_000n), { limit: usual, gas: 300_000n })
  assert.deepEqual(await limitOf(2n * own, 300_000n), { limit: 3n * own, gas: 2n * own })
  assert.deepEqual(await limitOf(300_000n, 2n ** 60n), { limit: 6n * own, gas: 300_000n })
  assert.deepEqual(await limitOf(2n ** 60n), { limit: 6n * own, gas: 6n * own })
  const mute: Lies = { estimate: () => Promise.reject(new Error('no such method')) }
  const prepared = await tryRefutation([new MadeUpChain().endpoint('mute', () => mute)], id, refutation)
  assert.deepEqual([prepared?.call.gas, prepared?.gas], [usual, usual])
  const { proof } = refutation
  const largest = encodeRefutation({ ...refutation, proof: { ...proof, witness: new Uint8Array(120_000).fill(255) } })
  assert.equal(refuteCall(largest, 2n ** 60n).gas, TRANSACTION_GAS)
})

test('each element of blobs that a proof opens has its gas in the limit, whatever the endpoints say', () => {
  const { proof } = refutation
  const withOpening = (opening: Uint8Array, count = 1) => {
    const hashes = Array.from({ length: count }, () => ZERO_HASH)
    return encodeRefutation({ ...refutation, proof: { ...proof, hashes, opening } })
  }
  // Four elements of entries, and one to twenty of a step.
  for (const elements of [1, 8, 20]) {
    const opening = new Uint8Array(4 * 128 + elements * 97)
    const [inBlobs, inCalldata] = [refuteGas(withOpening(opening)), refuteGas(withOpening(opening, 0))]
    const more = inBlobs - inCalldata - 32n * 40n // the hash
    assert.ok(more >= 53_400n * BigInt(4 + elements), `${elements}: ${more}`)
    assert.ok(more <= 53_400n * BigInt(6 + elements), `${elements}: ${more}`)
    assert.ok(refuteCall(withOpening(opening)).gas >= (inBlobs * 3n) / 2n)
  }
})

test('once one accepts it, what hangs is hardly waited for', { timeout: 20_000 }, async () => {
  const chain = new MadeUpChain()
  const endpoints = [chain.endpoint('hangs', LIES['hangs']), chain.endpoint('honest')]
  assert.deepEqual((await tryRefutation(endpoints, id, refutation, 30_000))?.accepts, ['honest'])
})

test('of the bonds that are said the least counts as the reward', async () => {
  const chain = new MadeUpChain()
  const bonds = [10n ** 18n, 10n ** 17n, 10n ** 19n]
    .map(toWei)
    .map((bond) =>
      chain.endpoint(`${bond}`, ({ record }) => ({ record: async (block) => ({ ...(await record(block)), bond }) })),
    )
  assert.equal((await tryRefutation(bonds, id, refutation))?.reward, 10n ** 17n / 2n)
})

test('who killed the block: us by a receipt, others without one', async (t) => {
  const { scene, run } = open(t)
  scene.chain.isDead = true
  const before = run()
  await scene.mineUntil('its end', () => before.end.kill !== undefined)
  assert.deepEqual(before.end.kill, { by: 'others' })
  assert.equal(scene.chain.included.length, 0)
  scene.chain.isDead = false
  const after = run()
  await scene.mineUntil('its end', () => after.end.kill !== undefined)
  assert.ok(after.end.kill?.by === 'us')
  assert.equal(after.end.kill.receipt.hash, scene.chain.included[0]?.hash)
})

test('a refutation without effect has failed, and one about which endpoints differ is looked at again', async (t) => {
  const { scene, run } = open(t)
  scene.chain.isWrong = false
  const first = run()
  await scene.mineUntil('its end', () => first.end.code !== undefined)
  assert.equal(first.end.code, 'refutation-failed')
  scene.chain.isWrong = true
  const second = run('calls the block alive for ever')
  await scene.mineUntil('its end', () => second.end.code !== undefined)
  assert.equal(second.end.code, 'ethereum-disagreement')
  assert.ok(scene.chain.isDead)
})

test('a proof that nobody accepts is refused with the reason', async () => {
  const chain = new MadeUpChain()
  const reason: Lies = { simulate: () => Promise.reject(refusal('AlreadyFinal')) }
  await assert.rejects(tryRefutation([chain.endpoint('one', () => reason)], id, refutation), {
    code: 'bridge-refused',
    facts: { error: 'AlreadyFinal' },
  })
})

function open(t: TestContext) {
  const scene = new Scene(t)
  const stop = new AbortController()
  t.after(() => stop.abort(new Error('enough')))
  const run = (lie: keyof typeof LIES = 'says the truth') => {
    const end: { kill?: Awaited<ReturnType<typeof sendRefutation>>; code?: string } = {}
    const endpoints = [scene.chain.endpoint('one'), scene.chain.endpoint('two', LIES[lie])]
    sendRefutation(scene.sender(), id, refuteCall(data), { signal: stop.signal, endpoints }).then(
      (kill) => {
        end.kill = kill
      },
      (error: { code: string }) => {
        end.code = error.code
      },
    )
    return { end }
  }
  return { scene, run }
}
