// What the compiler was given and what it said, as Hardhat keeps it beside the artifacts: for what is generated from more than one contract.

import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const artifacts = new URL('../../artifacts/', import.meta.url)
const offset = z.object({ start: z.number(), length: z.literal(32) })

const inputSchema = z.object({
  language: z.string(),
  sources: z.record(z.string(), z.object({ content: z.string() })),
  settings: z.looseObject({ outputSelection: z.unknown() }),
})
const outputSchema = z.object({
  sources: z.record(z.string(), z.object({ ast: z.unknown() })),
  contracts: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        evm: z.object({
          deployedBytecode: z.object({
            object: z.string(),
            immutableReferences: z.record(z.string(), z.array(offset)).default({}),
          }),
        }),
      }),
    ),
  ),
})

export type BuildInfo = {
  /** As Solidity's own binaries name themselves, without the leading v. */
  readonly solcLongVersion: string
  readonly input: z.output<typeof inputSchema>
  readonly output: z.output<typeof outputSchema>
}

/** Of the compilation that made an artifact. Throws if the contracts are not compiled. */
export async function readBuildInfo({ buildInfoId }: { readonly buildInfoId: string }): Promise<BuildInfo> {
  const read = async (end: string) =>
    JSON.parse(await readFile(new URL(`build-info/${buildInfoId}${end}`, artifacts), 'utf8'))
  const { solcLongVersion, input } = z
    .object({ solcLongVersion: z.string(), input: inputSchema })
    .parse(await read('.json'))
  const { output } = z.object({ output: outputSchema }).parse(await read('.output.json'))
  return { solcLongVersion, input, output }
}

type Syntax = { readonly nodeType: string } & Readonly<Record<string, unknown>>

/** All nodes of a syntax tree that are of this type. */
export function nodesOf(tree: unknown, nodeType: string): Syntax[] {
  if (typeof tree !== 'object' || tree === null) return []
  const below = Object.values(tree).flatMap((each) => nodesOf(each, nodeType))
  return isSyntax(tree) && tree.nodeType === nodeType ? [tree, ...below] : below
}

function isSyntax(value: object): value is Syntax {
  return 'nodeType' in value && typeof value.nodeType === 'string'
}
