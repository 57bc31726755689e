// The economic simulation: the same seed gives the same world, no money is lost or made, and the race goes as nodes foresee it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { HONEST, KINDS, type Kind } from '../../../../scripts/assure/simulate/attacks/kinds.ts'
import { compare, failuresOf } from '../../../../scripts/assure/simulate/compare.ts'
import { delaysOf, measure, play } from '../../../../scripts/assure/simulate/measure.ts'
import { hasPart, PAGES, writeParts } from '../../../../scripts/assure/simulate/page.ts'
import { drawPlots } from '../../../../scripts/assure/simulate/plots.ts'
import { priceTable } from '../../../../scripts/assure/simulate/prices.ts'
import { rivalScenarios, scenarios } from '../../../../scripts/assure/simulate/scenarios.ts'
import { attackTable, budgetTable } from '../../../../scripts/assure/simulate/table.ts'
import { ETHER, HOUR } from '../../../../scripts/assure/simulate/world/assumptions.ts'
import type { World } from '../../../../scripts/assure/simulate/world/world.ts'
import { winnerOf } from '../../../support/bridge/race-definition.ts'

const SEED = 7
const RICH = 1_000_000n * ETHER
const ROOT = new URL('../../../../', import.meta.url)

function kindOf(name: string): Kind {
  const kind = [HONEST, ...KINDS].find((each) => each.name === name)
  assert(kind, name)
  return kind
}

function scene(name: string, share = 0.33) {
  return { kind: kindOf(name), share, budget: 100, blocks: 120 }
}

function accountsOf({ miners, watchers, relayer, users, attacker }: World) {
  return [...miners, watchers, relayer, users, attacker]
}

test(`the same seed gives the same world, another one does not (seed ${SEED})`, () => {
  const first = measure(scene('light-forks'), SEED)
  assert.deepEqual(measure(scene('light-forks'), SEED), first)
  assert.notDeepEqual(measure(scene('light-forks'), SEED + 1).plain, first.plain)
})

test('users ask for the same under every attack', () => {
  const [one, other] = [play(scene('honest'), SEED), play(scene('lies'), SEED)]
  const amounts = (world: World) => world.requests.slice(0, 200).map(({ amount }) => amount)
  assert.deepEqual(amounts(one), amounts(other))
})

for (const name of [
  'honest',
  'lies',
  'self-refutation',
  'two-identities',
  'fee-sniping',
  'queue-flood',
  'washing',
  'copycat',
]) {
  test(`no coin and no token is lost or made: ${name}, seed ${SEED}`, () => {
    const world = play(scene(name), SEED)
    world.bridge.audit()
    const accounts = accountsOf(world)
    const before = RICH * BigInt(accounts.length - 1) + world.budget
    const now = accounts.reduce((sum, { wei }) => sum + wei, 0n)
    const gas = accounts.reduce((sum, { flows }) => sum - flows.gas, 0n)
    assert(gas > 0n)
    assert.equal(now + gas + world.bridge.coins, before)
    const tokens = accounts.reduce((sum, { wttx }) => sum + wttx, 0n)
    assert(world.bridge.minted > 0n)
    assert.equal(tokens, world.bridge.minted)
  })
}

test(`the audit sees a wei and a base unit that are not there (seed ${SEED})`, () => {
  const world = play(scene('honest'), SEED)
  world.bridge.coins += 1n
  assert.throws(() => world.bridge.audit(), /wei/)
  world.bridge.coins -= 1n
  world.bridge.minted -= 1n
  assert.throws(() => world.bridge.audit(), /base units/)
})

for (const kind of KINDS.filter(({ isSelfDealing }) => isSelfDealing)) {
  test(`dealing with oneself never pays: ${kind.name}, seeds 1 to 4`, () => {
    for (const [i, share] of [0.05, 0.33, 0.51, 0.75].entries()) {
      const seed = i + 1
      const { attacker } = measure({ kind, share, budget: 1_000, blocks: 150 }, seed)
      assert(attacker.dealt <= 0, `seed ${seed}: ${attacker.dealt} ETH`)
      if (share > 0.05) assert(attacker.dealt < 0, `seed ${seed}: it never dealt with itself`)
    }
  })
}

