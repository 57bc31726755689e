// An account sends from one process at a time.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Address } from '../../../../node/protocol/ids.ts'
import { accountOf } from '../../../../scripts/assure/models/world.ts'
import { lockAccount, lockPayments } from '../../../../scripts/cli/account-lock.ts'

test('a second process with an account is refused by name, one with another account is not, and it is free afterwards', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-account-lock-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [one, two] = [accountOf('one').address, accountOf('two').address]
  const take = (account: Address) => lockAccount(folder, `1-${account}`, account)
  const held = await take(one)
  await assert.rejects(take(one), (error: Error & { code: string }) => {
    assert.equal(error.code, 'account-in-use')
    assert.match(error.message, new RegExp(`sends from ${one}, got another one \\(process ${process.pid}\\)`))
    return true
  })
  const other = await take(two)
  await other[Symbol.asyncDispose]()
  await held[Symbol.asyncDispose]()
  const again = await take(one)
  await again[Symbol.asyncDispose]()
})

test('a payment that waits for another one of its wallet begins when that is done, or ends with Ctrl-C', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-account-lock-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const alice = accountOf('alice').address
  const first = await lockPayments(folder, alice, t.signal)
  const interrupted = new AbortController()
  const second = lockPayments(folder, alice, interrupted.signal)
  const third = lockPayments(folder, alice, t.signal)
  await delay(50)
  interrupted.abort()
  await assert.rejects(second, { name: 'AbortError' })
  await first[Symbol.asyncDispose]()
  await using _third = await third
})
