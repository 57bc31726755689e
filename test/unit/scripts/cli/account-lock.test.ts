// One process pays from a wallet at a time: the next one waits, and Ctrl-C ends the waiting.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { accountOf } from '../../../../scripts/assure/models/world.ts'
import { lockPayments } from '../../../../scripts/cli/account-lock.ts'

const { address } = accountOf('alice')

test('a payment that waits for another one of its wallet begins when that is done, or ends with Ctrl-C', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-account-lock-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const first = await lockPayments(folder, address, t.signal)
  const interrupted = new AbortController()
  const second = lockPayments(folder, address, interrupted.signal)
  const third = lockPayments(folder, address, t.signal)
  await delay(50)
  interrupted.abort()
  await assert.rejects(second, { name: 'AbortError' })
  await first[Symbol.asyncDispose]()
  await using _third = await third
})
