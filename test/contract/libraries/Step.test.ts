// The kinds of steps: the compiler names each table that has no answer for a new one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, readSources } from '../../../scripts/assure/solc.ts'

const TYPE = 'contracts/types/PerKind.sol'
const TABLES = 'contracts/libraries/Step.sol'

test('a kind more or less makes each table over the kinds fail to compile, and what is compiled now does not', () => {
  const sources = Object.fromEntries(Object.entries(readSources()).filter(([file]) => file.startsWith('contracts/')))
  const width = /bytes(\d+);/.exec(sources[TYPE] ?? '')
  assert.ok(width)
  const kinds = Number(width[1])
  const tables = [...(sources[TABLES] ?? '').matchAll(/PerKind\.wrap\(/g)].length
  assert.ok(tables > 1)
  const complaints = (count: number) => {
    const changed = { [TYPE]: sources[TYPE]?.replace(/bytes\d+;/, `bytes${count};`) ?? '' }
    const { errors } = compile({ ...sources, ...changed }, { [TABLES]: { '*': ['abi'] } })
    return errors.filter(({ severity, sourceLocation }) => severity === 'error' && sourceLocation?.file === TABLES)
      .length
  }
  assert.deepEqual([complaints(kinds - 1), complaints(kinds), complaints(kinds + 1)], [tables, 0, tables])
})
