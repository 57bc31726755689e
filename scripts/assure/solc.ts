// The Solidity compiler from npm in this process, for tools that compile changed contracts without Hardhat's cache.

import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const root = new URL('../..', import.meta.url).pathname
const require = createRequire(import.meta.url)

/** Those of hardhat.config.ts; without metadata, so that code that does the same is the same. */
const SETTINGS = {
  evmVersion: 'osaka',
  viaIR: false,
  optimizer: { enabled: true, runs: 200 },
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
}

const outputSchema = z.object({
  errors: z
    .array(
      z.object({
        severity: z.string(),
        errorCode: z.string().optional(),
        message: z.string(),
        formattedMessage: z.string(),
        sourceLocation: z.object({ file: z.string(), start: z.number(), end: z.number() }).optional(),
      }),
    )
    .default([]),
  sources: z.record(z.string(), z.object({ id: z.number(), ast: z.unknown().optional() })).default({}),
  contracts: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
})
export type CompilerOutput = z.infer<typeof outputSchema>

const codeSchema = z.object({
  evm: z.object({
    bytecode: z.object({ object: z.string() }),
    deployedBytecode: z.object({ object: z.string() }),
  }),
})
/** Code of a contract in hex, without 0x. */
export type Code = { readonly creation: string; readonly deployed: string }

/** Our contracts and the harnesses of their tests, by their paths. */
export function readSources(): Record<string, string> {
  const files = globSync(['contracts/**/*.sol', 'test/contract/**/*.sol'], { cwd: root }).toSorted()
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
}

/**
 * Compiles by standard JSON.
 * @param selection which outputs, as `outputSelection` has them
 * @param settings what else the compiler shall do
 */
export function compile(
  sources: Readonly<Record<string, string>>,
  selection: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
  settings: Readonly<Record<string, unknown>> = {},
  callbacks: Readonly<Record<string, unknown>> = {},
): CompilerOutput {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
    settings: { ...SETTINGS, ...settings, outputSelection: selection },
  }
  // Loaded when it is needed: it takes a quarter of a second.
  const solc: { compile: (input: string, callbacks: object) => string } = require('solc')
  return outputSchema.parse(JSON.parse(solc.compile(JSON.stringify(input), { import: readImport, ...callbacks })))
}

/** The code of contracts, each named `path:Contract`, or what the compiler has against it. */
export function compileCode(
  sources: Readonly<Record<string, string>>,
  names: readonly string[],
): ReadonlyMap<string, Code> | { readonly error: string } {
  const selection: Record<string, Record<string, string[]>> = {}
  for (const name of names) {
    const [file = '', contract = ''] = name.split(':')
    selection[file] = { ...selection[file], [contract]: ['evm.bytecode.object', 'evm.deployedBytecode.object'] }
  }
  const { errors, contracts } = compile(reachedFrom(Object.keys(selection), sources), selection)
  const error = errors.find(({ severity }) => severity === 'error')
  if (error) return { error: error.formattedMessage }
  return new Map(
    names.map((name) => {
      const [file = '', contract = ''] = name.split(':')
      const { evm } = codeSchema.parse(contracts[file]?.[contract])
      return [name, { creation: evm.bytecode.object, deployed: evm.deployedBytecode.object }]
    }),
  )
}

/**
 * The sources that these files import, by any way: the compiler would check all others too.
 * @param but no way leads through these
 */
export function reachedFrom(
  files: readonly string[],
  sources: Readonly<Record<string, string>>,
  but: readonly string[] = [],
): Record<string, string> {
  const reached = new Set(files)
  for (const file of reached) {
    for (const [, path = ''] of (sources[file] ?? '').matchAll(/^import [^"]*"(\.[^"]*)";/gm)) {
      const imported = join(dirname(file), path)
      if (!but.includes(imported)) reached.add(imported)
    }
  }
  return Object.fromEntries(Object.entries(sources).filter(([file]) => reached.has(file)))
}

function readImport(path: string): { contents: string } | { error: string } {
  try {
    return { contents: readFileSync(join(root, path.startsWith('contracts/') ? '' : 'node_modules', path), 'utf8') }
  } catch (error) {
    return { error: String(error) }
  }
}
