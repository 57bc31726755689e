// Parameters by name and by position: the same values either way, and for all else an error that says what was expected.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { readParams } from '../../../../node/rpc/params.ts'
import { amount } from '../../../../node/schema.ts'

const SCHEMA = z.strictObject({
  owner: z.string(),
  tokens: amount,
  after: z.strictObject({ block: z.string() }).optional(),
  limit: z.number().int().max(9).default(5),
})
const NONE = z.strictObject({})

/** As it comes off the wire. */
const read = (text: string, schema: z.ZodObject = SCHEMA) => readParams('m', schema, JSON.parse(text))
const problemOf = (text: string, schema?: z.ZodObject): string => {
  const answer = read(text, schema)
  assert('problem' in answer, text)
  return answer.problem
}

test('by position means by name in the order of the schema', () => {
  const pairs: [string, string][] = [
    ['["a","7"]', '{"owner":"a","tokens":"7"}'],
    ['["a","7",{"block":"b"}]', '{"owner":"a","tokens":"7","after":{"block":"b"}}'],
    ['["a","7",{"block":"b"},3]', '{"owner":"a","tokens":"7","after":{"block":"b"},"limit":3}'],
  ]
  for (const [array, object] of pairs) {
    const answer = read(array)
    assert('params' in answer)
    assert.deepEqual(answer, read(object))
    assert.equal(answer.params['tokens'], 7n)
  }
})

test('null leaves out by position what may be left out, and nothing else', () => {
  assert.deepEqual(read('["a","7",null,3]'), { params: { owner: 'a', tokens: 7n, limit: 3 } })
  assert.deepEqual(read('["a","7",null,null]'), { params: { owner: 'a', tokens: 7n, limit: 5 } })
  assert.match(problemOf('[null,"7"]'), /expected string, received null\n {2}→ at owner/)
  assert.match(problemOf('{"owner":"a","tokens":"7","after":null}'), /received null\n {2}→ at after/)
  const nullable = z.strictObject({ a: z.string().nullable(), b: z.string() })
  assert.deepEqual(read('[null,"x"]', nullable), { params: { a: null, b: 'x' } })
})

test('too many parameters are counted, and those that there are named', () => {
  const most = 'expected at most 4 of the parameters owner, tokens, after?, limit? for m'
  assert.equal(problemOf('["a","7",null,1,2]'), `${most}, got 5`)
  assert.equal(problemOf(`[${Array(1_000_000).fill('[]').join()}]`), `${most}, got 1000000`)
  assert.equal(problemOf('[null]', NONE), 'expected no parameters for m, got 1')
})

test('too few parameters are told by name', () => {
  assert.equal(problemOf('["a"]'), '✖ Invalid input: expected string, received undefined\n  → at tokens')
  for (const text of ['[]', '{}', 'null']) assert.match(problemOf(text), /at owner.*at tokens/s)
})

test('an unknown parameter is quoted, shortened, beside those that there are', () => {
  const only = 'expected only the parameters owner, tokens, after?, limit? for m'
  assert.equal(problemOf('{"owner":"a","tokens":"7","x":1}'), `${only}, got "x"`)
  assert.equal(problemOf('{"":1}'), `${only}, got ""`)
  assert.equal(problemOf('{"x":1}', NONE), 'expected no parameters for m, got "x"')
  assert.equal(problemOf(`{"${'\\"y'.repeat(500_000)}":1}`), `${only}, got ${JSON.stringify(`${'"y'.repeat(20)}…`)}`)
  const many = `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join()}}`
  assert.equal(problemOf(many), `${only}, got "k0"`)
})

test('members that objects have by nature are unknown parameters like others, and change nothing', () => {
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', '0']) {
    for (const value of ['{"owner":"b","limit":1}', 'null', '[]']) {
      assert.match(problemOf(`{"owner":"a","tokens":"7","${name}":${value}}`), new RegExp(`, got "${name}"$`))
    }
  }
  assert.match(problemOf('{"owner":"a","tokens":"7","after":{"__proto__":{"block":"b"}}}'), /at after/)
  assert.equal(Object.hasOwn(Object.prototype, 'block'), false)
})

test('holes, which only code can make, are missing parameters', () => {
  const values = Array(2)
  values[1] = '7'
  const answer = readParams('m', SCHEMA, values)
  assert('problem' in answer)
  assert.match(answer.problem, /at owner/)
})

test('what is neither an object nor an array is refused', () => {
  for (const text of ['5', '0', '""', '"x"', 'true', 'false']) {
    assert.match(problemOf(text), /^✖ Invalid input: expected object, received (number|string|boolean)$/)
  }
})

test('nested values are not taken apart, however deep they are', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  assert.match(problemOf(`[${deep},"7"]`), /^✖ Invalid input: expected string, received array\n {2}→ at owner$/)
  assert.equal(problemOf(`{"x":${deep}}`).length < 200, true)
  assert.match(problemOf(deep), /received array\n {2}→ at owner/)
})

test('of many wrong values the first ten are named, in bounded words', () => {
  const lists = z.strictObject({ files: z.array(z.string()), place: z.strictObject({}).optional() })
  const problem = problemOf(`[[${Array(5_000).fill(1).join()}]]`, lists)
  assert.equal(problem.match(/→ at files\[\d+\]/g)?.length, 10)
  assert.match(problem, /✖ and 4990 more$/)
  const long = problemOf(`[[],{"${'z'.repeat(1_000_000)}":1}]`, lists)
  assert.match(long, /^✖ Unrecognized key: "zzz/)
  assert(long.length <= 2_001)
})
