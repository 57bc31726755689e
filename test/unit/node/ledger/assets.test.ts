// Other assets in the ledger: entered, issued, paid on, spent twice, asked for; beside TTX and never taken for it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import { purseOf } from '../../../../node/ledger/purse.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import { MAX_TOKENS } from '../../../../node/protocol/rules.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import {
  block,
  depositOf,
  GENESIS_BLOCK,
  GENESIS_INFOHASH,
  issue,
  OWNER,
  openLedger,
  pay,
  person,
  request,
  swap,
} from './world.ts'

const ALICE = person('alice')
const BOB = person('bob')
const VAULT = person('vault').address
const entered = { kind: 'entered', fee: toGwei(3n), amount: 1_000n, to: ALICE.address, asset: VAULT } as const
const credit = depositOf(0n, entered)
const step = { index: 0n, entry: entered }

async function totals(ledger: Ledger, purse: ReturnType<typeof purseOf>) {
  const { accepted, ordered, final, pendingOut } = ledger.balance(purse)
  return [accepted, ordered, final, pendingOut]
}

test('what a contract entered waits for its block, is spendable with it, and waits again if the block dies', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const purse = purseOf(ALICE.address, VAULT)
  const paid = pay({ from: ALICE, to: BOB, tokens: 300n, prev: [credit.infohash], asset: VAULT })
  assert.deepEqual((await ledger.submit(paid.file, 'peer')).missing, [credit.infohash])
  assert.equal((await ledger.depositEntry(0n, entered)).status, 'waiting')
  await ledger.idle()
  assert.deepEqual([ledger.status(paid.infohash), ledger.balance(purse).outputs], ['waiting', 0])
  const one = block('one', 1n, [step])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [one] })
  assert.equal(ledger.status(paid.infohash), 'accepted')
  assert.deepEqual(await totals(ledger, purse), [700n, 0n, 0n, 1_000n])
  assert.deepEqual(await totals(ledger, purseOf(BOB.address, VAULT)), [300n, 0n, 0n, 0n])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  assert.deepEqual([ledger.status(credit.infohash), ledger.status(paid.infohash)], ['waiting', 'waiting'])
  assert.deepEqual(await totals(ledger, purse), [0n, 0n, 0n, 0n])
  await ledger.setBranch({ final: one.id, blocks: [one] })
  const again = await world.reopen()
  assert.deepEqual(await totals(again, purse), [700n, 0n, 0n, 1_000n])
  assert.deepEqual([again.balance(ALICE.address).outputs, again.balance(BOB.address).outputs], [0, 0])
})

test('an entry in the lane of assets is another one than the deposit of that number', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const deposit = { kind: 'deposit', gross: 1_000n, to: ALICE.address } as const
  const one = block('one', 1n, [{ index: 0n, entry: deposit }, step])
  await ledger.setBranch({ final: one.id, blocks: [one] })
  assert.notEqual(depositOf(0n, deposit).infohash, credit.infohash)
  assert.deepEqual(
    [ledger.balance(ALICE.address).final, ledger.balance(purseOf(ALICE.address, VAULT)).final],
    [990n, 1_000n],
  )
})

