// The words of docs and comments: the five turns of phrase of docs/words.md that a test can find without being wrong.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSources } from './source.ts'
import { findTurns, TURNS } from './words.ts'

const root = new URL('../..', import.meta.url).pathname
/** Speaks of the turns themselves. */
const EXEMPT = ['docs/words.md', 'test/architecture/words.ts', 'test/architecture/words.test.ts']
/** What was released is not rewritten. */
const HISTORY = ['CHANGELOG.md']

test('docs and comments do without the five turns of phrase', () => {
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root, exclude: HISTORY }).map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }))
  assert.ok(pages.length > 10)
  const wrong = [...pages, ...readSources(root)]
    .filter(({ path }) => !EXEMPT.includes(path))
    .flatMap(({ path, text }) =>
      findTurns(path, text).map(({ line, found, turn }) => `${path}:${line} "${found}": write ${turn.instead}`),
    )
  assert.deepEqual(wrong, [])
})

const BAD: Readonly<Record<string, readonly string[]>> = {
  'is no X': ['It is no key.', 'These are no blocks', 'a block that was no child'],
  'so long, so many, so much, so often for an amount': [
    'final so long after its publication',
    'So many are kept.',
    'costs at least so much',
    'looks so often',
  ],
  'nothing where, nothing if for a value that is returned': [
    'Nothing where there is no body.',
    'The signer, or nothing if there is none.',
  ],
  'he, his, him': ['a block that he has not seen', 'The miner and his block', 'pays himself'],
  'anew, hence, for ever, in unison': ['is made anew', 'Hence the lines.', 'kept for ever', 'say in unison'],
}

const GOOD = [
  'There is no key, and there was no block.',
  'It is no longer kept, and is no more than a hint.',
  'as long as it takes, so long as it waits',
  'It waits so long that nobody sees it.',
  'It does nothing if it is stopped.',
  'the history of this hash',
]

for (const { name } of TURNS)
  test(`the turn is found in every form: ${name}`, () => {
    const lines = BAD[name] ?? []
    assert.ok(lines.length > 0)
    for (const line of lines) assert.deepEqual(namesIn('page.md', line), [name], line)
  })

test('what is good English is not found', () => {
  for (const line of GOOD) assert.deepEqual(namesIn('page.md', line), [], line)
})

test('in a source file only comments are read, whatever their form', () => {
  assert.deepEqual(namesIn('a.ts', "const he = 'so long'\nconst url = 'x // it is no key'\nf(`his key for ever`)"), [])
  // A sign outside of the first 65,536 counts as two characters, so it must not shift what follows.
  assert.deepEqual(namesIn('a.ts', "const face = '😀😀😀'\nconst text = 'it is no key'"), [])
  const source = 'f() // kept for ever\n/**\n * Nothing where it is empty.\n */\n/// @dev It is no key.\n'
  assert.deepEqual(
    findTurns('A.sol', source).map(({ line, found }) => [line, found]),
    [
      [1, 'for ever'],
      [3, 'Nothing where'],
      [5, 'is no key'],
    ],
  )
})

function namesIn(path: string, text: string): readonly string[] {
  return findTurns(path, text).map(({ turn }) => turn.name)
}
