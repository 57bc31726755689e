// How an endpoint does, as its answers tell.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../../node/errors.ts'
import { EndpointWatches } from '../../../../../node/ethereum/agreeing/health.ts'
import { parseHash } from '../../../../../node/protocol/ids.ts'
import { toTime } from '../../../../../node/protocol/units.ts'

const hash = parseHash(`0x${'ab'.repeat(32)}`)

test('an endpoint has a problem from its first failure in a row until it answers again', async () => {
  let now = 1_000
  const watches = new EndpointWatches(() => now)
  const watch = watches.add('http://one')
  watches.add('http://two')
  const silent = new OperationError('ethereum-silent', 'nothing came', { retry: true })
  assert.deepEqual(watches.health, [{ name: 'http://one' }, { name: 'http://two' }])
  assert.equal(await watch.over(Promise.resolve(7)), 7)
  now = 2_000
  await assert.rejects(watch.over(Promise.reject(silent)), silent)
  now = 3_000
  await assert.rejects(watch.over(Promise.reject(silent)), silent)
  const problem = { code: 'ethereum-silent', message: 'nothing came', since: 2_000 }
  assert.deepEqual(watch.health, { name: 'http://one', answeredAt: 1_000, problem })
  await watch.over(Promise.resolve())
  assert.deepEqual(watch.health, { name: 'http://one', answeredAt: 3_000 })
})

test('what ends with the connection, and a bug of ours, is not the fault of the endpoint', async () => {
  const watch = new EndpointWatches(() => 1).add('http://one')
  const closed = new OperationError('ethereum-closed', 'we closed it')
  await assert.rejects(watch.over(Promise.reject(closed)), closed)
  await assert.rejects(watch.over(Promise.reject(new TypeError('a bug'))), TypeError)
  assert.deepEqual(watch.health, { name: 'http://one' })
})

test('the newest block that it has named stays, whatever it names later', () => {
  const watch = new EndpointWatches(() => 1).add('http://one')
  for (const number of [5n, 7n, 6n]) watch.saw({ number, hash, parent: hash, time: toTime(number) } as never)
  assert.deepEqual(watch.health.newest, { number: 7n, time: toTime(7n) })
})