test('one transaction leaves one owner TTX and what it issues: each is spent by itself, and twice by nobody', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const issued = issue({ from: OWNER, to: OWNER, tokens: 5_000n, prev: [GENESIS_INFOHASH] })
  const asset = issued.infohash
  await ledger.submit(issued.file, 'peer')
  const all = ledger.balance(OWNER.address).accepted
  assert.deepEqual([all, ledger.balance(purseOf(OWNER.address, asset)).accepted], [10n ** 27n, 5_000n])
  const ofTtx = pay({ from: OWNER, to: ALICE, tokens: 7n, prev: [asset] })
  const ofAsset = pay({ from: OWNER, to: ALICE, tokens: 7n, prev: [asset], asset })
  for (const { file } of [ofTtx, ofAsset]) assert.equal((await ledger.submit(file, 'peer')).status, 'accepted')
  const twice = pay({ from: OWNER, to: BOB, tokens: 8n, prev: [asset], asset })
  const submission = await ledger.submit(twice.file, 'peer')
  assert.deepEqual([submission.status, submission.rivals], ['conflicting', [ofAsset.infohash]])
  assert.deepEqual(ledger.record(ofTtx.infohash).rivals, [])
  // The block takes the rival: TTX of the same transaction is not touched.
  const one = block('one', 1n, [issued, twice])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [one] })
  assert.deepEqual(
    [ofTtx, ofAsset, twice].map(({ infohash }) => ledger.status(infohash)),
    ['accepted', 'conflicting', 'ordered'],
  )
  await ledger.setBranch({ final: one.id, blocks: [one] })
  assert.equal(ledger.record(ofAsset.infohash).isDead, true)
  assert.deepEqual(
    await ledger.assets(OWNER.address).then(({ items }) => items.map((item) => [item.asset, item.final])),
    [[asset, 4_992n]],
  )
})

test('with an issuance goes all that was paid of it, and with it that comes back, until a rival is final', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const issued = issue({ from: OWNER, to: ALICE, tokens: 50n, prev: [GENESIS_INFOHASH] })
  const asset = issued.infohash
  const paid = pay({ from: ALICE, to: BOB, tokens: 20n, prev: [asset], asset })
  const on = pay({ from: BOB, to: OWNER, tokens: 5n, prev: [paid.infohash], asset })
  const change = pay({ from: OWNER, to: BOB, tokens: 3n, prev: [asset] })
  const rival = pay({ from: OWNER, to: BOB, tokens: 9n, prev: [GENESIS_INFOHASH] })
  const [right, wrong] = [block('right', 1n, [issued, paid, on]), block('rival', 1n, [rival])]
  const statuses = () => [issued, paid, on, change].map(({ infohash }) => ledger.status(infohash))
  const held = async () =>
    (await ledger.assets(BOB.address)).items.map(({ accepted, ordered, final }) => accepted + ordered + final)
  for (const { file } of [issued, paid, on, change]) await ledger.submit(file, 'peer')
  assert.deepEqual([statuses(), await held()], [Array(4).fill('accepted'), [15n]])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [right] })
  assert.deepEqual([statuses(), await held()], [['ordered', 'ordered', 'ordered', 'accepted'], [15n]])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [wrong] })
  assert.deepEqual([statuses(), await held()], [Array(4).fill('conflicting'), []])
  assert.deepEqual(await totals(ledger, purseOf(BOB.address)), [0n, 9n, 0n, 0n])
  await assert.rejects(ledger.selectInputs(purseOf(BOB.address, asset), 1n), { code: 'insufficient-funds' })
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [right] })
  assert.deepEqual([statuses(), await held()], [['ordered', 'ordered', 'ordered', 'accepted'], [15n]])
  await ledger.setBranch({ final: wrong.id, blocks: [wrong] })
  assert.ok([issued, paid, on, change].every(({ infohash }) => ledger.record(infohash).isDead))
  assert.deepEqual(await held(), [])
  const again = await world.reopen()
  assert.deepEqual((await again.assets(BOB.address)).items, [])
})

test('what does not exist of an asset is not spent: of another one, of more, or of an owner who has none', async () => {
  await using world = await openLedger()
  const { ledger } = world
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('one', 1n, [step])] })
  const common = { from: ALICE, to: BOB, tokens: 1n, prev: [credit.infohash] }
  const reasons = [
    [pay(common), 'MissingInput'],
    [pay({ ...common, asset: BOB.address }), 'MissingInput'],
    [pay({ ...common, from: BOB, asset: VAULT }), 'MissingInput'],
    [pay({ ...common, tokens: 1_001n, asset: VAULT }), 'Overspend'],
    [issue(common), 'MissingInput'],
  ] as const
  for (const [{ file, infohash }, reason] of reasons) {
    await assert.rejects(ledger.submit(file, 'peer'), { code: 'invalid-transaction', facts: { infohash, reason } })
  }
})

