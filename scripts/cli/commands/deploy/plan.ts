// What is being deployed, on disk before anything is sent: a run that was killed goes on with exactly this, and does not make a second bridge.

import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../../../node/disk.ts'
import { writeDurably } from '../../../../node/durable.ts'
import { OperationError } from '../../../../node/errors.ts'
import { PARAMETER_NAMES, type Parameters, parametersOf } from '../../../../node/ethereum/deploying/parameters.ts'
import { encodeText } from '../../../../node/protocol/bytes.ts'
import { checkGenesis } from '../../../../node/protocol/genesis.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import { decodeTransaction, encodeTransaction, type GenesisTransaction } from '../../../../node/protocol/transaction.ts'
import { amount } from '../../../../node/schema.ts'

export type Plan = {
  readonly genesis: GenesisTransaction
  readonly parameters: Parameters
  /** Where the file of the network goes, absolute. */
  readonly out: string
}

const schema = z.object({
  version: z.literal(1),
  genesis: z.string(),
  parameters: z.record(z.string(), amount),
  out: z.string(),
})

/** One for each account and chain, as there is one outbox. */
export function planFile(data: string, chain: bigint, account: Address): string {
  return join(data, 'deploying', `${chain}-${account}.json`)
}

/** `undefined` if nothing is being deployed. Throws `OperationError('deployment-unfinished')` for what this program did not write so. */
export async function readPlan(file: string): Promise<Plan | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    const { genesis: written, parameters, out } = schema.parse(JSON.parse(text))
    const genesis = decodeTransaction(encodeText(written))
    if (genesis.kind !== 'genesis') throw new Error('it holds no genesis')
    checkGenesis(genesis)
    const choose = (name: string) => {
      const value = parameters[name]
      if (value === undefined) throw new Error(`it does not say ${name}`)
      return value
    }
    return { genesis, parameters: parametersOf(choose), out }
  } catch (cause) {
    throw new OperationError(
      'deployment-unfinished',
      `expected ${file} to hold a deployment as this program writes it, got ${cause}; move the file away once no transaction of the account is pending`,
      { facts: { file }, cause },
    )
  }
}

/** Throws `OperationError('write-failed')`. */
export async function writePlan(file: string, { genesis, parameters, out }: Plan): Promise<void> {
  await makeFolder(dirname(file))
  const plan: z.input<typeof schema> = {
    version: 1,
    genesis: new TextDecoder().decode(encodeTransaction(genesis)),
    parameters: Object.fromEntries(PARAMETER_NAMES.map((name) => [name, parameters[name].toString()])),
    out,
  }
  await writeDurably(file, `${JSON.stringify(plan, undefined, 2)}\n`)
}

export async function removePlan(file: string): Promise<void> {
  await rm(file, { force: true })
}
