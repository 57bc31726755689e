// Every kind of lie that a drill tells: the bridge refuses it, or one proof of the expected problem kills it.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { concat } from '../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { type Infohash, parseInfohash } from '../../../node/protocol/ids.ts'
import { signDigest } from '../../../node/protocol/signature.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import type { TransactionBody } from '../../../node/protocol/typed-data.ts'
import { type Account, accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { honestSteps } from '../../../scripts/devnet/drill/honest.ts'
import { LIE_KINDS, LIES, tellLie, usualMode } from '../../../scripts/devnet/drill/lies.ts'
import { needOf, type Scene } from '../../../scripts/devnet/drill/scene.ts'
import { proofOf } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { founder, genesisTransaction, HOUR } from '../../support/contract/fixture.ts'
import { Stage } from '../../support/contract/stage.ts'
import { waitingAfter } from '../../support/queue.ts'

const stage = await Stage.start('bridge')
const { fixture, rules } = stage
const liar = accountOf('liar')
const holder = fixture.account(0)
let time = 1_767_225_600

fixture.pass(HOUR)
const [gift, toEthereum] = [10_000n, 1_000_000n]
const genesis = genesisInfohash(genesisTransaction)
const first = transfer(founder, { to: liar.address, tokens: gift, prev: [genesis] })
const second = transfer(founder, { to: liar.address, tokens: gift, prev: [first.infohash] })
const out = transfer(founder, {
  to: rules.bridge,
  bridge: { chain: rules.chain, to: holder },
  tokens: toEthereum,
  prev: [second.infohash],
})
const spending = transfer(liar, { to: founder.address, tokens: 1n, prev: [first.infohash] })
const contract = fixture.account(7)
const entry = await stage.enter(gift, liar.address, contract)
await stage.extend([entry, ...[first, second, out, spending].map(({ step }) => step)], { isFinal: true })
await fixture.claim(stage.tip.block, proofOf(stage.tip.block, 3))
await stage.deposit(10_000n, liar.address, holder)
await stage.enter(10_000n, liar.address, contract)
const never = parseInfohash('77'.repeat(20))
await stage.force(transfer(liar, { to: founder.address, tokens: 1n, prev: [never] }).packed)
await stage.force(transfer(liar, { to: founder.address, tokens: 1n, prev: [spending.infohash] }).packed)
fixture.pass(HOUR)
const start = fixture.chain.time
let back = await stage.snapshot()

after(() => stage[Symbol.asyncDispose]())
beforeEach(async () => {
  await back()
  back = await stage.snapshot()
  fixture.chain.time = start
})

function transfer(from: Account, body: Omit<TransactionBody, 'time'>) {
  time += 1
  const { packed, infohash } = pay(from, { ...body, time }, rules)
  return { packed, infohash, step: concat(Uint8Array.of(4), packed) }
}

function scene(change: Partial<Scene> = {}): Scene {
  const { block, state } = stage.tip
  const parent = { id: block.id, header: block.header, state }
  const queue = waitingAfter(stage.queue, block.header.lanes)
  const spent: readonly Infohash[] = [first.infohash]
  const signer = { address: liar.address, sign: (digest: Uint8Array) => signDigest(digest, liar.key) }
  const honest = honestSteps(rules, parent, queue, [])
  return { rules, parent, queue, overdue: true, honest, liar: signer, spent, time, ...change }
}

// Those that only a block in blobs can tell are told on a chain that carries blobs: `test/adversarial/every-lie.test.ts`.
for (const kind of LIE_KINDS.filter((each) => usualMode(each) === 'calldata')) {
  const { about, expected } = LIES[kind]
  test(`${kind}, ${about}: ${'refused' in expected ? `refused (${expected.refused})` : `killed (${expected.problem})`}`, async () => {
    const { steps, states } = tellLie(kind, scene())
    const block = stage.draft(steps, states)
    if ('refused' in expected) return await assertReverts(fixture.publish(stage.tip.block, block), expected.refused)
    await stage.publish(block)
    const verdict = stage.judge(block)
    assert(verdict.verdict === 'invalid', verdict.verdict)
    assert.equal(verdict.problem, expected.problem)
    const refutation = stage.refutationOf(block)
    assert(refutation)
    const [event] = fixture.events(await fixture.prove(refutation), 'BlockRefuted')
    assert.equal(event?.args.id, block.id)
  })
}

test('where there is nothing to lie about, it is said what is missing', () => {
  const poor = { ...scene().liar, address: accountOf('poor').address }
  const needs = new Map<string, string | undefined>()
  const bare = scene({ queue: [], honest: [], spent: [], overdue: false, liar: poor })
  for (const kind of LIE_KINDS) {
    try {
      tellLie(kind, bare)
    } catch (error) {
      needs.set(kind, needOf(error))
    }
  }
  assert.equal(needs.get('overspend'), 'money')
  assert.equal(needs.get('spent-in-ancestor'), 'spent-output')
  assert.equal(needs.get('deposit-lost'), 'deposit')
  assert.equal(needs.get('entry-lost'), 'entry')
  assert.equal(needs.get('forced-void'), 'valid-forced')
  assert.equal(needs.get('forced-applied'), 'invalid-forced')
  assert.equal(needs.get('forced-ignored'), 'overdue-entry')
  assert.ok([...needs.values()].every((need) => need !== undefined))
  assert.equal(stateRoot(bare.parent.state), bare.parent.header.state)
})
