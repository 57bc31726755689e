// What becomes of a block that was found, case by case: a lie of somebody else must not waste it, and a right block beside it ends it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Fate, fateOf } from '../../../miner/held.ts'
import { type Publication, publicationId } from '../../../miner/journal.ts'
import type { Prospect } from '../../../miner/planner.ts'
import type { Decision } from '../../../miner/profit.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { encodeSealed, genesisBlock } from '../../../node/protocol/header.ts'
import { type Hash, type Infohash, keyOf, parseHash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { NO_LENGTHS } from '../../../node/protocol/queue.ts'
import { encodeStep } from '../../../node/protocol/step.ts'
import { workOf } from '../../../node/protocol/target.ts'
import { toBaseUnits, toGasPrice, toTime, toWei, toWork } from '../../../node/protocol/units.ts'
import { accountOf, pay, World } from '../../../scripts/assure/models/world.ts'

const { rules } = new World(1)
const TARGET = 2n ** 240n
const parent = hash('11')
const other = hash('22')
const first = hash('33')
const last = hash('44')

const EARNED = { stepCount: 1, requestCount: 1, fee: toBaseUnits(10n ** 16n) }
const sealed = block(1n)
const held: Publication = {
  version: 2,
  stage: 'submitted',
  foundMs: 0,
  sinceMs: 0,
  parent: sealed,
  sealed,
  body: { steps: requestStep(), states: new Uint8Array(32) },
  fee: toBaseUnits(1n),
  attempts: [],
  bond: toWei(0n),
}
const id = publicationId(held)

type Case = {
  readonly held?: Partial<Publication>
  readonly published?: boolean
  readonly refuted?: boolean
  readonly finalHeight?: bigint
  readonly children?: { readonly first: Hash; readonly last: Hash }
  readonly blocks?: readonly { readonly id: Hash; readonly verdict: string; readonly refuted?: boolean }[]
  readonly prospect?: Partial<Prospect>
  readonly longestWaitMs?: number
  readonly defence?: Decision
  readonly races?: readonly Hash[]
}

const wrong = { id: first, verdict: 'invalid' }
const siblings = { first, last }
const beside = { last, target: TARGET }

const empty = {
  defends: other,
  sealed: block(1n, false),
  body: { steps: new Uint8Array(), states: new Uint8Array() },
  fee: toBaseUnits(0n),
}
const forRace = { defends: { first: other, least: workOf(TARGET) } }
const worth: Decision = { publish: true, code: 'defence', reason: 'worth it', cost: toWei(1n) }

const CASES: readonly (readonly [what: string, given: Case, expected: Fate['do'], reason?: RegExp])[] = [
  ['nothing beside it', {}, 'publish'],
  ['it was sent', { held: { attempts: [attempt()] }, refuted: true }, 'publish'],
  ['somebody published it', { published: true, refuted: true }, 'publish'],
  ['it is the child by now', { children: { first: id, last: id }, blocks: [{ id, verdict: 'valid' }] }, 'publish'],
  [
    'a right one came first',
    { children: siblings, blocks: [{ id: first, verdict: 'valid' }] },
    'give up',
    /published first/,
  ],
  [
    'a right one behind a wrong one',
    { children: siblings, blocks: [wrong, { id: last, verdict: 'valid' }] },
    'give up',
  ],
  [
    'one that is not judged yet',
    { children: siblings, blocks: [{ id: first, verdict: 'unknown' }] },
    'hold',
    /being judged/,
  ],
  ['one that the node has not seen', { children: siblings }, 'hold', /being judged/],
  [
    'a right one that was refuted',
    { children: siblings, blocks: [{ id: first, verdict: 'valid', refuted: true }] },
    'hold',
  ],
  ['wrong ones of its target', { children: siblings, blocks: [wrong], prospect: { beside } }, 'publish'],
  [
    'wrong ones of another',
    { children: siblings, blocks: [wrong], prospect: { beside: { last, target: 1n } } },
    'hold',
    /is wrong/,
  ],
  [
    'too late beside them',
    { children: siblings, blocks: [wrong], prospect: { beside, obstacle: 'late' } },
    'hold',
    /is wrong/,
  ],
  ['its parent was refuted', { refuted: true }, 'give up', /parent is out/],
  ['its height is final', { finalHeight: 1n }, 'give up', /parent is out/],
  ['the node builds elsewhere', { prospect: { parent: other } }, 'hold', /builds on/],
  ['its race wants it', { held: empty, prospect: forRace, defence: worth, races: [other] }, 'publish'],
  ['its race is worth nothing now', { held: empty, races: [other] }, 'hold', /a block is found/],
  ['its race was not looked at yet', { held: empty }, 'hold', /a block is found/],
  ['its race is over', { held: empty, races: [first] }, 'give up', /race is over/],
  [
    'its race is over, and the node builds elsewhere',
    { held: empty, races: [], prospect: { parent: other } },
    'give up',
    /is over/,
  ],
  [
    'its race is not over, and the node builds elsewhere',
    { held: empty, races: [other], prospect: { parent: first } },
    'hold',
    /builds on/,
  ],
  [
    'its branch would not be ahead with it',
    {
      held: empty,
      prospect: { defends: { first: other, least: toWork(workOf(TARGET) + 1n) } },
      defence: worth,
      races: [other],
    },
    'give up',
    /not be ahead/,
  ],
  [
    'it was found for its requests, and a race wants a block there',
    { prospect: forRace, defence: worth, longestWaitMs: 10 ** 12 },
    'publish',
  ],
  [
    'a right one came before a defence',
    { held: empty, children: siblings, blocks: [{ id: first, verdict: 'valid' }], prospect: forRace, defence: worth },
    'give up',
    /published first/,
  ],
  ['it is not worth its gas yet', { longestWaitMs: 10 ** 12 }, 'hold', /a block is found/],
]

for (const [what, given, expected, reason] of CASES) {
  test(`${what}: ${expected}`, async (t) => {
    const fate = await judge(given, t.signal)
    assert.equal(fate.do, expected)
    if (fate.do !== 'publish') assert.match(fate.reason, reason ?? /./)
  })
}

test('who it is sent beside is looked up anew each time', async (t) => {
  const stale = { beside: other }
  const now = await judge({ held: stale, children: siblings, blocks: [wrong], prospect: { beside } }, t.signal)
  assert.equal(now.do === 'publish' && now.entry.beside, last)
  const alone = await judge({ held: stale }, t.signal)
  assert.equal(alone.do === 'publish' && alone.entry.beside, undefined)
  // What is on its way stays what was signed.
  const sent = await judge({ held: { ...stale, attempts: [attempt()] } }, t.signal)
  assert.equal(sent.do === 'publish' && sent.entry.beside, other)
})

async function judge(given: Case, signal: AbortSignal): Promise<Fate> {
  const { published = false, refuted = false, finalHeight = 0n, children, blocks = [] } = given
  const seen = blocks.map((each) => ({ parent, refuted: false, ...each }))
  const node: NodeClient = { url: 'none', call: async () => ({ blocks: seen }) as never } // the one method that is asked for
  const record = { isRefuted: false, isFinal: false, isUnpaid: false, bond: toWei(0n), fee: toBaseUnits(0n) }
  const standing = {
    finalBlock: ZERO_HASH,
    finalHeight,
    lanes: NO_LENGTHS,
    publishedAt: toTime(1n),
    isRefuted: refuted,
  }
  const ethereum = {
    record: async () => ({ ...record, publishedAt: toTime(published ? 1n : 0n) }),
    standing: async () => {
      const ends = children && { first: keyOf(children.first), last: keyOf(children.last) }
      return { ...standing, ...(ends ? { children: ends } : {}) }
    },
  }
  const policy = { weiPerTtx: 0n, gasPrice: toGasPrice(1n), marginPercent: 0n, extraGas: 0n, unpaidSteps: 0 }
  const { defence, races, longestWaitMs = 0 } = given
  const known = { ...(defence ? { defence } : {}), ...(races ? { races: new Set(races) } : {}) }
  const moment = { nowMs: 1_000, longestWaitMs, ...known }
  const planner = { rules: async () => rules }
  const deps = { node, ethereum, planner }
  return await fateOf(deps, { ...held, ...given.held }, { parent, policy, ...given.prospect }, moment, signal)
}

/** With one request that earns something, or without any steps. */
function block(height: bigint, earns = true): Uint8Array {
  const { header } = genesisBlock({ ...rules, easiestTarget: TARGET, state: ZERO_HASH })
  const seal = { miner: rules.token, nonce: ZERO_HASH }
  return encodeSealed({ header: { ...header, parent, height, target: TARGET, ...(earns ? EARNED : {}) }, seal })
}

function requestStep(): Uint8Array {
  const holder = accountOf('holder')
  const bridge = { chain: rules.chain, to: holder.address }
  const prev = ['00'.repeat(20) as Infohash]
  const { packed } = pay(holder, { to: rules.bridge, tokens: 10n ** 18n, time: 1, prev, bridge }, rules)
  return encodeStep({ kind: 'transaction', packed })
}

function attempt(): Publication['attempts'][number] {
  const fees = { maxFeePerGas: toGasPrice(1n), maxPriorityFeePerGas: toGasPrice(1n) }
  return { hash: hash('55'), raw: '0x00', nonce: 0, fees, isCancel: false, sentMs: 0 }
}

function hash(byte: string): Hash {
  return parseHash(`0x${byte.repeat(32)}`)
}
