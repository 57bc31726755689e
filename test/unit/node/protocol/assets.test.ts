// Other assets than TTX, by the rules: who can have them, what becomes of them, and that nothing of one is ever something of another.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { applyStep } from '../../../../node/protocol/apply.ts'
import { type Asset, decodeAsset, encodeAsset } from '../../../../node/protocol/asset.ts'
import { decodeOutputs, encodeOutputs } from '../../../../node/protocol/block-torrent.ts'
import { concat, encodeUint, formatHex } from '../../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { type Address, type Infohash, toInfohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import { depositTransaction } from '../../../../node/protocol/queue.ts'
import { MAX_TOKENS, SUPPLY } from '../../../../node/protocol/rules.ts'
import {
  balanceOf,
  balancesOf,
  entryKey,
  outputsOf,
  outputValue,
  type State,
  stateOf,
  stateRoot,
} from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import type { TransactionBody } from '../../../../node/protocol/typed-data.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { verifyPacked } from '../../../../node/protocol/verify.ts'
import {
  type Account,
  accountOf,
  genesisOf,
  pay,
  RULES,
  signBody,
  World,
} from '../../../../scripts/assure/models/world.ts'

const [alice, bob, carol] = [accountOf('alice'), accountOf('bob'), accountOf('carol')]
const [gold, silver] = [accountOf('gold').address, accountOf('silver').address]
const genesis = genesisOf(alice)
const start = genesisState(genesis)
const first = genesisInfohash(genesis)

type Body = Omit<TransactionBody, 'time'>

function step(from: Account, body: Body): { readonly bytes: Uint8Array; readonly infohash: Infohash } {
  const signed = signBody(from, { time: 1, ...body })
  const bytes = encodeStep({ kind: 'transaction', packed: packTransaction(signed) })
  return { bytes, infohash: infohashOf(encodeTransaction(signed)) }
}

/** The state after a step that has to be right. */
function right(state: State, bytes: Uint8Array, index = 0n): State {
  const applied = applyStep(RULES, state, index, bytes)
  assert.equal(applied.reason, 'None')
  return applied.state
}

function reasonOf(state: State, from: Account, body: Body): string {
  const applied = applyStep(RULES, state, 0n, step(from, body).bytes)
  assert.ok(applied.reason === 'None' || applied.state === state)
  return applied.reason
}

function entered(amount: bigint, to: Address, asset: Address, fee = 7n): Uint8Array {
  return encodeStep({ kind: 'entered', entry: { kind: 'entered', fee: toGwei(fee), amount, to, asset } })
}

/** The infohash of entry `index` of the lane. */
function entryInfohash(index: bigint, amount: bigint, to: Address, asset: Address): Infohash {
  const entry = { kind: 'entered', fee: toGwei(7n), amount, to, asset } as const
  return infohashOf(encodeTransaction(depositTransaction(RULES, index, entry)))
}

