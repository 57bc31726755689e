// Compares all that a ledger says with what the plain model says.

import assert from 'node:assert/strict'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import { assetOf, ownerOf, type Purse, purseOf } from '../../../../node/ledger/purse.ts'
import type { LedgerBalance } from '../../../../node/ledger/types.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import type { Address, Infohash } from '../../../../node/protocol/ids.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { PEOPLE, type World } from './random-world.ts'
import { type Beginning, fingerprintOf, halvesOf, holderOf, Reference, type Tx, type Verdict } from './reference.ts'
import { GENESIS_INFOHASH } from './world.ts'

/**
 * The model of a ledger that was found somewhere: it believes the ledger's order of arrivals, its branch, and what it refused when it
 * looked through the waiting ones, and nothing else.
 */
export async function modelOf(
  ledger: Ledger,
  world: ReadonlyMap<Infohash, Tx>,
  branch: Beginning['branch'],
): Promise<Reference> {
  const { items } = await ledger.arrivals(0, world.size + 1)
  const complete = items.map(({ infohash }) => infohash)
  const known = new Set(complete)
  const waiting = [...world.keys()].filter((one) => ledger.status(one) === 'waiting' && !known.has(one))
  const refused = new Map<Infohash, 'invalid' | 'conflicting'>()
  for (const infohash of world.keys()) {
    const status = ledger.status(infohash)
    if (!known.has(infohash) && (status === 'invalid' || status === 'conflicting')) refused.set(infohash, status)
  }
  const age = (infohash: Infohash) => ledger.record(infohash).firstSeenMs ?? 0
  return new Reference(world, GENESIS_INFOHASH, {
    complete,
    waiting: waiting.sort((a, b) => age(a) - age(b)),
    branch,
    refused,
  })
}

/** Throws an `AssertionError` at the first difference. */
export async function compare(ledger: Ledger, model: Reference, world: World): Promise<void> {
  const verdict = model.judge()
  await compareStatuses(ledger, verdict)
  await compareMoney(ledger, verdict, world)
  await compareHistory(ledger, model, world)
  await compareConflicts(ledger, verdict)
  await compareCandidates(ledger, verdict, world)
}

async function compareStatuses(ledger: Ledger, { status, dead, live, unordered }: Verdict): Promise<void> {
  const seen = new Map([...status.keys()].map((infohash) => [infohash, ledger.status(infohash)]))
  assert.deepEqual(seen, status)
  for (const infohash of dead) assert.equal(ledger.record(infohash).isDead, true)
  const summary = ledger.summary()
  assert.equal(summary.count, live.length)
  assert.equal(summary.fingerprint, fingerprintOf(live))
  assert.deepEqual(summary.unordered, { count: unordered.length, fingerprint: fingerprintOf(unordered) })
  const weight = live.reduce((sum, infohash) => sum + BigInt(ledger.file(infohash)?.length ?? 0), 0n)
  assert.equal(summary.weight, weight)
  const shared: Infohash[] = []
  for await (const infohash of ledger.infohashes()) shared.push(infohash)
  assert.deepEqual(shared, shared.toSorted())
  for (const infohash of live) assert(shared.includes(infohash))
  for (const infohash of dead) assert(!shared.includes(infohash))
  const counted: Infohash[] = []
  for await (const { infohash, isCounted } of ledger.shared()) if (isCounted) counted.push(infohash)
  assert.deepEqual(counted, live.toSorted())
}

async function compareMoney(ledger: Ledger, { outputs, pendingOut }: Verdict, world: World): Promise<void> {
  const assets = new Set<Asset | undefined>([undefined])
  for (const { tx } of world.values())
    for (const half of halvesOf(tx)) assets.add(half.isIssuance ? half.infohash : half.asset)
  const coins = [...outputs]
  for (const { address } of PEOPLE) {
    const balances = new Map<Asset, LedgerBalance>()
    for (const asset of assets) {
      const purse = purseOf(address, asset)
      const own = coins.filter(([, coin]) => coin.owner === address && coin.asset === asset)
      const found = (await ledger.outputs(purse)).map(
        ({ infohash, ...coin }) => [`${infohash} ${holderOf(coin)}`, coin] as const,
      )
      assert.deepEqual(new Map(found), new Map(own))
      const sum = (status: string) =>
        own.reduce((total, [, output]) => total + (output.status === status ? output.value : 0n), 0n)
      const balance = {
        accepted: sum('accepted'),
        ordered: sum('ordered'),
        final: sum('final'),
        pendingOut: pendingOut.get(holderOf(ofAsset({ owner: address }, asset))) ?? 0n,
        outputs: own.length,
      }
      assert.deepEqual(ledger.balance(purse), balance)
      if (asset !== undefined && (own.length > 0 || balance.pendingOut > 0n)) balances.set(asset, balance)
    }
    assert.deepEqual(await assetsOf(ledger, address), balances)
  }
}

