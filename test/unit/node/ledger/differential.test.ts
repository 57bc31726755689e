// The incremental ledger against the plain model, over random worlds of rivals, deposits, deep reorganisations and restarts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import type { Hash, Infohash } from '../../../../node/protocol/ids.ts'
import type { DepositEntry } from '../../../../node/protocol/queue.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import type { VerifiedTransaction } from '../../../../node/protocol/verify.ts'
import { fingerprintOf, Reference, type Tx } from './reference.ts'
import {
  block,
  depositOf,
  GENESIS,
  GENESIS_BLOCK,
  GENESIS_INFOHASH,
  OWNER,
  openLedger,
  pay,
  person,
  request,
  type StepContent,
} from './world.ts'

const SEED = 20_260_727
const RUNS = 120

const PEOPLE = [OWNER, person('a'), person('b'), person('c')]
const DEPOSITS: DepositEntry[] = [1, 2, 3].map((i) => ({
  kind: 'deposit',
  gross: BigInt(1_000 * i),
  to: personAt(i).address,
}))

type Content = { readonly infohash: Infohash; readonly verified?: VerifiedTransaction; readonly deposit?: number }
type BlockNode = {
  readonly id: Hash
  readonly name: string
  readonly parent: number
  readonly height: number
  readonly contents: Content[]
}

/** Random numbers that fast-check can replay: each is taken from the list of a command. */
type Draw = (below: number) => number

const command = fc.record({
  kind: fc.constantFrom(
    'submit',
    'submit',
    'submit',
    'submit',
    'deposit',
    'block',
    'block',
    'branch',
    'final',
    'restart',
  ),
  draws: fc.array(fc.nat(1 << 20), { minLength: 4, maxLength: 12 }),
})

const world = fc.array(fc.array(fc.nat(1 << 20), { minLength: 6, maxLength: 10 }), { minLength: 5, maxLength: 35 })

test('the ledger agrees with the model after every step', async (context) => {
  context.diagnostic(`seed ${SEED}`)
  const property = fc.asyncProperty(world, fc.array(command, { minLength: 5, maxLength: 60 }), runScript)
  await fc.assert(property, { seed: SEED, numRuns: RUNS })
})

async function runScript(
  recipe: readonly number[][],
  script: readonly { kind: string; draws: number[] }[],
): Promise<void> {
  const contents = makeWorld(recipe)
  const model = new Reference(new Map(contents.map(({ tx }) => [tx.infohash, tx])), GENESIS_INFOHASH)
  const byInfohash = new Map(contents.map((content) => [content.tx.infohash, content]))
  const signed = contents.flatMap(({ content }) => (content.verified ? [content] : []))
  const blocks: BlockNode[] = [{ id: GENESIS_BLOCK, name: '0', parent: -1, height: 0, contents: [] }]
  let final = 0
  let tip = 0
  await using opened = await openLedger({ limits: { rivals: 1_000 } })

  const pathTo = (node: number): number[] => (node === 0 ? [0] : [...pathTo(at(blocks, node).parent), node])
  const adopt = async (newTip: number, newFinal: number) => {
    tip = newTip
    final = newFinal
    const path = pathTo(tip).slice(1)
    const given = path.map((node) => {
      const { name, height, contents: steps } = at(blocks, node)
      return block(name, BigInt(height), steps.map(toStep))
    })
    await opened.ledger.setBranch({ final: at(blocks, final).id, blocks: given })
    model.setBranch(
      path.flatMap((node) => {
        const place = { height: at(blocks, node).height, isFinal: at(blocks, node).height <= at(blocks, final).height }
        return at(blocks, node).contents.map(({ infohash }) => ({ infohash, place }))
      }),
    )
  }

  for (const { kind, draws } of script) {
    const draw = drawer(draws)
    const above = blocks.flatMap((_, node) => (pathTo(node).includes(final) ? [node] : []))
    if (kind === 'submit' && signed.length > 0) {
      const { infohash, verified } = at(signed, draw(signed.length))
      await ignoreRuleErrors(opened.ledger.submit(verified?.file ?? new Uint8Array(), `peer ${draw(3)}`))
      model.submit(infohash)
    } else if (kind === 'deposit') {
      const index = draw(DEPOSITS.length)
      const entry = at(DEPOSITS, index)
      await opened.ledger.depositEntry(BigInt(index), entry)
      model.deposit(depositOf(BigInt(index), entry).infohash)
    } else if (kind === 'block') {
      // Mostly on the tip, so that branches grow long; and mostly the new tip.
      const parent = draw(3) > 0 ? tip : at(above, draw(above.length))
      const height = at(blocks, parent).height + 1
      const name = `${blocks.length}`
      const ordered = pathTo(parent).flatMap((node) => at(blocks, node).contents.map(({ infohash }) => infohash))
      const all = contents.map(({ content }) => content)
      blocks.push({
        id: block(name, 0n, []).id,
        name,
        parent,
        height,
        contents: choose(model, byInfohash, all, ordered, draw),
      })
      if (draw(4) > 0) await adopt(blocks.length - 1, final)
    } else if (kind === 'branch') {
      await adopt(at(above, draw(above.length)), final)
    } else if (kind === 'final') {
      const path = pathTo(tip).filter((node) => at(blocks, node).height >= at(blocks, final).height)
      await adopt(tip, at(path, draw(Math.min(3, path.length))))
    } else if (kind === 'restart') {
      await opened.reopen()
      model.restart()
    }
    await opened.ledger.idle()
    await compare(opened.ledger, model, byInfohash)
  }
}

