// The description of the RPC: valid OpenRPC, and of JSON as it is on the wire, no more and no less than the schemas of the code accept.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Schema, Validator } from '@cfworker/json-schema'
import fc from 'fast-check'
import type { z } from 'zod'
import { deriveHeader } from '../../../../node/protocol/block.ts'
import { decodeOutputs } from '../../../../node/protocol/block-torrent.ts'
import { concat, parseHex } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, decodeSealed, HEADER_BYTES, SEALED_BYTES } from '../../../../node/protocol/header.ts'
import { toBytes, toHash } from '../../../../node/protocol/ids.ts'
import { countsOf, LANES } from '../../../../node/protocol/queue.ts'
import { requestLeaf, requestsIn } from '../../../../node/protocol/requests.ts'
import { balanceOf, entryKey, stateOf, stateRoot } from '../../../../node/protocol/state.ts'
import { splitSteps } from '../../../../node/protocol/step.ts'
import { workOf } from '../../../../node/protocol/target.ts'
import { isInTrace, splitStates } from '../../../../node/protocol/trace.ts'
import { encodeOpening } from '../../../../node/protocol/tree.ts'
import { toBaseUnits } from '../../../../node/protocol/units.ts'
import { API, type Method } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { toWire } from '../../../../node/rpc/json.ts'
import { ERRORS, TROUBLES } from '../../../../node/rpc/methods/errors.ts'
import { describeMethods, type JsonSchema } from '../../../../node/rpc/open-rpc.ts'
import { address, amount, asset, bytes, hash, infohash, millis, seconds } from '../../../../node/schema.ts'
import { protocolExample } from '../../../../scripts/make/protocol-example.ts'
import { DESCRIPTION, problemOfParams, problemOfResult, validatorOf } from '../../../support/rpc/wire.ts'

const METHODS = Object.keys(API) as Method[] // as the table has them

function officialSchema(version: '1_3' | '1_4'): Validator {
  const read = (name: string): Schema => JSON.parse(readFileSync(new URL(import.meta.resolve(name)), 'utf8'))
  const validator = new Validator(read(`@open-rpc/spec/${version}/schema.json`), '7', false)
  validator.addSchema(read('@json-schema-tools/meta-schema/schema.json'), 'https://meta.json-schema.tools/')
  return validator
}

test('the description is valid by the official schema of OpenRPC 1.3, and but for the number by that of 1.4', () => {
  const { valid, errors } = officialSchema('1_3').validate(DESCRIPTION)
  assert.deepEqual([valid, errors], [true, []])
  const newer = { ...DESCRIPTION, openrpc: '1.4.1' }
  assert.deepEqual(officialSchema('1_4').validate(newer).errors, [])
})

test('the official schema is one that refuses', () => {
  const official = officialSchema('1_3')
  const [method] = DESCRIPTION.methods
  assert(method)
  const { name: _, ...nameless } = method
  const { result } = method
  const wrong: object[] = [
    { ...DESCRIPTION, openrpc: '9.0.0' },
    { ...DESCRIPTION, info: { title: 'x' } },
    { ...DESCRIPTION, methods: [nameless] },
    { ...DESCRIPTION, methods: [{ ...method, paramStructure: 'both' }] },
    { ...DESCRIPTION, methods: [{ ...method, errors: [{ code: 'x', message: 'y' }] }] },
    { ...DESCRIPTION, methods: [{ ...method, result: { ...result, schema: { type: 'text' } } }] },
  ]
  for (const document of wrong) assert.equal(official.validate(document).valid, false)
})

