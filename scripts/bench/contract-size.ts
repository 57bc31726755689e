// How large the deployed contracts are against what Ethereum accepts; run `npm run build` before.

import { readFile } from 'node:fs/promises'
import { OperationError } from '../../node/errors.ts'
import type { Bench } from './measure.ts'

/** Bytes of code that a contract may have (EIP-170). */
const LIMIT = 24_576
const CONTRACTS = ['Bridge', 'Judge', 'Reader', 'WrappedTTX']

export const bench: Bench = {
  name: 'contract-size',
  title: 'size of the deployed contracts against the limit of EIP-170',
  unit: 'bytes',
  rounds: 1,
  limits: CONTRACTS.map((contract) => ({ case: contract, of: 'median', atMost: LIMIT })),
  prepare: async () => {
    const sizes = await Promise.all(CONTRACTS.map(sizeOf))
    const contracts = CONTRACTS.map((name, i) => ({ name, run: () => sizes[i] ?? Number.NaN }))
    return { cases: [{ name: 'limit', run: () => LIMIT }, ...contracts], stop: () => undefined }
  },
}

async function sizeOf(contract: string): Promise<number> {
  const file = new URL(`../../artifacts/contracts/${contract}.sol/${contract}.json`, import.meta.url)
  try {
    const { deployedBytecode }: { deployedBytecode: string } = JSON.parse(await readFile(file, 'utf8'))
    return deployedBytecode.length / 2 - 1
  } catch (cause) {
    throw new OperationError('not-built', `expected ${contract} compiled in artifacts/: run \`npm run build\``, {
      cause,
    })
  }
}
