// Our own assertions beside those of Node, which they replace where code runs in a browser.

import { AssertionError as NodeAssertionError, ok } from 'node:assert'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError, assert as own } from '../../../../node/protocol/assert.ts'

test('our assert accepts and refuses what that of Node does, with the same message and code', () => {
  for (const condition of [true, false, 0, 1, 0n, '', 'false', null, undefined, Number.NaN, [], {}]) {
    const expected = thrownBy(() => ok(condition, 'what must hold'))
    const thrown = thrownBy(() => own(condition, 'what must hold'))
    assert.equal(thrown === undefined, expected === undefined, String(condition))
    if (expected === undefined) continue
    assert(expected instanceof NodeAssertionError && thrown instanceof AssertionError)
    assert.deepEqual([thrown.name, thrown.code, thrown.message], [expected.name, expected.code, expected.message])
  }
})

function thrownBy(run: () => void): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error
  }
}