describe('what a contract entered', () => {
  const rich = right(start, entered(1_000n, bob.address, gold), 3n)
  const input = entryInfohash(3n, 1_000n, bob.address, gold)

  test('is credited whole, and is not TTX', () => {
    assert.equal(balanceOf(rich, bob.address, gold), 1_000n)
    assert.equal(outputValue(rich, input, bob.address, gold), 1_000n)
    assert.deepEqual([balanceOf(rich, bob.address), outputValue(rich, input, bob.address)], [0n, 0n])
    assert.deepEqual([balanceOf(rich, bob.address, silver), balanceOf(rich, alice.address)], [0n, SUPPLY])
  })

  test('is paid on, in part, and the rest comes back', () => {
    const { bytes, infohash } = step(bob, { to: carol.address, tokens: 400n, asset: gold, prev: [input] })
    const after = right(rich, bytes)
    assert.deepEqual(
      outputsOf(after)
        .filter(({ asset }) => asset === gold)
        .map(({ owner, value }) => [owner, value])
        .toSorted(),
      [
        [carol.address, 400n],
        [bob.address, 600n],
      ].toSorted(),
    )
    assert.deepEqual([balanceOf(after, bob.address, gold), balanceOf(after, carol.address, gold)], [600n, 400n])
    assert.equal(outputValue(after, infohash, carol.address, gold), 400n)
  })

  test('is spent by its owner alone, as itself alone, and once', () => {
    const body = { to: carol.address, tokens: 400n, prev: [input] }
    assert.equal(reasonOf(rich, alice, { ...body, asset: gold }), 'MissingInput')
    for (const asset of [undefined, silver, toInfohash(encodeAsset(gold).subarray(1))] as const)
      assert.equal(reasonOf(rich, bob, asset === undefined ? body : { ...body, asset }), 'MissingInput')
    assert.equal(reasonOf(rich, bob, { ...body, asset: gold, tokens: 1_001n }), 'Overspend')
    const spent = right(rich, step(bob, { ...body, asset: gold }).bytes)
    assert.equal(reasonOf(spent, bob, { ...body, asset: gold, tokens: 1n }), 'MissingInput')
  })

  test('leaves by a request of any amount, but to nobody who could not have it', () => {
    const ask = (to: Address, asset: Asset = gold): Body => {
      return { to: RULES.bridge, bridge: { chain: RULES.chain, to }, tokens: 1n, asset, prev: [input] }
    }
    assert.equal(reasonOf(rich, bob, ask(carol.address)), 'None')
    assert.equal(balanceOf(right(rich, step(bob, ask(carol.address)).bytes), bob.address, gold), 999n)
    for (const to of [gold, RULES.bridge, RULES.token]) assert.equal(reasonOf(rich, bob, ask(to)), 'BadPayee')
    assert.equal(reasonOf(rich, bob, ask(carol.address, input)), 'BadAsset')
  })

  test('is nothing more where it does not fit, and nothing is ever wrong about that', () => {
    const full = right(start, entered(MAX_TOKENS, bob.address, gold), 0n)
    const [more, other] = [entered(1n, bob.address, gold), entered(1n, bob.address, silver)]
    assert.equal(stateRoot(right(full, more, 1n)), stateRoot(full))
    assert.equal(balanceOf(right(full, other, 1n), bob.address, silver), 1n)
    const two = right(full, entered(MAX_TOKENS, carol.address, gold), 1n)
    const prev = [entryInfohash(1n, MAX_TOKENS, carol.address, gold)]
    assert.equal(reasonOf(two, carol, { to: bob.address, tokens: 1n, asset: gold, prev }), 'Overflow')
    assert.equal(stateRoot(right(start, entered(0n, bob.address, gold))), stateRoot(start))
  })
})

describe('an issuance', () => {
  const body: Body = { to: bob.address, tokens: 500n, issuance: true, memo: 'COIN 0', prev: [first] }
  const { bytes, infohash } = step(alice, body)
  const after = right(start, bytes)

  test('creates what it says of an asset of its own name, and costs its sender nothing', () => {
    assert.deepEqual([balanceOf(after, bob.address, infohash), balanceOf(after, alice.address)], [500n, SUPPLY])
    assert.equal(outputValue(after, infohash, alice.address), SUPPLY)
    assert.equal(outputValue(after, infohash, bob.address), 0n)
  })

  test('to oneself leaves two outputs of one transaction and one owner, each to be spent as what it is', () => {
    const own = step(alice, { ...body, to: alice.address })
    const state = right(start, own.bytes)
    const paid = { to: bob.address, tokens: 1n, prev: [own.infohash] }
    const once = right(state, step(alice, { ...paid, asset: own.infohash }).bytes)
    assert.equal(outputValue(once, own.infohash, alice.address), SUPPLY)
    const twice = right(once, step(alice, paid).bytes)
    assert.deepEqual([balanceOf(twice, bob.address, own.infohash), balanceOf(twice, bob.address)], [1n, 1n])
  })

  test('happens once, and is of somebody who has TTX', () => {
    assert.equal(applyStep(RULES, after, 0n, bytes).reason, 'MissingInput')
    assert.equal(reasonOf(after, bob, { ...body, prev: [infohash] }), 'MissingInput')
    assert.equal(reasonOf(start, alice, { ...body, tokens: 0n }), 'ZeroTokens')
    for (const to of [RULES.bridge, `0x${'0'.repeat(40)}` as Address])
      assert.equal(reasonOf(start, alice, { ...body, to }), 'BadPayee')
    assert.equal(reasonOf(start, alice, { ...body, tokens: MAX_TOKENS }), 'None')
  })

  test('makes coins that are paid on, and that cannot leave', () => {
    const paid = { to: carol.address, tokens: 500n, asset: infohash, prev: [infohash] }
    assert.equal(balanceOf(right(after, step(bob, paid).bytes), carol.address, infohash), 500n)
    const bridge = { chain: RULES.chain, to: carol.address }
    assert.equal(reasonOf(after, bob, { ...paid, to: RULES.bridge, bridge }), 'BadAsset')
  })
})

