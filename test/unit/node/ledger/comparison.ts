// Compares all that a ledger says with what the plain model says.

import assert from 'node:assert/strict'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { PEOPLE, type World } from './random-world.ts'
import { type Beginning, fingerprintOf, Reference, type Tx, type Verdict } from './reference.ts'
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
  await compareMoney(ledger, verdict)
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
}

async function compareMoney(ledger: Ledger, { outputs, pendingOut }: Verdict): Promise<void> {
  for (const { address } of PEOPLE) {
    const own = [...outputs.entries()].filter(([, { owner }]) => owner === address)
    const found = await ledger.outputs(address)
    assert.deepEqual(
      new Map(found.map(({ infohash, owner, value, status }) => [`${infohash} ${owner}`, { owner, value, status }])),
      new Map(own),
    )
    const sum = (status: string) =>
      own.reduce((total, [, output]) => total + (output.status === status ? output.value : 0n), 0n)
    assert.deepEqual(ledger.balance(address), {
      accepted: sum('accepted'),
      ordered: sum('ordered'),
      final: sum('final'),
      pendingOut: pendingOut.get(address) ?? 0n,
      outputs: own.length,
    })
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
  for (const { infohash, after } of candidates) {
    for (const parent of after) assert(earlier.has(parent), 'parents come before children')
    earlier.add(infohash)
  }
  const requests = unordered.filter((infohash) => world.get(infohash)?.tx.isRequest)
  assert.deepEqual(new Set((await ledger.pendingRequests()).map(({ infohash }) => infohash)), new Set(requests))
}
