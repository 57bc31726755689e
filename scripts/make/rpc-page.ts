// Writes docs/rpc.md from the description of the RPC: `npx node scripts/make/rpc-page.ts`. A test holds the two together.

import { writeFile } from 'node:fs/promises'
import { API } from '../../node/rpc/api.ts'
import { EXAMPLES } from '../../node/rpc/examples.ts'
import {
  DOMAIN_ERROR,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  LIMIT_EXCEEDED,
  METHOD_NOT_FOUND,
  MOST_REQUESTS,
  PARSE_ERROR,
} from '../../node/rpc/json-rpc.ts'
import { describeMethods, type ErrorObject, type JsonSchema, type MethodObject } from '../../node/rpc/open-rpc.ts'
import { MAX_BODY_BYTES } from '../../node/rpc/server.ts'
import { settingDefault } from '../settings.ts'
import { formatJson } from './short-json.ts'

export const RPC_PAGE = new URL('../../docs/rpc.md', import.meta.url)

type Member = {
  readonly name: string
  readonly isOptional: boolean
  readonly schema: JsonSchema
  readonly about: string
}

const LARGEST = Number.MAX_SAFE_INTEGER

/** The whole page. */
export function rpcPage(): string {
  const { methods, components } = describeMethods(API, EXAMPLES, '')
  const everywhere = codesOf(methods[0]?.errors ?? []).filter((code) =>
    methods.every(({ errors }) => codesOf(errors).includes(code)),
  )
  const parts = [
    head(),
    '## Methods',
    table(
      ['method', 'what it does'],
      methods.map(({ name, summary }) => [link(name), summary]),
    ),
    ...methods.flatMap((method) => methodParts(method, everywhere)),
    '## Errors',
    `An error has a \`code\` of JSON-RPC. Where that is ${DOMAIN_ERROR}, \`data\` has the \`family\` (\`rule\`: what was sent breaks a rule, and will again; \`operation\`: something around
it failed, and \`data.retry\` says whether the same call may succeed later), a \`code\` for programs, and \`facts\`.`,
    table(
      ['`code`', 'meaning'],
      Object.entries(PROTOCOL_ERRORS).map(([code, about]) => [code, about]),
    ),
    `Any method may answer ${listOf(everywhere.map((code) => `\`${code}\``))}.`,
    table(['`data.code`', 'family', 'meaning'], errorRows(methods)),
    '## Types',
    ...Object.entries(components.schemas).flatMap(([name, schema]) => typeParts(name, schema)),
  ]
  return `${parts.join('\n\n')}\n`
}

const PROTOCOL_ERRORS: Readonly<Record<string, string>> = {
  [`${PARSE_ERROR}`]: 'The body is not JSON.',
  [`${INVALID_REQUEST}`]: 'Not a request, or a batch of too many.',
  [`${METHOD_NOT_FOUND}`]: 'No such method.',
  [`${INVALID_PARAMS}`]: 'The parameters are not those of the method; the message says what was expected.',
  [`${INTERNAL_ERROR}`]: 'A bug of the node; its log says which.',
  [`${LIMIT_EXCEEDED}`]: 'The answers to a batch are too long: send this request of it again in another one.',
  [`${DOMAIN_ERROR}`]: 'A rule or an operation failed.',
}

function head(): string {
  const { owner } = EXAMPLES.account_balance.params
  const url = `http://${settingDefault('rpcHost')}:${settingDefault('rpcPort')}`
  return `# JSON-RPC

<!-- Written by scripts/make/rpc-page.ts from node/rpc/methods/ and node/rpc/examples.ts: edit those. -->

A node answers [JSON-RPC 2.0](https://www.jsonrpc.org/specification) by HTTP POST, at ${url} by default. Anyone who reaches the port may use it: the node
holds no keys, but can be asked for much.

\`\`\`sh
curl -s ${url} -H 'content-type: application/json' \\
  -d '{"jsonrpc":"2.0","id":1,"method":"account_balance","params":["${owner}"]}'
\`\`\`

- Parameters come by name or by position, in the order of the tables. By position, \`null\` leaves out what may be left out.
- A batch has at most ${MOST_REQUESTS} requests, of which a few run at the same time, a body at most ${MAX_BODY_BYTES / 2 ** 20} MiB. A batch with one answer gives it without its list, against the specification.
- Requests without \`id\` are carried out and not answered (HTTP 204).
- Of too many connections the one goes that has been there longest and is not being answered; so does one that reads nothing of its answer for a minute, or asks again before its answer has gone.
- Wallets and tools that know Ethereum only have [a port of their own](ethereum-rpc.md).
- Requests from web pages other than the node's own, with another content type or a foreign host name are refused, since a page must not reach the node behind your back.
- \`rpc.discover\` answers this page as an [OpenRPC](https://spec.open-rpc.org) document.
- In TypeScript: \`createNodeClient(url).call(method, params)\` of \`node/client/rpc.ts\` (\`torrenttx/client/rpc\` in the npm package), with amounts as \`bigint\` and bytes as \`Uint8Array\`.

The examples are of the network in the [worked example](protocol.md#8-worked-example) of the protocol; long values are cut.`
}

