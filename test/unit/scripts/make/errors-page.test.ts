// docs/errors.md is what the tables of codes say.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { OPERATION_CODES } from '../../../../node/error-codes.ts'
import { RULE_CODES } from '../../../../node/protocol/rule-codes.ts'
import { ERRORS_PAGE, errorsPage } from '../../../../scripts/make/errors-page.ts'

test('docs/errors.md is the page as it is made', async () => {
  assert.equal(await readFile(ERRORS_PAGE, 'utf8'), errorsPage(), 'run `npx node scripts/make/errors-page.ts`')
})

test('each code has one sentence, which says what to do next after a colon or a comma', () => {
  for (const [code, meaning] of [...Object.entries(OPERATION_CODES), ...Object.entries(RULE_CODES)]) {
    assert.match(code, /^[a-z]+(-[a-z0-9]+)*$/)
    assert.match(meaning, /^[A-Z`].*[:,] .*[^.]\.$/, code)
    assert.ok(errorsPage().includes(`| \`${code}\` | ${meaning} |`), code)
  }
})
