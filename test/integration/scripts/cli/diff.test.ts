// ttx diff on a real node and bridge: two spendings, a wrong block, branches that fork lower, and blocks that are not rivals.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { publishCall } from '../../../../node/ethereum/calls.ts'
import { type Hash, keyOf } from '../../../../node/protocol/ids.ts'
import { accountOf, pay } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { openJudged } from '../../../support/judged.ts'
import { type Forged, forge, seal } from '../../../support/miner/forge.ts'
import { holder, Stage } from '../../../support/stage.ts'

test('diff says in what rival blocks differ, what that means, and which is ahead', async (t) => {
  const stage = await Stage.open(t)
  const { node, sender, rules, miner, genesis, root, target, prev, judged } = await openJudged(stage)
  const spend = (name: string) =>
    pay(holder, { to: accountOf(name).address, tokens: 10n ** 18n, time: 1, prev }, rules).packed
  const block = (name: string) => forge(rules, genesis, [{ kind: 'transaction', packed: spend(name) }], target, miner)
  const [left, right] = [block('bob'), block('carol')]
  // The same step as on the left, and what it says to be the state after it is that of the right.
  const liar = seal(rules, genesis, [{ step: left.steps, after: right.next.state }], target, miner)
  const above = forge(rules, right.next, [], target, miner)
  const publish = async (each: Forged, parent: Uint8Array, beside?: Hash) =>
    await sender.send(publishCall(parent, each, beside && keyOf(beside)))
  await publish(left, root)
  await stage.skip(60n)
  await publish(right, root, left.next.id)
  await publish(liar, root, right.next.id)
  await stage.skip(3_600n)
  await publish(above, right.sealedBytes)
  await judged(5)

  const folder = await stage.folder()
  const common = ['--data', join(folder, 'data'), '--node', node.url]
  const run = async (a: string, b: string, ...flags: string[]) => {
    const shell = fakeShell({ folder })
    const exitCode = await runCli(['diff', a, b, ...flags, ...common], shell)
    return { exitCode, out: shell.out(), err: shell.err() }
  }
  const json = async (a: Forged, b: Forged) => {
    const { exitCode, out, err } = await run(a.next.id, b.next.id, '--json')
    assert.equal(exitCode, 0, out + err)
    return JSON.parse(out)
  }

  const twice = await json(left, right)
  assert.deepEqual(twice.fork, { id: genesis.id, height: '0', isParent: true })
  assert.deepEqual([twice.commonSteps, twice.firstDifference, twice.difference.kind], [0, 0, 'double-spend'])
  assert.equal(twice.difference.a.reading.transaction.to, accountOf('bob').address)
  assert.equal(twice.difference.b.reading.transaction.to, accountOf('carol').address)
  assert.deepEqual(twice.difference.a.fate.kind, 'rival')
  assert.deepEqual([twice.a.verdict, twice.b.verdict, twice.doubt], ['valid', 'valid', undefined])
  // The right one came a minute later, with the same work.
  assert.deepEqual([twice.race.ahead, twice.race.by], ['a', 'time'])

  const lie = await json(liar, left)
  assert.deepEqual([lie.difference.kind, lie.a.verdict, lie.b.verdict], ['state', 'invalid', 'valid'])
  assert.deepEqual([lie.race.ahead, lie.race.by], ['b', 'life'])
  assert.match(lie.meaning, /^A is wrong, and nothing of it ever counts/)

  const deep = await json(left, above)
  assert.deepEqual(deep.fork, { id: genesis.id, height: '0', isParent: false })
  assert.deepEqual([deep.a.compared.id, deep.b.compared.id], [left.next.id, right.next.id])
  assert.equal(deep.difference.kind, 'double-spend')
  assert.deepEqual([deep.race.ahead, deep.race.by], ['b', 'work'])

  const { out } = await run(left.next.id, above.next.id)
  assert.match(out, /^A +0x[0-9a-f]{64}, height 1, valid$/m)
  assert.match(out, /^B +0x[0-9a-f]{64}, height 2, valid, on the branch that leads$/m)
  assert.match(out, /^step 0, A +0x[0-9a-f]{40} pays 1 TTX to 0x[0-9a-f]{40}$/im)
  assert.match(out, /B spends the same money otherwise, in step 0/)
  assert.match(out, /^means +two spendings of the same money/m)
  assert.match(out, /^race +B is ahead by [0-9]+ hashes of work$/m)

  for (const [a, b, code] of [
    [left.next.id, left.next.id, 'no-rivals'],
    [right.next.id, above.next.id, 'no-rivals'],
    [left.next.id, `0x${'9'.repeat(64)}`, 'unknown-block'],
  ] as const) {
    const failed = await run(a, b, '--json')
    assert.deepEqual([failed.exitCode, JSON.parse(failed.out).error.code], [1, code])
  }
})
