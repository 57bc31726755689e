// Every problem of a step has its words: those of the contract, those of a replay, and no others.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { describeLoss, describeProblem, PROBLEM_WORDS, PROBLEMS } from '../../../../node/protocol/problems.ts'
import { DRILL_KINDS, expectedOf, modesOf } from '../../../../scripts/devnet/drill/kinds.ts'

const read = (path: string) => readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8')

test('the problems are the reasons of the contract, and what its judge and the page of disputes know beside them', async () => {
  const [, names = ''] = /enum Reason \{([^}]*)\}/.exec(await read('contracts/types/Reason.sol')) ?? []
  const reasons = names.split(',').map((name) => name.trim())
  assert.equal(reasons[0], 'None')
  assert.deepEqual(PROBLEMS.slice(0, reasons.length - 1), reasons.slice(1))
  const page = await read('docs/protocol.md')
  for (const problem of PROBLEMS) assert.match(page, new RegExp(`\`${problem}\``), problem)
})

test('each has words of its own for what is wrong, and says who would have lost what', () => {
  assert.deepEqual(new Set(Object.keys(PROBLEM_WORDS)), new Set(PROBLEMS))
  const meanings = PROBLEMS.map((problem) => PROBLEM_WORDS[problem].meaning)
  assert.equal(new Set(meanings).size, PROBLEMS.length)
  for (const problem of PROBLEMS) {
    const { meaning, loss } = PROBLEM_WORDS[problem]
    for (const words of [meaning, loss]) assert.match(words, /^[a-z].{20,}[^.]$/, problem)
    assert.match(loss, /\b(would|could) have\b/, problem)
    assert.equal(describeProblem(7, problem), `step 7: ${problem}, ${meaning}`)
    assert.equal(describeLoss(problem), `had the block become final, ${loss}`)
  }
})

test('every problem that a drill can cause is one of them', () => {
  const caused = new Set(
    DRILL_KINDS.flatMap((kind) =>
      modesOf(kind).flatMap((mode) => {
        const expected = expectedOf(kind, mode)
        return 'problem' in expected ? [expected.problem] : []
      }),
    ),
  )
  for (const problem of caused) assert.ok(PROBLEMS.includes(problem), problem)
  // An output that exists is one that the step before planted, which is the one that dies; and no account can overflow by what there is.
  const never = PROBLEMS.filter((problem) => !caused.has(problem))
  assert.deepEqual(never, ['OutputExists', 'Overflow'])
})
