// Alarms: each once, ten of a kind in an hour, the rest summed up, and whatever happens to a delivery it keeps nothing waiting.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ALARMS, type Alarm, type AlarmKind } from '../../../../../miner/watch/alarms/alarm.ts'
import { Alarms } from '../../../../../miner/watch/alarms/alarms.ts'
import { standingOf, tellDeath, tellTrouble, tellWrong } from '../../../../../miner/watch/alarms/telling.ts'
import { OperationError } from '../../../../../node/errors.ts'
import { createLogger } from '../../../../../node/log.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { PROBLEM_WORDS } from '../../../../../node/protocol/problems.ts'
import { toTime, toWei } from '../../../../../node/protocol/units.ts'
import { madeUpId } from '../../../../support/miner/made-up-tree.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

test('an alarm of a block is told once, and one that comes and goes once an hour', async () => {
  const scene = open()
  const { alarms, kinds } = scene
  for (let i = 0; i < 3; i++) {
    alarms.raise('wrong-block', 'a', 'wrong')
    alarms.raise('wrong-block', 'b', 'wrong')
    alarms.raise('doubt', '', 'differs')
  }
  assert.deepEqual(await kinds(), ['wrong-block', 'wrong-block', 'doubt'])
  scene.nowMs += HOUR - 1
  alarms.raise('doubt', '', 'differs')
  scene.nowMs += 1
  alarms.raise('doubt', '', 'differs')
  alarms.raise('wrong-block', 'a', 'wrong')
  assert.deepEqual((await kinds()).slice(3), ['doubt'])
})

test('a doubt that comes again after it was over is told again, and so is its end: the last word is how things are', async () => {
  const { alarms, kinds } = open()
  for (let i = 0; i < 3; i++) {
    for (let look = 0; look < 5; look++) alarms.raise('doubt', '', 'differs')
    for (let look = 0; look < 5; look++) alarms.raise('clear', '', 'the same')
  }
  alarms.raise('doubt', '', 'differs')
  assert.deepEqual(await kinds(), ['doubt', 'clear', 'doubt', 'clear', 'doubt', 'clear', 'doubt'])
})