function methodParts({ name, summary, params, result, errors, examples }: MethodObject, everywhere: readonly string[]) {
  const members = params.map(({ name, required, schema, description }) => {
    return { name, isOptional: !required, schema, about: description ?? '' }
  })
  const codes = codesOf(errors).filter((code) => !everywhere.includes(code))
  const [example] = examples
  const call = Object.fromEntries(example?.params.map(({ name, value }) => [name, value]) ?? [])
  const isNamed = result.schema.$ref !== undefined
  return [
    `### ${name}`,
    summary,
    members.length === 0 ? 'No parameters.' : table(['parameter', 'type', 'meaning'], memberRows(members, 'default')),
    isNamed ? `Result: ${typeOf(result.schema)}.` : 'Result:',
    ...(isNamed ? [] : [table(['member', 'type', 'meaning'], memberRows(membersOf(result.schema), 'absent'))]),
    ...(codes.length === 0 ? [] : [`[Errors](#errors): ${codes.map((code) => `\`${code}\``).join(', ')}.`]),
    fenced({ method: name, params: call }),
    fenced({ result: example?.result.value }),
  ]
}

function fenced(value: object): string {
  return `\`\`\`json\n${formatJson(value)}\n\`\`\``
}

function typeParts(name: string, schema: JsonSchema): string[] {
  const { description, ...plain } = schema
  const about = description === undefined ? [] : [description]
  if (schema.type !== 'object') return [`### ${name}`, ...about, `JSON: ${typeOf(plain)}.`]
  return [`### ${name}`, ...about, table(['member', 'type', 'meaning'], memberRows(membersOf(schema), 'absent'))]
}

function memberRows(members: readonly Member[], ifOptional: 'default' | 'absent'): string[][] {
  return members.map(({ name, isOptional, schema, about }) => {
    const value = schema.default === undefined ? 'may be left out' : `default \`${JSON.stringify(schema.default)}\``
    const note = !isOptional ? '' : ifOptional === 'default' ? value : 'may be absent'
    return [`\`${name}\``, `${typeOf(schema)}${note === '' ? '' : `, ${note}`}`, about]
  })
}

function membersOf({ properties = {}, required = [] }: JsonSchema): Member[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    if (typeof schema === 'boolean') return []
    return { name, isOptional: !required.includes(name), schema, about: schema.description ?? '' }
  })
}

function typeOf(schema: JsonSchema): string {
  const [only] = schema.allOf ?? []
  if (only !== undefined) return typeOf(only)
  if (schema.$ref !== undefined) return link(schema.$ref.replace(/^.*\//, ''))
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ')
  const kinds = schema.oneOf ?? schema.anyOf
  if (kinds !== undefined) return kinds.map(typeOf).join(' or ')
  if (schema.const !== undefined) return `\`${schema.const}\``
  switch (schema.type) {
    case 'array': {
      const most = schema.maxItems === undefined ? '' : ` (at most ${schema.maxItems.toLocaleString('en')})`
      return `list of ${isSchema(schema.items) ? typeOf(schema.items) : 'anything'}${most}`
    }
    case 'object':
      return `{ ${membersOf(schema)
        .map(({ name, isOptional, schema }) => `\`${name}\`${isOptional ? '?' : ''}: ${typeOf(schema)}`)
        .join(', ')} }`
    case 'integer':
      return `integer${rangeOf(schema)}`
    case 'string':
      return `string${schema.pattern === undefined ? '' : ` like \`${schema.pattern}\``}`
    default:
      return `${schema.type}`
  }
}

/** Bounds that the schema sets; those of what a double can hold are left out. */
function rangeOf({ minimum = -LARGEST, maximum = LARGEST }: JsonSchema): string {
  if (maximum < LARGEST) return ` from ${minimum.toLocaleString('en')} to ${maximum.toLocaleString('en')}`
  return minimum > -LARGEST ? `, at least ${minimum}` : ''
}

function isSchema(items: JsonSchema['items']): items is JsonSchema {
  return typeof items === 'object' && !Array.isArray(items)
}

function codesOf(errors: readonly ErrorObject[]): string[] {
  return errors.flatMap(({ data }) => data.map(({ code }) => code))
}

/** Each code once, in the order in which the methods have them. */
function errorRows(methods: readonly MethodObject[]): string[][] {
  const all = methods.flatMap(({ errors }) => errors.flatMap(({ data }) => data))
  const rows = new Map(all.map(({ code, family, about }) => [code, [`\`${code}\``, family, about]]))
  return [...rows.values()]
}

function listOf(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

function link(name: string): string {
  return `[${name}](#${name.toLowerCase().replaceAll('.', '')})`
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}

if (import.meta.main) await writeFile(RPC_PAGE, rpcPage())