/** Page by page. */
async function assetsOf(ledger: Ledger, owner: Address): Promise<Map<Asset, LedgerBalance>> {
  const found = new Map<Asset, LedgerBalance>()
  let after: Asset | undefined
  do {
    const { items, next } = await ledger.assets(owner, { limit: 2, ...(after === undefined ? {} : { after }) })
    for (const { asset, ...balance } of items) found.set(asset, balance)
    after = next
  } while (after !== undefined)
  return found
}

/** Of each purse the transactions that spent of it or paid into it, newest first. */
async function compareHistory(ledger: Ledger, model: Reference, world: World): Promise<void> {
  const expected = new Map<string, Infohash[]>()
  const { items } = await ledger.arrivals(0, world.size + 1)
  for (const { infohash } of items) {
    const tx = world.get(infohash)?.tx
    const payers = (tx === undefined ? [] : halvesOf(tx)).flatMap(({ from, asset }) =>
      from === undefined ? [] : [purseOf(from, asset)],
    )
    const payees = model.coinsOf(infohash).map(({ owner, asset }) => purseOf(owner, asset))
    for (const purse of new Set([...payers, ...payees])) {
      expected.set(purse, [infohash, ...(expected.get(purse) ?? [])])
    }
  }
  for (const [purse, infohashes] of expected) {
    const { items: history } = await ledger.history(purse as Purse, { limit: 1_000 }) // keys are purses
    assert.deepEqual(
      history.map(({ infohash }) => infohash),
      infohashes,
    )
    for (const { infohash, asset, inReturn, direction, tokens } of history) {
      const tx = world.get(infohash)?.tx
      if (tx?.offer === undefined) {
        assert.equal(asset, tx?.isIssuance ? infohash : tx?.asset)
        continue
      }
      const halves = halvesOf(tx)
      const half = halves.find((one) => one.asset === assetOf(purse as Purse))
      const other = halves.find((one) => one !== half)
      const isOut = half?.from === ownerOf(purse as Purse)
      assert.deepEqual([direction, tokens, asset], [isOut ? 'out' : 'in', half?.tokens, half?.asset])
      assert.deepEqual(inReturn, ofAsset({ tokens: other?.tokens }, other?.asset))
    }
  }
}

async function compareConflicts(ledger: Ledger, { status, dead }: Verdict): Promise<void> {
  const stored = [...status].filter(([infohash, one]) => one === 'conflicting' && ledger.file(infohash) !== undefined)
  const alive = stored.map(([infohash]) => infohash).filter((infohash) => !dead.has(infohash))
  assert.deepEqual(new Set((await ledger.conflicts(1_000)).map((record) => record.infohash)), new Set(alive))
  assert.equal(ledger.summary().conflicting, alive.length)
  for (const infohash of alive) {
    assert.notEqual(ledger.record(infohash).rivals.length, 0, 'a conflict names what stands in its way')
  }
}

async function compareCandidates(ledger: Ledger, { unordered }: Verdict, world: World): Promise<void> {
  const candidates = await ledger.candidates()
  assert.deepEqual(new Set(candidates.map(({ infohash }) => infohash)), new Set(unordered))
  const earlier = new Set<Infohash>()
  for (const { infohash, after, asset, request, coinAge } of candidates) {
    const tx = world.get(infohash)?.tx
    const moved = tx?.offer === undefined ? tx?.asset : undefined
    assert.deepEqual([asset, request], [moved, tx?.isRequest ? tx.tokens : undefined])
    if (asset !== undefined) assert.equal(coinAge, 0n)
    for (const parent of after) assert(earlier.has(parent), 'parents come before children')
    earlier.add(infohash)
  }
  const asks = (tx: Tx | undefined) => tx?.isRequest && tx.asset === undefined
  const requests = unordered.filter((infohash) => asks(world.get(infohash)?.tx))
  assert.deepEqual(new Set((await ledger.pendingRequests()).map(({ infohash }) => infohash)), new Set(requests))
}
