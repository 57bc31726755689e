// docs/ethereum-rpc.md has a row for each method, and says of each what the code does.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MOST_READS } from '../../../../../node/rpc/ethereum/budget.ts'
import { METHODS } from '../../../../../node/rpc/ethereum/methods/methods.ts'
import { open } from './scene.ts'

const page = readFileSync(new URL('../../../../../docs/ethereum-rpc.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| (`[a-z0-9]+_[^|]*`) \| ([^|]+) \|/gm)].flatMap(([, names = '', answer = '']) =>
  [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, answer.trim()] as const),
)

test('each method that is answered has a row that says how, and each row is true', () => {
  const listed = new Map(rows)
  assert.equal(listed.size, rows.length, 'no method has two rows')
  const answers = { implemented: 'implemented', fixed: 'fixed', refused: '4200' } as const
  const known = Object.entries(METHODS).map(([name, { kind }]) => [name, answers[kind]] as const)
  assert.deepEqual(known.toSorted(), rows.filter(([, answer]) => answer !== '-32601').toSorted())
  assert.deepEqual(
    rows.map(([name]) => name).filter((name) => name.startsWith('eth_')),
    rows
      .map(([name]) => name)
      .filter((name) => name.startsWith('eth_'))
      .toSorted(),
  )
})

test('what the page calls refused is, with that code', async (t) => {
  const { ask } = await open(t)
  for (const [name, answer] of rows) {
    const { error } = await ask(name.replace('*', 'anything'))
    if (/^-?\d+$/.test(answer)) assert.equal(error?.code, Number(answer), name)
    else assert.notEqual(error?.code, -32_601, name)
  }
})

test('the page has the numbers of the code', () => {
  assert.equal(MOST_READS, 5_000)
  assert.match(page, /One request has at most 5,000 transactions read, in parts of 64/)
})
