// The description of a table of methods as an OpenRPC document (https://spec.open-rpc.org): what `rpc.discover` returns.

import { z } from 'zod'
import { toWire } from './json.ts'
import { DOMAIN_ERROR } from './json-rpc.ts'
import { ERRORS, type ErrorSpec, TROUBLES } from './methods/errors.ts'
import type { MethodSpec, MethodTable } from './methods/table.ts'

export type JsonSchema = z.core.JSONSchema.BaseSchema
type ContentDescriptor = {
  readonly name: string
  readonly description?: string
  readonly required: boolean
  readonly schema: JsonSchema
}
export type ErrorObject = {
  readonly code: number
  readonly message: string
  readonly data: readonly (ErrorSpec & { readonly code: string })[]
}
type Value = { readonly name: string; readonly value: unknown }
export type MethodObject = {
  readonly name: string
  readonly summary: string
  readonly paramStructure: 'either'
  readonly params: readonly ContentDescriptor[]
  readonly result: ContentDescriptor
  readonly errors: readonly ErrorObject[]
  readonly examples: readonly { readonly name: string; readonly params: readonly Value[]; readonly result: Value }[]
}
export type OpenRpcDocument = {
  readonly openrpc: string
  readonly info: { readonly title: string; readonly version: string; readonly license: { readonly name: string } }
  readonly methods: MethodObject[]
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

/** Parameters and result of one call of each method, as values of the domain. */
export type Examples = Readonly<Record<string, { readonly params: object; readonly result: unknown }>>

/** 1.4 says the same, and tools know 1.3. */
const OPEN_RPC_VERSION = '1.3.2'
const RESULT = 'result'

/** `version` is that of the program. JSON, as it is on the wire: amounts are strings. Throws a `RangeError` where an example is missing. */
export function describeMethods(methods: MethodTable, examples: Examples, version: string): OpenRpcDocument {
  const schemas = new Map<string, JsonSchema>()
  const described = Object.entries(methods).map(([name, spec]) => describeMethod(name, spec, examples, schemas))
  return {
    openrpc: OPEN_RPC_VERSION,
    info: { title: 'TorrentTX node', version, license: { name: 'MIT' } },
    methods: described,
    components: { schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))) },
  }
}

function describeMethod(
  name: string,
  { summary, params, result, errors }: MethodSpec,
  examples: Examples,
  schemas: Map<string, JsonSchema>,
): MethodObject {
  const example = examples[name]
  if (example === undefined) throw new RangeError(`expected an example of ${name}`)
  const values = Object.entries(toWire(example.params) as object) // what is an object stays one
  return {
    name,
    summary,
    paramStructure: 'either',
    params: paramsOf(schemaOf(params, schemas)),
    result: { name: RESULT, required: true, schema: schemaOf(result, schemas) },
    errors: [
      {
        code: DOMAIN_ERROR,
        message: 'A rule or an operation failed: `data.family` and `data.code` are those of one of these.',
        data: [...errors, ...TROUBLES].map((code) => ({ code, ...ERRORS[code] })),
      },
    ],
    examples: [
      {
        name: `example of ${name}`,
        params: values.map(([param, value]) => ({ name: param, value })),
        result: { name: RESULT, value: toWire(example.result) },
      },
    ],
  }
}

/** In the order by position. */
function paramsOf({ properties = {}, required = [] }: JsonSchema): ContentDescriptor[] {
  return Object.entries(properties).map(([name, member]) => {
    const { description, ...schema } = typeof member === 'boolean' ? {} : member
    return {
      name,
      ...(description === undefined ? {} : { description }),
      required: required.includes(name),
      schema: onlyReference(schema),
    }
  })
}

/**
 * What is on the wire: the input of a schema, also of a result, which `toWire` writes as its schema reads it. What has a name goes into
 * `schemas`. A type that JSON Schema lacks has to say in its `meta` what it is there.
 */
function schemaOf(schema: z.ZodType, schemas: Map<string, JsonSchema>): JsonSchema {
  const made = JSON.stringify(z.toJSONSchema(schema, { io: 'input', target: 'draft-07', unrepresentable: 'any' }))
  const pointed: JsonSchema & { readonly definitions?: Readonly<Record<string, JsonSchema>> } = JSON.parse(
    made.replaceAll('"#/definitions/', '"#/components/schemas/'),
  )
  const { $schema: _, definitions = {}, ...rest } = pointed
  for (const [name, named] of Object.entries(definitions)) schemas.set(name, named)
  return rest
}

/** A reference that may be left out comes wrapped. */
function onlyReference(schema: JsonSchema): JsonSchema {
  const { allOf = [], ...rest } = schema
  const [only, ...others] = allOf
  return only !== undefined && others.length === 0 && Object.keys(rest).length === 0 ? only : schema
}