/** Transactions of random people that spend random outputs of one another, some of them too much or not their own. */
function makeWorld(recipe: readonly number[][]): { tx: Tx; content: Content }[] {
  const genesis: Tx = {
    infohash: GENESIS_INFOHASH,
    to: OWNER.address,
    tokens: GENESIS.tokens,
    prev: [],
    isRequest: false,
    kind: 'genesis',
  }
  const made: { tx: Tx; content: Content }[] = [{ tx: genesis, content: { infohash: GENESIS_INFOHASH } }]
  for (const [index, entry] of DEPOSITS.entries()) {
    const { infohash } = depositOf(BigInt(index), entry)
    const tokens = entry.gross - entry.gross / 100n
    made.push({
      tx: { infohash, to: entry.to, tokens, prev: [], isRequest: false, kind: 'deposit' },
      content: { infohash, deposit: index },
    })
  }
  for (const [number, draws] of recipe.entries()) {
    const draw = drawer(draws)
    const known = new Reference(new Map(made.map(({ tx }) => [tx.infohash, tx])), GENESIS_INFOHASH)
    const coins = made.flatMap(({ tx }) =>
      known.coinsOf(tx.infohash).map((coin) => ({ ...coin, infohash: tx.infohash })),
    )
    const first = at(coins, draw(coins.length))
    const owner = draw(12) === 0 ? at(PEOPLE, draw(PEOPLE.length)).address : first.owner
    const own = coins.filter((coin) => coin.owner === owner)
    const inputs = new Map([[first.infohash, first.value]])
    for (let more = draw(3); more > 0 && own.length > 0; more--) {
      const coin = at(own, draw(own.length))
      inputs.set(coin.infohash, coin.value)
    }
    const sum = [...inputs.values()].reduce((a, b) => a + b, 0n)
    const tokens = draw(12) === 0 ? sum + 1n : draw(4) === 0 ? sum : sum / 2n + 1n
    const from = PEOPLE.find(({ address }) => address === owner) ?? OWNER
    const prev = [...inputs.keys()]
    const isRequest = draw(5) === 0 && tokens >= 100n
    const to = at(PEOPLE, draw(PEOPLE.length))
    const verified = isRequest ? request(from, prev, tokens, number) : pay({ from, to, tokens, prev, time: number })
    const { infohash, tx } = verified
    made.push({
      tx: { infohash, from: tx.from, to: tx.to, tokens, prev: tx.prev, isRequest, kind: 'signed' },
      content: { infohash, verified },
    })
  }
  return made
}

