// What docs/cli.md says of `ttx status` is what the command says.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { STATUS_WORDS } from '../../../../scripts/cli/status/transaction.ts'

test('the page has each status with the words of the command, and no other', async () => {
  const page = await readFile(new URL('../../../../docs/cli.md', import.meta.url), 'utf8')
  const [, section = ''] = page.split('## What `status` says')
  const [table = ''] = section.split('These cases')
  const rows = [...table.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, status, words]) => [status, words])
  assert.deepEqual(Object.fromEntries(rows.slice(1)), STATUS_WORDS)
})
