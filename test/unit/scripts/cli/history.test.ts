// ttx history: directions, names, fees and dates; pages; and a CSV that no spreadsheet executes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Asset } from '../../../../node/protocol/asset.ts'
import type { Hash, Infohash } from '../../../../node/protocol/ids.ts'
import { encodeTransaction, type Transaction } from '../../../../node/protocol/transaction.ts'
import { RULES, signBody, signOffer } from '../../../../scripts/assure/models/world.ts'
import { formatCsv } from '../../../../scripts/cli/history/csv.ts'
import { historyEntry } from '../../../../scripts/cli/history/entry.ts'
import { alice, bob, carol, NOW_MS, openTown } from './town.ts'

const UNIT = 10n ** 18n
const prev = ['12'.repeat(20) as Infohash]
const gold = 'ab'.repeat(20) as Infohash

test('an account sees when, how much, with whom by name, the fee of a request, and what became of it', async (t) => {
  const { run, json } = await openTown(t)
  await json('contact', 'add', 'carol', carol.address)
  const toCarol = await json('send', '2.5', 'carol', '--memo', '=1+1')
  const toBob = await json('send', '1', 'bob')
  const { infohash } = await json('bridge', '100')
  const own = await json('history')
  const [request, payment, first, genesis] = own.entries
  const seen = { time: NOW_MS / 1_000, timeOf: 'node' }
  assert.deepEqual(request, {
    ...{
      infohash,
      status: 'accepted',
      ...seen,
      kind: 'request',
      direction: 'out',
      amount: `${100n * UNIT}`,
      fee: `${UNIT}`,
    },
    ...{ counterparty: alice.address, name: 'wallet alice' },
  })
  assert.deepEqual([payment.infohash, payment.name, payment.fee], [toBob.infohash, 'wallet bob', '0'])
  assert.deepEqual(
    [first.infohash, first.name, first.memo, first.direction],
    [toCarol.infohash, 'contact carol', '=1+1', 'out'],
  )
  assert.deepEqual([genesis.kind, genesis.direction, genesis.status], ['genesis', 'in', 'final'])
  const [received] = (await json('history', 'bob')).entries
  assert.deepEqual([received.direction, received.counterparty, received.amount], ['in', alice.address, `${UNIT}`])
  const { out } = await run(['history'])
  assert.match(
    out,
    /^2027-01-15 08:00:00 UTC \(seen\) +accepted +-100 TTX +to Ethereum, for 0x\w{40} \(wallet alice\), fee 1 TTX +[0-9a-f]{40}$/m,
  )
  assert.match(out, /-2\.5 TTX +to 0x\w{40} \(contact carol\) +"=1\+1"/)
})

test('pages follow each other without gap or repetition, and the last one says no cursor', async (t) => {
  const { json, run } = await openTown(t)
  for (const amount of ['1', '2', '3']) await json('send', amount, 'bob')
  const whole = (await json('history')).entries.map(({ infohash }: { infohash: string }) => infohash)
  const paged: string[] = []
  let before: string[] = []
  for (;;) {
    const { entries, cursor } = await json('history', '--limit', '2', ...before)
    paged.push(...entries.map(({ infohash }: { infohash: string }) => infohash))
    if (cursor === undefined) break
    before = ['--before', cursor]
  }
  assert.deepEqual(paged, whole)
  assert.match((await run(['history', '--limit', '2'])).out, /^older +--before \d+$/m)
  assert.match((await run(['history', '--before', '0'])).out, /no older transactions/)
  assert.match((await run(['history', '--before', 'x'])).err, /Expected the cursor that the page before gave/)
  assert.match((await run(['history', carol.address])).out, /no transactions of 0x/)
})

test('a CSV has a header, lines that end with CRLF, and no formula; not along with --json', async (t) => {
  const { run, json } = await openTown(t)
  await json('send', '2.5', 'bob', '--memo', '=1+1,2')
  const { out, err } = await run(['history', '--csv', '--limit', '1'])
  const [head, line, end] = out.split('\r\n')
  assert.equal(head, 'time,time_of,status,kind,direction,amount,fee,unit,asset,counterparty,name,memo,infohash,block')
  assert.match(
    line ?? '',
    /^2027-01-15T08:00:00\.000Z,node,accepted,payment,out,2\.5,0,TTX,,0x[0-9a-f]{40},wallet bob,"'=1\+1,2",[0-9a-f]{40},$/,
  )
  assert.equal(end, '')
  assert.match(err, /^there is more: --before \d+\n$/)
  assert.equal((await json('history', '--csv')).error.code, 'bad-arguments')
})

