// Runs of test files by `npm test`: what throws after its test has ended fails the file, though promises are not followed.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const RUN = new URL('../../../../../scripts/assure/tests/run.ts', import.meta.url).href
const DELAY = `import { setTimeout as delay } from 'node:timers/promises'`

const CASES: Readonly<Record<string, { readonly body: string; readonly passed: number; readonly failed: number }>> = {
  'passes twice': { body: 'await delay(1)', passed: 2, failed: 0 },
  'throws in its test': { body: `await delay(1); throw new Error('mine')`, passed: 1, failed: 1 },
  'throws in a timer after its test': {
    body: `setTimeout(() => { throw new Error('late') }, 5)`,
    passed: 2,
    failed: 1,
  },
  'throws in a promise after its test': {
    body: `void delay(5).then(() => { throw new Error('late') })`,
    passed: 2,
    failed: 1,
  },
  'ends before its tests': { body: 'process.exit(0)', passed: 0, failed: 1 },
}

for (const [name, { body, passed, failed }] of Object.entries(CASES)) {
  test(`a file that ${name}: ${passed} passed, ${failed} failed`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-run-'))
    try {
      const file = join(folder, 'made-up.test.ts')
      const other = `test('that takes longer', async () => { await delay(50) })`
      await writeFile(
        file,
        `${DELAY}\nimport { test } from 'node:test'\ntest('one', async () => { ${body} })\n${other}\n`,
      )
      const tally = `import { runNodeTests } from '${RUN}'; console.log(JSON.stringify(await runNodeTests(['${file}'], 1)))`
      // As from a shell: a run within a run reports to the outer one.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env
      await writeFile(join(folder, 'run.mjs'), tally)
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'run.mjs')], { env })
      const last = stdout.trimEnd().split('\n').at(-1) ?? ''
      const { failures, ...counts } = JSON.parse(last)
      assert.deepEqual(counts, { passed, failed, skipped: 0 }, stdout)
      assert.deepEqual(failures.length > 0, failed > 0, 'what failed is named')
      for (const failure of failures) assert.match(failure, /made-up\.test\.ts: ./)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}
