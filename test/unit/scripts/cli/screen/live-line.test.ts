// One line at the end of a terminal, and events above it, as a terminal shows them.

import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { LiveLine } from '../../../../../scripts/cli/screen/live-line.ts'

const ESCAPE = '\u001b'
const EVENT = '{"level":"warn","time":"2026-01-01T00:00:00.000Z","msg":"something happened"}\n'

test('the line changes in place, events stay above it, and nothing of it is left at the end', () => {
  const { terminal, shown } = open()
  using live = new LiveLine(terminal, false)
  live.show('searching #1')
  assert.deepEqual(shown(), ['searching #1'])
  live.show('searching #2, longer')
  live.show('#3')
  assert.deepEqual(shown(), ['#3'])
  live.write(EVENT)
  assert.deepEqual(
    shown().map((line) => line.replace(/^\d\d:\d\d:\d\d /, '')),
    ['WARN something happened', '#3'],
  )
  live[Symbol.dispose]()
  assert.deepEqual(shown().slice(1), [''])
})

test('an event before there is a line is a line, and what is the same is not written again', () => {
  const { terminal, shown, bytes } = open()
  using live = new LiveLine(terminal, false)
  live.write(EVENT)
  live.show('a')
  const before = bytes()
  live.show('a')
  assert.equal(bytes(), before)
  assert.equal(shown().length, 2)
})

test('it is a hundred columns wide at most, and leaves the last column of a narrow terminal free', () => {
  for (const [columns, width] of [
    [undefined, 100],
    [300, 100],
    [100, 99],
    [60, 59],
  ] as const) {
    using live = new LiveLine(Object.assign(new Writable(), { columns }), false)
    assert.equal(live.width, width)
  }
})

test('warnings have a colour where colours are wanted, and nowhere else', () => {
  for (const hasColours of [true, false]) {
    const { terminal, text } = open()
    using live = new LiveLine(terminal, hasColours)
    live.write(EVENT)
    assert.equal(text().includes(`${ESCAPE}[33m`), hasColours)
  }
})

/** A terminal, and what is on it. It knows the sequences that are used here: to a column, clear the line, colours. */
function open() {
  let written = ''
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      written += chunk
      done()
    },
  })
  const terminal = Object.assign(stream, { columns: 80 })
  const text = () => written
  const shown = () => {
    const lines = ['']
    // Split so that each part is what follows an escape character.
    for (const part of text().split(ESCAPE)) {
      const [, sequence = '', words = ''] = /^(\[\d*[A-Za-z])?([\s\S]*)$/.exec(part) ?? []
      if (sequence === '[2K') lines[lines.length - 1] = ''
      const [first = '', ...more] = words.split('\n')
      lines[lines.length - 1] += first
      lines.push(...more)
    }
    return lines
  }
  return { terminal, text, shown, bytes: () => text().length }
}