test('an issuance of more than its inputs hold is right, and twice what fits into an account is not', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const issued = issue({ from: OWNER, to: ALICE, tokens: MAX_TOKENS, prev: [GENESIS_INFOHASH] })
  assert.equal((await ledger.submit(issued.file, 'peer')).status, 'accepted')
  const entries = [0n, 1n].map((index) => ({ index, entry: { ...entered, amount: MAX_TOKENS } }))
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('one', 1n, [entries[0] ?? step])] })
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('two', 1n, [entries[1] ?? step])] })
  const prev = entries.map(({ index, entry }) => depositOf(index, entry).infohash)
  const joined = pay({ from: ALICE, to: ALICE, tokens: 1n, prev, asset: VAULT })
  const facts = { infohash: joined.infohash, reason: 'MissingInput' }
  await assert.rejects(ledger.submit(joined.file, 'peer'), { code: 'invalid-transaction', facts })
})

test('candidates of other assets come last, have no age, and their requests are no requests of TTX', async () => {
  await using world = await openLedger()
  const { ledger } = world
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('one', 1n, [step])] })
  const asked = request(ALICE, [credit.infohash], 400n, 1, VAULT)
  const first = pay({ from: OWNER, to: BOB, tokens: 5n, prev: [GENESIS_INFOHASH] })
  const second = pay({ from: BOB, to: BOB, tokens: 5n, prev: [first.infohash] })
  const third = request(OWNER, [first.infohash], 100n)
  for (const { file } of [asked, first, second, third]) await ledger.submit(file, 'peer')
  const candidates = await ledger.candidates()
  const own = candidates.find(({ infohash }) => infohash === asked.infohash)
  assert.deepEqual([own?.asset, own?.request, own?.coinAge], [VAULT, 400n, 0n])
  // Where there is no room for all, TTX goes first, also what spends nothing that is ordered.
  const few = (await ledger.candidates(3)).map(({ infohash }) => infohash)
  assert.deepEqual(new Set(few), new Set([first, second, third].map(({ infohash }) => infohash)))
  assert.deepEqual(
    (await ledger.pendingRequests()).map(({ infohash }) => infohash),
    [third.infohash],
  )
})

test('inputs, history and the list of assets are of one purse', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const issued = issue({ from: OWNER, to: ALICE, tokens: 50n, prev: [GENESIS_INFOHASH] })
  const paid = pay({ from: ALICE, to: BOB, tokens: 20n, prev: [issued.infohash], asset: issued.infohash })
  const own = pay({ from: ALICE, to: ALICE, tokens: 1n, prev: [credit.infohash], asset: VAULT })
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('one', 1n, [step, issued, paid, own])] })
  const [vault, ofIssue] = [purseOf(ALICE.address, VAULT), purseOf(ALICE.address, issued.infohash)]
  const [input] = await ledger.selectInputs(vault, 1_000n)
  assert.deepEqual([input?.infohash, input?.asset, input?.owner], [own.infohash, VAULT, ALICE.address])
  await assert.rejects(ledger.selectInputs(ofIssue, 31n), /got 30/)
  const history = async (purse: typeof vault, cursor?: number) => {
    const { items, next } = await ledger.history(purse, { limit: 1, ...(cursor === undefined ? {} : { cursor }) })
    const rows = items.map(({ infohash, direction, asset }) => [infohash, direction, asset])
    return { rows, next }
  }
  const newest = await history(vault)
  assert.deepEqual(newest.rows, [[own.infohash, 'self', VAULT]])
  assert.deepEqual((await history(vault, newest.next)).rows, [[credit.infohash, 'in', VAULT]])
  assert.deepEqual((await history(ofIssue)).rows, [[paid.infohash, 'out', issued.infohash]])
  assert.deepEqual((await history(purseOf(OWNER.address))).rows, [[issued.infohash, 'self', issued.infohash]])
  assert.deepEqual((await history(purseOf(ALICE.address))).rows, [])
  const first = await ledger.assets(ALICE.address, { limit: 1 })
  const second = await ledger.assets(ALICE.address, { limit: 1, ...(first.next ? { after: first.next } : {}) })
  const found = [...first.items, ...second.items].map(({ asset, ordered }) => [asset, ordered] as const)
  assert.deepEqual(
    new Map(found),
    new Map<Asset, bigint>([
      [VAULT, 1_000n],
      [issued.infohash, 30n],
    ]),
  )
  assert.deepEqual(await ledger.assets(ALICE.address, { ...(second.next ? { after: second.next } : {}) }), {
    items: [],
  })
})

