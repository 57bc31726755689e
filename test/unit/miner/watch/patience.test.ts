// Somebody who may not answer: waited for once, and asked again only when the earlier question has ended.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Patience } from '../../../../miner/watch/patience.ts'

const { signal } = new AbortController()

test('who is silent is not asked again before that question has ended, however it ends', async () => {
  const patience = new Patience<number>('somebody', 10)
  const questions: PromiseWithResolvers<number>[] = []
  const ask = () => {
    const question = Promise.withResolvers<number>()
    questions.push(question)
    return question.promise
  }
  for (const end of [
    (q?: PromiseWithResolvers<number>) => q?.resolve(1),
    (q?: PromiseWithResolvers<number>) => q?.reject(new Error('no')),
  ]) {
    const asked = questions.length
    const silent = patience.ask(ask, signal)
    // Nothing else keeps the process alive.
    const timer = setInterval(() => undefined, 1_000)
    await assert.rejects(silent, { code: 'silent', retry: true }).finally(() => clearInterval(timer))
    await assert.rejects(patience.ask(ask, signal), { code: 'silent' })
    assert.equal(questions.length, asked + 1)
    end(questions.at(-1))
    await new Promise(setImmediate)
  }
  assert.equal(await patience.ask(async () => 7, signal), 7)
  await assert.rejects(
    patience.ask(async () => {
      throw new RangeError('what it says')
    }, signal),
    { message: 'what it says' },
  )
  assert.equal(await patience.ask(async () => 8, signal), 8)
})

test('a stop ends the waiting', async () => {
  const stop = new AbortController()
  const waiting = new Patience<number>('somebody', 3_600_000).ask(() => new Promise(() => undefined), stop.signal)
  stop.abort(new RangeError('stopped'))
  await assert.rejects(waiting, { message: 'stopped' })
})
