// Log lines for people: they fit, they keep what is said, and move no cursor.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../../../../../node/log.ts'
import { eventLines } from '../../../../../scripts/cli/screen/event-lines.ts'

const TIME = /^\d\d:\d\d:\d\d /

test('a line is time, message and facts, with ids known by their ends', () => {
  const block = `0x${'0'.repeat(60)}abcd`
  const { level, lines } = linesOf((log) => log.child({ part: 'miner' }).info({ block, height: '7' }, 'found a block'))
  assert.equal(level, 'info')
  assert.deepEqual(
    lines.map((line) => line.replace(TIME, '')),
    ['found a block (block 0x0000…00abcd, height 7)'],
  )
  assert.match(lines[0] ?? '', TIME)
})

test('what needs a person says so, and of an error there is the message, not the stack', () => {
  const { level, lines } = linesOf((log) => log.warn({ error: new TypeError('no such thing') }, 'a thread died'))
  assert.equal(level, 'warn')
  assert.match(lines.join('\n'), /^\S+ WARN a thread died \(error no such thing\)$/)
})

test('a long line goes on below, indented, and none is wider than the screen', () => {
  const { lines } = linesOf((log) => log.info({ problem: 'word '.repeat(60).trim() }, 'it waits'), 50)
  assert(lines.length > 5)
  for (const line of lines) assert(line.length <= 50, line)
  for (const line of lines.slice(1)) assert.match(line, /^ {9}\S/)
  assert.equal(lines.join(' ').match(/word/g)?.length, 60)
})

test('what a stranger wrote cannot move the cursor or begin a line', () => {
  const { lines } = linesOf((log) => log.info({ memo: '\u001b[2Jgone\nINFO all is well' }, 'seen'))
  assert.equal(lines.length, 1)
  assert(!lines.join('').includes('\u001b'))
})

function linesOf(say: (log: ReturnType<typeof createLogger>) => void, width = 100) {
  const written: string[] = []
  say(createLogger({ level: 'info', json: true, colors: false }, { write: (line) => written.push(line) }))
  assert.equal(written.length, 1)
  return eventLines(written[0] ?? '', width)
}
