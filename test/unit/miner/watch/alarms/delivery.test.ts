// How alarms leave: what a webhook and a command get, when a webhook is tried again, and how a command ends that does not.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Alarm } from '../../../../../miner/watch/alarms/alarm.ts'
import { openDelivery } from '../../../../../miner/watch/alarms/delivery.ts'

const ALARM: Alarm = { alarm: 'doubt', at: '2026-01-01T00:00:00.000Z', message: 'Not all see the same.' }
const { signal } = new AbortController()
const FAST = { pauseMs: 1, answerMs: 10_000 }

test('a webhook gets the alarm as JSON, and is tried again after an error of its own, five times at most', async (t) => {
  const hook = await webhook(t, [500, 429, 204])
  await openDelivery(hook.url, {}, FAST)(ALARM, signal)
  assert.deepEqual(
    hook.got,
    Array.from({ length: 3 }, () => `POST /hook application/json ${JSON.stringify(ALARM)}`),
  )

  const broken = await webhook(
    t,
    Array.from({ length: 9 }, () => 503),
  )
  const error = await openDelivery(broken.url, {}, FAST)(ALARM, signal).catch((thrown) => thrown)
  assert.deepEqual([error.code, error.facts.tries, broken.got.length], ['alarm-undelivered', 5, 5])
  assert.match(error.message, /got status 503/)
  assert.doesNotMatch(error.message, /127\.0\.0\.1|hook$/, 'the URL may have a key in it')
})

test('what will not get better is not tried again, and a redirect is not followed', async (t) => {
  for (const status of [404, 302]) {
    const hook = await webhook(t, [status, 200])
    await assert.rejects(openDelivery(hook.url, {}, FAST)(ALARM, signal), { code: 'alarm-undelivered' })
    assert.equal(hook.got.length, 1, `${status}`)
  }
})

test('a webhook that does not answer is given up after its time, and at once when the watcher stops', async (t) => {
  const silent = await webhook(t, [])
  const hasty = { pauseMs: 1, answerMs: 20 }
  const error = await openDelivery(silent.url, {}, hasty)(ALARM, signal).catch((thrown) => thrown)
  assert.deepEqual([error.code, error.facts.tries], ['alarm-undelivered', 5])
  assert.match(error.message, /got no answer/)
  const stop = new AbortController()
  const patient = await webhook(t, [])
  const delivering = openDelivery(patient.url, {}, FAST)(ALARM, stop.signal)
  await patient.asked
  stop.abort(new Error('stopped'))
  await assert.rejects(delivering, /stopped/)
})

test('a command gets the alarm on its standard input and the environment that was given, without a shell', async (t) => {
  const { script, out } = await program(
    t,
    "let text = ''; for await (const part of process.stdin) text += part\nfs.writeFileSync(process.argv[2], JSON.stringify([text, process.argv.slice(3), process.env]))",
  )
  const target = `${process.execPath} ${script} ${out} $HOME *`
  await openDelivery(target, { SHOWN: 'yes' })(ALARM, signal)
  const [text, args, env] = JSON.parse(await readFile(out, 'utf8'))
  assert.deepEqual([text, args], [`${JSON.stringify(ALARM)}\n`, ['$HOME', '*']])
  assert.deepEqual([env.SHOWN, env.PATH], ['yes', undefined])
})

test('a command that fails, is not there, does not read, or does not end is a failure of that alarm alone', async (t) => {
  const { script } = await program(t, 'process.exit(3)')
  const run = (target: string, options = {}) => openDelivery(target, {}, options)(ALARM, signal)
  const expected = (message: RegExp) => ({ code: 'alarm-undelivered', message })
  await assert.rejects(run(`${process.execPath} ${script}`), expected(/got exit code 3/))
  await assert.rejects(run('/nowhere/page-me'), expected(/to start, got ENOENT/))
  const endless = await program(t, 'setInterval(() => {}, 1e6)')
  await assert.rejects(run(`${process.execPath} ${endless.script}`, { commandMs: 50 }), expected(/got SIGKILL/))
})

/** Answers with these in turn, then no more. */
async function webhook(t: TestContext, answers: readonly number[]) {
  const got: string[] = []
  const asked = Promise.withResolvers<void>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    const status = answers[got.length]
    got.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`)
    asked.resolve()
    if (status !== undefined) response.writeHead(status, { location: '/elsewhere' }).end()
  }).listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { url: `http://127.0.0.1:${address.port}/hook`, got, asked: asked.promise }
}

async function program(t: TestContext, text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-alarm-'))
  t.after(() => rm(folder, { recursive: true }))
  const script = join(folder, 'script.mjs')
  await writeFile(script, `import fs from 'node:fs'\n${text}\n`)
  return { script, out: join(folder, 'out.json') }
}
