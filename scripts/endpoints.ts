// What a running devnet leaves in its data folder, so that commands beside it need no flags: `<data>/devnet.json`.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { OperationError } from '../node/errors.ts'

const schema = z.object({
  /** URL of the RPC of the first node. */
  node: z.string(),
  ethereum: z.string(),
  deployment: z.string(),
  passphraseFile: z.string(),
  /** Of its Ethereum, to try a gateway with. */
  exampleToken: z.string().optional(),
  /** Process ids by name, of the moment. */
  processes: z.record(z.string(), z.int()),
})

export type Endpoints = z.output<typeof schema>

export function endpointsFile(data: string): string {
  return join(data, 'devnet.json')
}

/** `undefined` if no devnet runs on this data folder. Throws `OperationError('bad-endpoints')`. */
export function readEndpoints(data: string): Endpoints | undefined {
  const file = endpointsFile(data)
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return undefined
    throw new OperationError(
      'bad-endpoints',
      `expected what a devnet wrote to ${file}, got something else: ${cause}; remove the file, and restart the devnet if one runs`,
      { facts: { file }, cause },
    )
  }
}

export async function writeEndpoints(data: string, endpoints: Endpoints): Promise<void> {
  const file = endpointsFile(data)
  // Readers never see half of it.
  const temporary = `${file}.${randomUUID()}.tmp`
  await writeFile(temporary, `${JSON.stringify(endpoints, undefined, 2)}\n`)
  await rename(temporary, file)
}

export async function removeEndpoints(data: string): Promise<void> {
  await rm(endpointsFile(data), { force: true })
}
