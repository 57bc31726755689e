// The scripts that run tests by name: what they name is there, since a file that moved would only show when somebody runs them at length.

import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CLOSEST, PLAN } from '../../../../scripts/assure/mutate/plan.ts'
import { pathOf, SOAKS } from '../../../../scripts/assure/soak/soaks.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const isMissing = (path: string) => globSync(path, { cwd: root }).length === 0

test('each soak has its test', () => {
  assert.deepEqual(
    Object.values(SOAKS)
      .map(({ file }) => pathOf(file))
      .filter(isMissing),
    [],
  )
})

test('each suite that judges mutants has its tests and contracts, and so has each file that is mutated', () => {
  const suites = Object.values(PLAN).flat()
  const contracts = suites.flatMap((suite) => suite.contracts.map((name) => name.split(':')[0] ?? ''))
  const files = suites.flatMap((suite) => suite.files)
  const paths = new Set([...Object.keys(PLAN), ...Object.values(CLOSEST), ...contracts, ...files])
  assert.deepEqual([...paths].filter(isMissing), [])
})