test('a snapshot has outputs of other assets, and files of before it are believed as those of TTX are', async () => {
  await using full = await openLedger()
  const issued = issue({ from: OWNER, to: OWNER, tokens: 50n, prev: [GENESIS_INFOHASH] })
  const paid = pay({ from: OWNER, to: BOB, tokens: 20n, prev: [issued.infohash], asset: issued.infohash })
  const one = block('one', 1n, [step, issued, paid])
  await full.ledger.setBranch({ final: one.id, blocks: [one] })
  const purses = [
    purseOf(OWNER.address),
    purseOf(OWNER.address, issued.infohash),
    purseOf(BOB.address, issued.infohash),
    purseOf(ALICE.address, VAULT),
  ]
  const outputs = (await Promise.all(purses.map((purse) => full.ledger.outputs(purse)))).flat()
  await using world = await openLedger({ limits: { batchRows: 2 } })
  await world.ledger.loadSnapshot(full.ledger.branch().final, outputs)
  const ledger = await world.reopen()
  const money = () => purses.map((purse) => ledger.balance(purse))
  const before = money()
  assert.deepEqual(
    before,
    purses.map((purse) => full.ledger.balance(purse)),
  )
  for (const { file } of [paid, issued]) await ledger.submit(file, 'peer')
  await ledger.depositEntry(0n, entered)
  await ledger.idle()
  assert.deepEqual(
    [issued.infohash, paid.infohash, credit.infohash].map((infohash) => ledger.status(infohash)),
    ['final', 'final', 'final'],
  )
  assert.deepEqual(money(), before, 'nothing is counted twice')
  const on = pay({ from: BOB, to: ALICE, tokens: 20n, prev: [paid.infohash], asset: issued.infohash })
  assert.equal((await ledger.submit(on.file, 'peer')).status, 'accepted')
})

test('a swap of two other assets is a candidate as a payment of one is, and one for TTX as a payment of TTX', async () => {
  const issued = issue({ from: OWNER, to: BOB, tokens: 50n, prev: [GENESIS_INFOHASH] })
  const more = issue({ from: OWNER, to: BOB, tokens: 60n, prev: [issued.infohash] })
  const [vault, first, second] = [
    { tokens: 300n, asset: VAULT, prev: [credit.infohash] },
    { tokens: 20n, asset: issued.infohash, prev: [issued.infohash] },
    { tokens: 20n, asset: more.infohash, prev: [more.infohash] },
  ]
  const ttx = { tokens: 7n, prev: [more.infohash] }
  const swaps = [
    [swap({ maker: ALICE, give: vault, taker: BOB, want: first }), VAULT],
    [swap({ maker: BOB, give: first, taker: ALICE, want: vault }), issued.infohash],
    [swap({ maker: BOB, give: second, taker: OWNER, want: ttx }), undefined],
    [swap({ maker: OWNER, give: ttx, taker: BOB, want: second }), undefined],
  ] as const
  for (const [swapped, asset] of swaps) {
    await using other = await openLedger()
    await other.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('one', 1n, [step])] })
    for (const { file } of [issued, more, swapped]) await other.ledger.submit(file, 'peer')
    const found = (await other.ledger.candidates()).find(({ infohash }) => infohash === swapped.infohash)
    assert.deepEqual([found?.asset, found?.request], [asset, undefined])
  }
})