for (const [name, share] of [
  ['light-forks', 0.33],
  ['fee-sniping', 0.51],
  ['two-identities', 0.51],
  ['censor', 0.75],
  ['hard-lies', 0.33],
] as const) {
  test(`each race that the model decides goes as nodes foresee it: ${name}, seed ${SEED}`, () => {
    const { bridge } = play(scene(name, share), SEED)
    let races = 0
    for (const [height, { id, parent }] of bridge.model.chain.entries()) {
      if (height === 0) continue
      const winner = winnerOf(bridge.view, parent as Hash, 'honest')
      assert.equal(winner?.child.id, id, `height ${height}`)
      if (bridge.model.live(parent).length > 1) races += 1
      assert.equal(bridge.drafts.get(id as Hash)?.valid, true, 'a wrong block is final')
    }
    if (name !== 'hard-lies') assert(races > 3, `only ${races} races`)
    else assert(bridge.model.blocks.some(({ refuted }) => refuted))
  })
}

test(`rivals put off what is payable to 48 hours and the time of two calls, not further (seed ${SEED})`, () => {
  const { plain, races } = measure(scene('light-forks'), SEED)
  assert(races.raced > 10)
  assert(plain.median > 40 && plain.longest < 54, `${plain.longest} hours`)
  const honest = measure(scene('honest'), SEED).plain
  assert(honest.median > 24 && honest.longest < 30, `${honest.longest} hours`)
})

test(`honest miners publish empty blocks in defence of own ones, and no others (seed ${SEED})`, () => {
  const empty = (name: string) => {
    const { bridge, miners } = play(scene(name), SEED)
    return [...bridge.drafts.values()].filter(({ load, miner }) => load.steps === 0 && miners.includes(miner)).length
  }
  assert.equal(empty('honest'), 0)
  assert(empty('light-forks') > 0)
})

test('what was not paid counts with its age, and what came too late not at all', () => {
  const end = 100 * HOUR
  const times = [
    [0, 30 * HOUR],
    [10 * HOUR, undefined],
    [19 * HOUR, 44 * HOUR],
    [30 * HOUR, undefined],
  ] as const
  const { count, waiting, longest, median } = delaysOf(times, end)
  assert.deepEqual({ count, waiting, longest, median }, { count: 3, waiting: 1, longest: 90, median: 30 })
})

test('gain from oneself is a failure', () => {
  const honest = measure({ ...scene('honest'), blocks: 30 }, SEED)
  const dealt = measure({ ...scene('self-refutation'), blocks: 30 }, SEED)
  const rows = compare([honest, dealt])
  assert.deepEqual(failuresOf(rows), [])
  assert.throws(() => compare([honest, { ...dealt, gwei: 1 }]), /nothing to compare/)
  const paying = compare([honest, { ...dealt, attacker: { ...dealt.attacker, dealt: 0.5 } }])
  assert.equal(failuresOf(paying).length, 1)
  assert.match(failuresOf(paying)[0] ?? '', /self-refutation at 0.33/)
  assert.match(attackTable(rows), /\| self-refutation \| 33% \|/)
  assert.match(budgetTable(rows), /\| self-refutation \| 33% \| 100 \|/)
  for (const picture of Object.values(drawPlots(rows))) assert.match(picture, /^<svg[\s\S]*<\/svg>\n$/)
})

test('the prices in docs/economics.md are those of the rules and of the measured gas', async () => {
  assert.ok(await hasPart('prices', priceTable()))
  assert.match(priceTable(), /^\| bond of a block[^|]*\| 0\.020 \| 0\.020 \| 0\.20 \| 1\.0 \|$/m)
  const before = await Promise.all(PAGES.map((page) => readFile(page, 'utf8')))
  await assert.rejects(writeParts({ weather: 'fine' }), /expected <!-- weather --> and <!-- end of weather --> in docs/)
  assert.deepEqual(await Promise.all(PAGES.map((page) => readFile(page, 'utf8'))), before)
})

test('all scenarios together have the blocks that were asked for', () => {
  const list = scenarios(100_000)
  const blocks = list.reduce((sum, scenario) => sum + scenario.blocks, 0)
  assert(blocks > 99_000 && blocks <= 100_000, `${blocks}`)
  assert(KINDS.every((kind) => list.some((scenario) => scenario.kind === kind)))
  const rivals = rivalScenarios()
  assert.deepEqual([...new Set(rivals.map(({ gwei }) => gwei))], [0.05, 1, 10, 50])
})

test('the command prints a table, and refuses what is no number', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/assure/simulate/simulate.ts', ...args], { cwd: ROOT, encoding: 'utf8' })
  const right = run('--blocks', '100', '--only', 'self-refutation')
  assert.equal(right.status, 0, right.stderr)
  assert.match(right.stdout, /\| self-refutation \| 75% \|/)
  assert.equal(run('--blocks', 'many').status, 2)
})