/** Steps of a valid block: deposits from the queue in order, then transactions whose inputs are there. */
function choose(
  model: Reference,
  world: ReadonlyMap<Infohash, { tx: Tx }>,
  all: readonly Content[],
  ordered: readonly Infohash[],
  draw: Draw,
): Content[] {
  const spent = new Set(ordered.flatMap((infohash) => spendingOf(world.get(infohash)?.tx)))
  const there = new Set<Infohash>([GENESIS_INFOHASH, ...ordered])
  const chosen: Content[] = []
  const consumed = all.filter(({ infohash, deposit }) => deposit !== undefined && there.has(infohash)).length
  const take = (content: Content) => {
    there.add(content.infohash)
    for (const input of spendingOf(world.get(content.infohash)?.tx)) spent.add(input)
    chosen.push(content)
  }
  const next = all.find(({ deposit }) => deposit === consumed)
  if (next !== undefined && draw(3) === 0) take(next)
  const start = draw(all.length)
  const count = draw(6)
  for (let i = 0; i < all.length && chosen.length < count; i++) {
    const content = at(all, (start + i) % all.length)
    const tx = world.get(content.infohash)?.tx
    if (tx?.kind !== 'signed' || there.has(tx.infohash)) continue
    if (!tx.prev.every((input) => there.has(input)) || spendingOf(tx).some((input) => spent.has(input))) continue
    const coins = tx.prev.map((input) => model.coinsOf(input).find(({ owner }) => owner === tx.from)?.value)
    if (coins.includes(undefined) || coins.reduce<bigint>((sum, value) => sum + (value ?? 0n), 0n) < tx.tokens) continue
    take(content)
  }
  return chosen
}

async function compare(ledger: Ledger, model: Reference, world: ReadonlyMap<Infohash, { tx: Tx }>): Promise<void> {
  const verdict = model.judge()
  const { status, outputs, live, unordered } = verdict
  const seen = new Map([...status.keys()].map((infohash) => [infohash, ledger.status(infohash)]))
  assert.deepEqual(seen, status)
  for (const infohash of verdict.dead) assert.equal(ledger.record(infohash).isDead, true)

  const summary = ledger.summary()
  assert.equal(summary.count, live.length)
  assert.equal(summary.fingerprint, fingerprintOf(live))
  assert.deepEqual(summary.unordered, { count: unordered.length, fingerprint: fingerprintOf(unordered) })

  for (const { address } of PEOPLE) {
    const own = [...outputs.entries()].filter(([, { owner }]) => owner === address)
    const found = await ledger.outputs(address)
    assert.deepEqual(
      new Map(found.map(({ infohash, owner, value, status }) => [`${infohash} ${owner}`, { owner, value, status }])),
      new Map(own),
    )
    const sum = (one: string) =>
      own.reduce((total, [, output]) => total + (output.status === one ? output.value : 0n), 0n)
    assert.deepEqual(ledger.balance(address), {
      accepted: sum('accepted'),
      ordered: sum('ordered'),
      final: sum('final'),
      pendingOut: verdict.pendingOut.get(address) ?? 0n,
      outputs: own.length,
    })
  }

  const conflicting = [...status].filter(
    ([infohash, one]) => one === 'conflicting' && ledger.file(infohash) !== undefined,
  )
  const alive = conflicting.map(([infohash]) => infohash).filter((infohash) => !verdict.dead.has(infohash))
  assert.deepEqual(new Set((await ledger.conflicts(1_000)).map((record) => record.infohash)), new Set(alive))
  assert.equal(summary.conflicting, alive.length)
  for (const infohash of alive)
    assert.notEqual(ledger.record(infohash).rivals.length, 0, 'a conflict names what stands in its way')

  const candidates = await ledger.candidates()
  assert.deepEqual(new Set(candidates.map(({ infohash }) => infohash)), new Set(unordered))
  const earlier = new Set<Infohash>()
  for (const { infohash, after } of candidates) {
    for (const parent of after) assert(earlier.has(parent), 'parents come before children')
    earlier.add(infohash)
  }
  const requests = unordered.filter((infohash) => world.get(infohash)?.tx.isRequest)
  assert.deepEqual(new Set((await ledger.pendingRequests()).map(({ infohash }) => infohash)), new Set(requests))
  const shared: Infohash[] = []
  for await (const infohash of ledger.infohashes()) shared.push(infohash)
  assert.deepEqual(shared, shared.toSorted())
  for (const infohash of live) assert(shared.includes(infohash))
  for (const infohash of verdict.dead) assert(!shared.includes(infohash))
}

function toStep({ verified, deposit }: Content): StepContent {
  return verified ?? { index: BigInt(deposit ?? 0), entry: at(DEPOSITS, deposit ?? 0) }
}

function spendingOf(tx: Tx | undefined): string[] {
  return tx?.from === undefined ? [] : tx.prev.map((input) => `${input}${tx.from}`)
}

function drawer(draws: readonly number[]): Draw {
  let next = 0
  return (below) => (draws[next++ % draws.length] ?? 0) % below
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no item ${index} of ${items.length}`)
  return item
}

function personAt(index: number) {
  return at(PEOPLE, index)
}

async function ignoreRuleErrors(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
  }
}
