// Logs come in any order and some of them more than once: they are put in the order of the chain, and what contradicts itself is refused.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { placeInOrder } from '../../../../../node/ethereum/agreeing/log-order.ts'

/** Several in one block of Ethereum, and numbers that do not sort as text does. */
const LOGS = [8n, 9n, 10n, 100n].flatMap((blockNumber) =>
  [0, 2, 9, 10].map((logIndex) => ({
    blockNumber,
    logIndex,
    blockHash: `block ${blockNumber}`,
    transactionHash: `transaction ${blockNumber}.${logIndex}`,
    data: '0x',
    topics: ['0x01'],
  })),
)

test('in whatever order they come and however often, each is there once, by block and index', () => {
  const some = fc.shuffledSubarray(LOGS, { minLength: 0 })
  const again = fc.array(fc.constantFrom(...LOGS), { maxLength: 20 })
  fc.assert(
    fc.property(some, again, fc.infiniteStream(fc.nat(1_000)), (first, more, chance) => {
      const copies = more.filter((log) => first.includes(log)).map((log) => ({ ...log }))
      const given = [...first]
      for (const copy of copies) given.splice((chance.next().value ?? 0) % (given.length + 1), 0, copy)
      const before = [...given]
      assert.deepEqual(
        placeInOrder(given),
        LOGS.filter((log) => first.includes(log)),
      )
      assert.deepEqual(given, before, 'what was given stays as it was')
    }),
    { seed: 20 },
  )
})

test('two in one place that differ in anything are refused, wherever the second one is', () => {
  const [, , , , , log] = LOGS
  assert(log)
  const others = [
    { blockHash: 'another block' },
    { transactionHash: 'another transaction' },
    { data: '0x00' },
    { topics: ['0x02'] },
    { topics: ['0x01', '0x02'] },
    { topics: [] },
  ]
  for (const change of others) {
    const other = { ...log, ...change }
    for (const given of [
      [other, ...LOGS],
      [...LOGS, other],
    ])
      assert.throws(() => placeInOrder(given), /two different logs are at index 2 of block 9/)
  }
})
