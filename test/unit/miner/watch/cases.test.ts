// Cases against wrong blocks: opened once, closed once, and not kept for good.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cases } from '../../../../miner/watch/cases.ts'
import { createLogger } from '../../../../node/log.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { madeUpId } from '../../../support/miner/made-up-tree.ts'

const block = madeUpId('wrong')

test('a case is opened once, with one alarm; what is known of it stays', () => {
  const { cases, lines } = open()
  cases.open(block, 'step 1: BadMemo', toTime(7n), '; kill it')
  cases.change(block, { failures: 3 })
  const known = cases.open(block, 'step 1: BadMemo', toTime(7n), '; kill it')
  assert.deepEqual(known, { block, state: 'open', problem: 'step 1: BadMemo', deadline: toTime(7n), failures: 3 })
  assert.deepEqual(lines, ['a block on Ethereum is WRONG; kill it'])
})

test('who killed it stays, however often it is seen to be dead afterwards', () => {
  const { cases, lines } = open()
  cases.open(block, 'step 1: BadMemo', toTime(7n), '')
  const kill = { block, problem: 'step 1: BadMemo', deadline: toTime(7n) }
  cases.close({ ...kill, by: 'us', gas: 300_000n })
  cases.close({ ...kill, by: 'others' })
  assert.deepEqual(cases.all(), [{ ...kill, state: 'killed', by: 'us', gas: 300_000n }])
  assert.deepEqual(lines.slice(1), ['killed a wrong block'])
})

test('a block is one case, however much of its id anyone tells, and keeps the name by which it was opened', () => {
  const { cases, lines } = open()
  const names = ['0xab', '0x00', '0xff'].map((start) => `${start.padEnd(18, start.slice(2))}${block.slice(18)}` as Hash)
  cases.open(block, 'step 1: BadMemo', toTime(7n), '')
  for (const name of names) cases.open(name, 'step 1: BadMemo', toTime(5n), '')
  for (const name of names) cases.close({ block: name, problem: 'another', deadline: toTime(5n), by: 'others' })
  assert.deepEqual(
    cases.all().map((each) => [each.block, each.state, each.deadline]),
    [[block, 'killed', toTime(5n)]],
  )
  assert.equal(lines.length, 2, 'one alarm and one end')
  for (const name of names) assert.equal(cases.get(name)?.block, block)
})

test('of a block that was dead before it was looked at nobody knows who killed it: it is no news, and raises no alarm', () => {
  const { cases, lines, deaths } = open()
  const kill = { block, problem: 'step 1: BadMemo', deadline: toTime(7n) }
  cases.close({ ...kill, by: 'others' })
  assert.deepEqual([lines, deaths], [['a wrong block was killed before we looked at it'], []])
  assert.deepEqual(cases.all(), [{ ...kill, by: 'others', state: 'killed' }])

  const other = madeUpId('other')
  cases.open(other, 'step 1: BadMemo', toTime(7n), '')
  cases.close({ ...kill, block: other, by: 'others' })
  assert.deepEqual([lines.slice(2), deaths], [['a wrong block was killed by somebody else'], [other]])
})

test('of those that are gone the last 256 to be killed are kept, and none that was not', () => {
  const { cases } = open()
  const ids = Array.from({ length: 300 }, (_, i) => madeUpId(`wrong ${i}`))
  for (const id of ids) cases.open(id, '', toTime(0n), '')
  for (const id of ids.slice(0, 299)) cases.close({ block: id, problem: '', deadline: toTime(0n), by: 'others' })
  cases.keep((id) => id === ids[0])
  assert.deepEqual(
    cases.all().map((each) => each.block),
    [ids[0], ...ids.slice(43, 299)],
  )
})

function open() {
  const lines: string[] = []
  const log = createLogger(
    { level: 'info', json: true, colors: false },
    { write: (line) => void lines.push(JSON.parse(line).msg) },
  )
  const deaths: Hash[] = []
  return { cases: new Cases(log, (dead) => void deaths.push(dead.block)), lines, deaths }
}