test('words of a node reach nobody with what a terminal or a chat acts on, nor without end', async () => {
  const { alarms, kinds, sent } = open()
  alarms.raise('disagreement', 'a', `\u001b[2Jsays\u202e @everyone <@1>\n${'x'.repeat(5_000)}`)
  await kinds()
  const [alarm] = sent
  assert.match(alarm?.message ?? '', /^ \[2Jsays {2} everyone {2} 1 {2}x+$/)
  assert.equal(alarm?.message.length, 1_000)
})

test('a flood of wrong blocks sends ten an hour and a sum every ten minutes, and hides no other kind', async () => {
  const scene = open()
  const { alarms, kinds, sent } = scene
  let count = 0
  for (let minute = 0; minute < 60; minute++) {
    for (let i = 0; i < 50; i++) alarms.raise('wrong-block', `${count++}`, 'wrong')
    scene.nowMs += MINUTE
    alarms.tick()
    if (minute === 30) alarms.raise('kill-failed', 'x', 'no ETH')
  }
  const all = await kinds()
  const of = (kind: AlarmKind) => all.filter((each) => each === kind).length
  assert.deepEqual([of('wrong-block'), of('more'), of('kill-failed'), all.length], [10, 6, 1, 17])
  const sums = sent.flatMap(({ alarm, counts }) => (alarm === 'more' ? [counts] : []))
  const told = sums.map((counts) => (typeof counts === 'object' ? (counts['wrong-block'] ?? 0) : 0))
  assert.equal(
    told.reduce((sum, each) => sum + each, 0),
    3_000 - 10,
    'none is lost',
  )
  assert.ok(sent.filter(({ alarm }) => alarm === 'more').every(({ alive }) => alive === 7))
  scene.nowMs += HOUR
  alarms.raise('wrong-block', 'another', 'wrong')
  assert.equal((await kinds()).at(-1), 'wrong-block', 'an hour later there is room again')
})

test('each has kind, time, words and network, and nothing of it can be taken for another', async () => {
  const scene = open()
  scene.alarms.nameNetwork({ chain: 31_337n, bridge: ZERO_ADDRESS })
  scene.alarms.raise('killed', 'a', 'It is dead.', { block: ZERO_HASH, gas: '7' })
  await scene.alarms.ended()
  assert.deepEqual(scene.sent, [
    {
      ...{ block: ZERO_HASH, gas: '7', alarm: 'killed', at: '1970-01-01T00:00:01.000Z', message: 'It is dead.' },
      ...{ chain: '31337', bridge: ZERO_ADDRESS },
    },
  ])
})

test('a delivery that fails is logged, one that hangs lets nobody wait, and what piles up meanwhile is summed up', async () => {
  const failing = open(async () => {
    throw new OperationError('alarm-undelivered', 'expected a webhook, got status 500', { facts: { tries: 5 } })
  })
  failing.alarms.raise('doubt', '', 'differs')
  await failing.alarms.ended()
  assert.deepEqual(failing.lines, ['an alarm was not delivered'])

  const stop = new AbortController()
  const hanging = open(() => new Promise((_, reject) => stop.signal.addEventListener('abort', reject)), stop.signal)
  for (const kind of Object.keys(ALARMS) as AlarmKind[]) {
    for (let i = 0; i < 20; i++) hanging.alarms.raise(kind, `${i}`, 'one')
  }
  hanging.nowMs += HOUR
  hanging.alarms.tick()
  stop.abort()
  await hanging.alarms.ended()
  assert.deepEqual(hanging.lines, [], 'what ends with the watcher is no failure')
})

test('what happens to cases and tasks is told in sentences, and our own words alone', async () => {
  const scene = open()
  const { alarms, sent } = scene
  const block = madeUpId('wrong')
  const wrong = { block, state: 'open', problem: 'step 2: MissingInput, …', deadline: toTime(86_400n) } as const
  const verdict = { verdict: 'invalid', step: 2, problem: 'MissingInput', stated: ZERO_HASH } as const
  tellWrong(alarms, wrong, verdict, false)
  tellDeath(alarms, { ...wrong, state: 'killed', by: 'us', gas: 300_000n, reward: toWei(5n), transaction: ZERO_HASH })
  tellTrouble(alarms, `block ${block} refutation`, new OperationError('unfunded-account', 'expected ETH, got none'))
  tellTrouble(alarms, `block ${block} refutation`, new OperationError('unfunded-account', 'expected ETH, got none'))
  tellTrouble(alarms, `block ${block} refutation`, new OperationError('refutation-unfinished', 'later'))
  tellTrouble(alarms, 'looking', new Error('https://user:secret@example.org refused'))
  await alarms.ended()
  const { meaning, loss } = PROBLEM_WORDS.MissingInput
  assert.deepEqual(
    sent.map(({ alarm, code, by, block: of }) => [alarm, code ?? by, of]),
    [
      ['wrong-block', 'MissingInput', block],
      ['killed', 'us', block],
      ['kill-failed', 'unfunded-account', block],
      ['trouble', 'bug', undefined],
    ],
  )
  assert.ok(sent[0]?.message.includes(`step 2, ${meaning}. Had it become final, ${loss}. Nobody kills it`))
  assert.equal(sent[0]?.['canBeFinalAt'], '1970-01-02T00:00:00.000Z')
  assert.doesNotMatch(JSON.stringify(sent), /secret/)
  assert.deepEqual(standingOf([wrong, { ...wrong, state: 'killed' }]), {
    ...{ alive: 1, first: block, canBeFinalAt: '1970-01-02T00:00:00.000Z' },
  })
  assert.deepEqual(standingOf([]), { alive: 0 })
})

test('the page of commands has each alarm with these words, and no other', async () => {
  const page = await readFile(new URL('../../../../../docs/cli.md', import.meta.url), 'utf8')
  const [, section = ''] = page.split('## Alarms')
  const [, ...rows] = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)]
  assert.deepEqual(Object.fromEntries(rows.map(([, kind, words]) => [kind, words])), ALARMS)
})

function open(deliver?: (alarm: Alarm) => Promise<void>, signal: AbortSignal = new AbortController().signal) {
  const sent: Alarm[] = []
  const lines: string[] = []
  const log = createLogger(
    { level: 'info', json: true, colors: false },
    { write: (line) => void lines.push(JSON.parse(line).msg) },
  )
  const scene = { nowMs: 1_000, sent, lines }
  const alarms = new Alarms({
    ...{ log, now: () => scene.nowMs, standing: () => ({ alive: 7 }), signal },
    deliver: deliver ?? (async (alarm) => void sent.push(alarm)),
  })
  const kinds = async () => {
    await alarms.ended()
    return sent.map(({ alarm }) => alarm)
  }
  return Object.assign(scene, { alarms, kinds })
}