test('what the specification asks beside its schema: unique names, needed parameters first, one error of each code', () => {
  const names = DESCRIPTION.methods.map(({ name }) => name)
  assert.deepEqual(names, METHODS)
  assert.equal(new Set(names).size, names.length)
  for (const { name, summary, params, errors, examples } of DESCRIPTION.methods) {
    assert.match(summary, /^[A-Z`].*\.$/, name)
    assert.deepEqual(
      params.map(({ name }) => name),
      Object.keys(API[name as Method].params.shape),
    )
    const firstOptional = params.findIndex(({ required }) => !required)
    assert(firstOptional === -1 || params.slice(firstOptional).every(({ required }) => !required), name)
    assert.equal(new Set(errors.map(({ code }) => code)).size, errors.length)
    assert.equal(examples.length, 1)
  }
  assert.throws(() => describeMethods(API, {}, '1'), RangeError)
})

test('no schema is empty: what JSON Schema cannot say by itself has been said', () => {
  const empty: string[] = []
  const walk = (schema: JsonSchema | boolean, path: string) => {
    if (typeof schema === 'boolean') return
    if (Object.keys(schema).every((key) => ['description', 'title', '$schema'].includes(key))) empty.push(path)
    for (const [key, member] of Object.entries(schema.properties ?? {})) walk(member, `${path}.${key}`)
    for (const member of [schema.items ?? [], schema.allOf ?? []].flat()) walk(member as JsonSchema, `${path}[]`) // as JSON has them
  }
  for (const { name, params, result } of DESCRIPTION.methods) {
    for (const param of [...params, result]) walk(param.schema, `${name} ${param.name}`)
  }
  for (const [name, schema] of Object.entries(DESCRIPTION.components.schemas)) walk(schema, name)
  assert.deepEqual(empty, [])
})

test('every reference leads somewhere, and every named type is used', () => {
  const text = JSON.stringify(DESCRIPTION)
  const used = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name))
  assert.deepEqual([...used].sort(), Object.keys(DESCRIPTION.components.schemas))
  assert.doesNotMatch(text, /"#\/definitions/)
})

test('ids, amounts, bytes and times are the same strings and numbers to both', () => {
  const schemas: [z.ZodType, string][] = [
    [address, 'Address'],
    [infohash, 'Infohash'],
    [asset, 'Asset'],
    [hash, 'Hash'],
    [amount, 'Amount'],
    [bytes, 'Bytes'],
    [seconds, 'Seconds'],
    [millis, 'Millis'],
  ]
  const digits = (unit: string, ...counts: readonly number[]) =>
    fc
      .constantFrom(...counts)
      .chain((count) => fc.string({ unit: fc.constantFrom(...unit), minLength: count, maxLength: count }))
  const hex = digits('0123456789abcdef', 1, 2, 39, 40, 41, 63, 64, 65)
  const text = fc.oneof(
    fc.string(),
    fc.bigInt(-10n, 10n ** 79n).map(String),
    fc
      .tuple(fc.constantFrom('0x', '', '0X', '\n0x'), hex, fc.constantFrom('', '', '', '\n', 'A'))
      .map((parts) => parts.join('')),
  )
  const value = fc.oneof(text, fc.integer(), fc.double(), fc.constantFrom(null, [], {}, true, 2 ** 53, 1.5, -0))
  for (const [schema, name] of schemas) {
    const validator = validatorOf({ $ref: `#/components/schemas/${name}` })
    let accepted = 0
    fc.assert(
      fc.property(value, (candidate) => {
        const isRight = schema.safeParse(candidate).success
        accepted += Number(isRight)
        return validator.validate(candidate).valid === isRight
      }),
      { numRuns: 2_000, seed: 7 },
    )
    assert(accepted > 0, `${name} was met`)
  }
})

/** The value with one member at a time left out, or something else in its place. */
function* mutants(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [i, member] of value.entries()) for (const mutant of mutants(member)) yield value.with(i, mutant)
    yield [...value, 5]
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const { [key]: _, ...rest }: Record<string, unknown> = { ...value }
      yield rest
      for (const mutant of mutants(member)) yield { ...value, [key]: mutant }
    }
    yield { ...value, unheardOf: 1 }
  }
  yield* [null, 5, -1, 1.5, 2 ** 60, true, 'x', '', '0x', '7', [], {}, [{}], 'live', 'valid'].filter(
    (other) => other !== value,
  )
}

test('examples are what they are said to be, and each change of one is refused by description and code alike', () => {
  let [refused, accepted] = [0, 0]
  for (const method of METHODS) {
    const { params, result } = API[method]
    const wire = { params: toWire(EXAMPLES[method].params), result: toWire(EXAMPLES[method].result) }
    assert.equal(problemOfParams(method, wire.params), undefined, method)
    assert.equal(problemOfResult(method, wire.result), undefined, method)
    // What the client reads is what the server wrote.
    assert.deepEqual(toWire(result.parse(wire.result)), wire.result, method)
    const compare = (mutant: unknown, problem: string | undefined, isRight: boolean) => {
      assert.equal(problem === undefined, isRight, `${method}: ${JSON.stringify(mutant).slice(0, 500)} ${problem}`)
      if (isRight) accepted++
      else refused++
    }
    for (const mutant of mutants(wire.params)) {
      compare(mutant, problemOfParams(method, mutant), params.safeParse(mutant).success)
    }
    for (const mutant of mutants(wire.result)) {
      compare(mutant, problemOfResult(method, mutant), result.safeParse(mutant).success)
    }
  }
  assert(refused > 1_000 && accepted > 100, `${refused} refused, ${accepted} accepted`)
})

