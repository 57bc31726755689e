// Deploys the contracts of this folder, which open internal libraries to tests, and gives a way to call them.

import type { Hex } from 'viem'
import { readArtifact, type TestChain } from '../../support/contract/chain.ts'

export type Harness = {
  /** Calls a function without a transaction, and gives what viem decodes. */
  readonly call: (functionName: string, ...args: readonly unknown[]) => Promise<unknown>
}

/** Deploys what `npm run build` made of `name`.sol of this folder. */
export async function deployHarness(chain: TestChain, name: string): Promise<Harness> {
  const artifact = `test/contract/harness/${name}.sol/${name}.json`
  const address: Hex = await chain.deploy(artifact, [])
  const { abi } = await readArtifact(artifact)
  return { call: (functionName, ...args) => chain.client.readContract({ address, abi, functionName, args }) }
}
