// The worked example in docs/protocol.md is what the code computes.

import assert from 'node:assert'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { EXAMPLE_END, EXAMPLE_PAGE, EXAMPLE_START, protocolExample } from '../../../../scripts/make/protocol-example.ts'

test('docs/protocol.md shows the example as it is computed', async () => {
  const page = await readFile(EXAMPLE_PAGE, 'utf8')
  const start = page.indexOf(EXAMPLE_START)
  assert(start > 0, 'the page has the example')
  const shown = page.slice(start + EXAMPLE_START.length, page.indexOf(EXAMPLE_END))
  assert.strictEqual(shown, protocolExample(), 'run `npx node scripts/make/protocol-example.ts`')
})