test('examples are of the network in docs/protocol.md', () => {
  const page = protocolExample()
  const asText = (value: string) => new TextDecoder().decode(Buffer.from(value.slice(2), 'hex'))
  const { peers, fingerprint, queue } = EXAMPLES.node_info.result
  const { torrent } = EXAMPLES.proof_export.result
  // What the page does not have: the name of another node, another asset, sums over all transactions and over the queue, a `.torrent` and a proof, which the code makes.
  const assets = EXAMPLES.account_assets.result.assets.map(({ asset }) => asset)
  const { opening } = EXAMPLES.bridge_balance.result
  const others = [...peers.map(({ id }) => id), fingerprint, queue, toWire(torrent), toWire(opening), ...assets]
  const strange: string[] = []
  const walk = (value: unknown) => {
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
    if (typeof value !== 'string' || !/^(0x[0-9a-f]{40,}|[0-9a-f]{40})$/.test(value) || others.includes(value)) return
    // A sealed header is there without its seal.
    const header = value.length === 2 + 2 * SEALED_BYTES ? value.slice(0, 2 + 2 * HEADER_BYTES) : value
    if (![value, asText(value), header].some((part) => page.includes(part))) strange.push(value)
  }
  for (const method of METHODS) walk([toWire(EXAMPLES[method].params), toWire(EXAMPLES[method].result)])
  assert.deepEqual(strange, [])
  const all = [...page.matchAll(/^(?:deposit )?infohash +([0-9a-f]{40})$/gm)].map(([, infohash = '']) => infohash)
  const sum = all.reduce((total, infohash) => total + BigInt(toHash(keccak(parseHex(infohash)))), 0n)
  const { lanes } = decodeSealed(EXAMPLES.bridge_block.result.sealed).header
  assert.equal(queue, toHash(keccak(concat(...LANES.map((lane) => toBytes(lanes[lane].hash))))))
  assert.deepEqual([all.length, BigInt(fingerprint)], [EXAMPLES.node_info.result.count, sum % 2n ** 256n])
})

test('the proof of a balance in the examples is that of the state after its block', () => {
  const { balance, opening } = EXAMPLES.bridge_balance.result
  const file = EXAMPLES.bridge_files.result.files.find(({ name }) => name.startsWith('outputs'))
  assert(file)
  const state = stateOf(decodeOutputs(file.bytes))
  const { owner } = EXAMPLES.bridge_balance.params
  assert.equal(stateRoot(state), decodeSealed(EXAMPLES.bridge_block.result.sealed).header.state)
  assert.deepEqual([balance, opening], [balanceOf(state, owner), encodeOpening(state, entryKey({ owner }))])
})

test('the block of the examples is what its sealed header says', () => {
  const { sealed, packedSteps, states, ...block } = EXAMPLES.bridge_block.result
  const decoded = decodeSealed(sealed)
  const { parent, height, target, state, stepCount, lanes, requestCount, requestsRoot } = decoded.header
  const said = { id: blockId(decoded), parent, height, miner: decoded.seal.miner, target, work: workOf(target), state }
  assert.deepEqual(block, { ...block, ...said, steps: stepCount, requests: requestCount, lanes: countsOf(lanes) })
  const [claim] = EXAMPLES.bridge_claims.result.claims
  assert(claim)
  const { number, step, recipient: to, gross, siblings } = claim
  const asked = { step, to, tokens: toBaseUnits(gross) }
  const index = Number(number - decoded.header.firstRequest)
  assert(isInTrace(requestsRoot, requestCount, index, requestLeaf(asked), siblings))
  const steps = splitSteps(packedSteps)
  assert.deepEqual(requestsIn(steps), [asked])
  const above = { id: parent, header: decodeSealed(EXAMPLES.bridge_template.result.parent.sealed).header }
  const { chain, bridge } = decoded.header
  assert.deepEqual(deriveHeader({ chain, bridge }, above, target, steps, splitStates(states)), decoded.header)
})

test('every error code is one that the node throws, and that some method answers', () => {
  const declared = new Set<string>([...METHODS.flatMap((method) => API[method].errors), ...TROUBLES])
  assert.deepEqual([...declared].sort(), Object.keys(ERRORS).sort())
})