test('cells with quotes, commas and line ends are quoted, and what begins like a formula begins with an apostrophe', () => {
  assert.equal(formatCsv([['a', 'b"c', 'd,e', 'f\ng'], ['']]), 'a,"b""c","d,e","f\ng"\r\n\r\n')
  for (const text of ['=1', '+1', '-1', '@a', '\t=1', '\r=1', ' =1', '\uff1d1'])
    assert.match(formatCsv([[text]]), /^"?'/, JSON.stringify(text))
  assert.equal(formatCsv([['1-2', 'a=b', '0x12']]), '1-2,a=b,0x12\r\n')
})

test('each kind of transaction is told as its two sides see it', () => {
  const known = (tx: Transaction, asset?: Asset) => ({
    ...{ infohash: prev[0] as Infohash, status: 'ordered' as const, missing: [], rivals: [], unorderedAncestors: 0 },
    ...{ file: encodeTransaction(tx), block: `0x${'1'.repeat(64)}` as Hash, blockTime: 5, firstSeen: 9_000_000 },
    ...(asset && { asset }),
  })
  const seen = (tx: Transaction, owner: typeof alice, asset?: Asset, moved = asset) => {
    const { kind, direction, amount, counterparty, time, timeOf } = historyEntry(known(tx, moved), owner.address, asset)
    assert.deepEqual([time, timeOf], [5, 'block'])
    return [kind, direction, amount, counterparty]
  }
  const self = signBody(alice, { to: alice.address, tokens: 5n, time: 1, prev })
  assert.deepEqual(seen(self, alice), ['payment', 'self', 5n, alice.address])
  const issuance = signBody(alice, { to: bob.address, tokens: 5n, issuance: true, time: 1, prev })
  assert.deepEqual(seen(issuance, bob, gold), ['issuance', 'in', 5n, alice.address])
  const request = signBody(alice, {
    to: RULES.bridge,
    tokens: 500n,
    bridge: { chain: RULES.chain, to: bob.address },
    time: 1,
    prev,
  })
  assert.deepEqual(seen(request, alice), ['request', 'out', 500n, bob.address])
  assert.equal(historyEntry(known(request), alice.address, undefined).fee, 5n)
  const offer = signOffer(alice, { give: { tokens: 3n }, want: { tokens: 7n, asset: gold }, time: 1, prev })
  const take: Transaction = {
    kind: 'take',
    offer,
    from: bob.address,
    prev: ['34'.repeat(20) as Infohash],
    signature: offer.signature,
    time: 1,
  }
  assert.deepEqual(seen(take, alice), ['swap', 'out', 3n, bob.address])
  assert.deepEqual(seen(take, alice, gold), ['swap', 'in', 7n, bob.address])
  assert.deepEqual(seen(take, bob), ['swap', 'in', 3n, alice.address])
  assert.deepEqual(seen(take, bob, gold), ['swap', 'out', 7n, alice.address])
  const deposit: Transaction = {
    kind: 'deposit',
    deposit: { bridge: RULES.bridge, chain: RULES.chain, index: 3n },
    to: bob.address,
    tokens: 9n,
  }
  assert.deepEqual(seen(deposit, bob), ['deposit', 'in', 9n, undefined])
  const { file: _file, ...missing } = known(self)
  assert.deepEqual(historyEntry(missing, alice.address, undefined).kind, undefined)
})

test('a text is no formula either where a spreadsheet separates cells by something else than commas', () => {
  for (const text of ['thanks;=1+1', 'a\t@SUM(A1)', 'x; +2', 'y;"-3', 'z|=cmd', ';\uff1d1', 'b;c;=2']) {
    const cells = formatCsv([['2026', text]])
      .trimEnd()
      .replaceAll('"', '')
      .split(/[,;\t|]/)
    assert(!cells.some((cell) => /^\s*[=+\-@\uff1d]/.test(cell)), JSON.stringify(cells))
  }
  assert.equal(formatCsv([['one;two', 'a|b', '3 - 1']]), '"one;two",a|b,3 - 1\r\n')
})