test('names have preimages of four lengths, and no asset the name of another', () => {
  const owner = alice.address
  const issued = toInfohash(encodeAsset(gold).subarray(1))
  const names = [undefined, gold, issued].flatMap((asset) => {
    const of = asset === undefined ? {} : { asset }
    return [
      { owner, infohash: first, ...of },
      { owner, ...of },
    ]
  })
  const keys = names.map((name) => formatHex(entryKey(name)))
  assert.equal(new Set(keys).size, 6)
  assert.equal(new Set(keys.map((key) => key.slice(0, 40))).size, 6)
})

test('a signed form is nothing else, whichever of its bits is another', () => {
  const forms: Body[] = [
    { to: bob.address, tokens: 5n, prev: [first] },
    { to: bob.address, tokens: 5n, asset: gold, prev: [first] },
    { to: bob.address, tokens: 5n, asset: first, prev: [first] },
    { to: bob.address, tokens: 5n, issuance: true, prev: [first] },
  ]
  for (const body of forms) {
    const { packed, infohash } = pay(alice, { time: 1, ...body })
    for (let bit = 0; bit < 8 * packed.length; bit++) {
      const changed = packed.with(bit >> 3, (packed[bit >> 3] ?? 0) ^ (1 << (bit & 7)))
      const verified = verifyPacked(RULES, changed)
      if (typeof verified === 'string') continue
      assert.notEqual(verified.tx.from, alice.address, `bit ${bit}`)
      assert.notEqual(verified.infohash, infohash)
    }
  }
})

describe('a snapshot', () => {
  test('has outputs and balances in groups by asset, TTX first, and comes back from its bytes', () => {
    const world = new World(77)
    for (let i = 0; i < 120; i++) world.apply(world.step())
    const outputs = outputsOf(world.state)
    const groups = [...new Set(outputs.map(({ asset }) => asset))]
    assert.ok(groups.length > 4)
    assert.equal(groups[0], undefined)
    const hexes = groups.map((asset) => formatHex(encodeAsset(asset)))
    assert.deepEqual(hexes, hexes.toSorted())
    assert.deepEqual([...new Set(balancesOf(world.state).map(({ asset }) => asset))], groups)
    const bytes = encodeOutputs(outputs)
    assert.equal(bytes.length, 29 * groups.length + 56 * outputs.length)
    assert.deepEqual(decodeOutputs(bytes), outputs)
    assert.equal(stateRoot(stateOf(decodeOutputs(bytes))), stateRoot(world.state))
  })

  test('is refused where a group is cut short, empty, of no kind, or of more than there can be', () => {
    const record = (value: bigint) => concat(new Uint8Array(40).fill(1), encodeUint(value, 16))
    const group = (kind: number, count: number, ...records: Uint8Array[]) => {
      const id = new Uint8Array(20).fill(kind)
      return concat(Uint8Array.of(kind), id, encodeUint(count, 8), ...records)
    }
    assert.equal(decodeOutputs(group(2, 1, record(1n))).length, 1)
    const bad = [
      group(2, 0),
      group(2, 2, record(1n)),
      group(2, 1, record(0n)),
      group(1, 1, record(1n)),
      group(0, 1, record(1n)).with(20, 1),
      group(2, 1, record(1n)).slice(0, -1),
      new Uint8Array(28),
      concat(group(2, 1, record(1n)), Uint8Array.of(0)),
      concat(Uint8Array.of(2), new Uint8Array(20), new Uint8Array(8).fill(255), record(1n)),
    ]
    for (const bytes of bad) assert.throws(() => decodeOutputs(bytes), { code: 'bad-snapshot' }, formatHex(bytes))
    const twice = concat(group(2, 1, record(MAX_TOKENS)), group(2, 1, record(1n).with(0, 2)))
    assert.throws(() => stateOf(decodeOutputs(twice)), { code: 'bad-snapshot' })
  })
})

test('an asset is told by its text, and comes back from its bytes', () => {
  for (const asset of [gold, first]) assert.equal(decodeAsset(encodeAsset(asset)), asset)
  for (const kind of [0, 1, 4, 255]) assert.equal(decodeAsset(new Uint8Array(21).with(0, kind)), undefined)
})
