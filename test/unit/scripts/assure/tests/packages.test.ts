// The packages that a test run takes in one file each: they are whole, and the same as without it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundlePackages, NAMES } from '../../../../../scripts/assure/tests/packages.ts'

const root = fileURLToPath(new URL('../../../../..', import.meta.url))
const run = promisify(execFile)

/** What each name exports, and where from, by a process that starts with these flags and no others. */
async function look(flags: readonly string[]): Promise<{ exports: Record<string, string[]>; files: string[] }> {
  const source = `
    const names = ${JSON.stringify(NAMES)}
    const exports = {}
    for (const name of names) exports[name] = Object.keys(await import(name)).sort()
    console.log(JSON.stringify({ exports, files: names.map((name) => import.meta.resolve(name)) }))`
  const env = { ...process.env, NODE_OPTIONS: '' }
  const args = [...flags, '--input-type=module', '--eval', source]
  const { stdout } = await run(process.execPath, args, { cwd: root, env })
  return JSON.parse(stdout)
}

test('the bundled packages export all that the packages themselves do, and are taken in their place', async () => {
  const flag = await bundlePackages(root)
  const [plain, bundled] = await Promise.all([look([]), look([flag])])
  assert.deepEqual(bundled.exports, plain.exports)
  assert.ok(
    bundled.files.every((file) => file.includes('/.cache/ttx-packages-')),
    bundled.files.join(),
  )
  assert.ok(
    plain.files.every((file) => !file.includes('/.cache/')),
    plain.files.join(),
  )
  assert.equal(await bundlePackages(root), flag, 'made once')
})
