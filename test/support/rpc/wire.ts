// What the description of the RPC says of JSON on the wire, by a validator of others: whether parameters and results are what it promises.

import assert from 'node:assert/strict'
import { Validator } from '@cfworker/json-schema'
import { API, type Method } from '../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../node/rpc/examples.ts'
import { describeMethods, type JsonSchema } from '../../../node/rpc/open-rpc.ts'

export const DESCRIPTION = describeMethods(API, EXAMPLES, '1.2.3')

const params = new Map(
  DESCRIPTION.methods.map(({ name, params }) => {
    const properties = Object.fromEntries(params.map(({ name, schema }) => [name, schema]))
    const required = params.filter(({ required }) => required).map(({ name }) => name)
    return [name, validatorOf({ type: 'object', properties, required, additionalProperties: false })]
  }),
)
const results = new Map(DESCRIPTION.methods.map(({ name, result }) => [name, validatorOf(result.schema)]))

/** What is wrong with them; `undefined` if they are as described. */
export function problemOfParams(method: Method, value: unknown): string | undefined {
  return problemOf(params.get(method), value)
}

export function problemOfResult(method: Method, value: unknown): string | undefined {
  return problemOf(results.get(method), value)
}

/** Of a schema whose references lead into the description. */
export function validatorOf(schema: JsonSchema): Validator {
  return new Validator({ ...JSON.parse(JSON.stringify(schema)), components: DESCRIPTION.components }, '7', false)
}

function problemOf(validator: Validator | undefined, value: unknown): string | undefined {
  assert(validator)
  const { valid, errors } = validator.validate(value)
  return valid ? undefined : errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join('\n')
}
