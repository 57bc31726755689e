// Many calls of the harness of blobs in one, and what came of each: a call that reverts as a whole takes the chain a second.

import assert from 'node:assert/strict'
import { type Abi, decodeErrorResult, decodeFunctionResult, encodeFunctionData, type Hex } from 'viem'
import { readArtifact, type TestChain } from '../../support/contract/chain.ts'
import { deployHarness, type Harness } from './deploy.ts'

/** The custom error of a call that was refused; no name if it came without one. */
type Refusal = { readonly name: string; readonly args: readonly unknown[] }
type Outcome = { readonly isAnswer: boolean; readonly data: Hex }

export const BLOB_HARNESS = 'test/contract/harness/BlobHarness.sol/BlobHarness.json'
/** Gas for the row with the most elements; what the precompile refuses burns all of it. */
const ENOUGH = 1_200_000n
/** Calls in a call. */
const BATCH = 10

export class BlobTrials {
  readonly #harness: Harness
  readonly #abi: Abi

  private constructor(harness: Harness, abi: Abi) {
    this.#harness = harness
    this.#abi = abi
  }

  static async deploy(chain: TestChain): Promise<BlobTrials> {
    const { abi } = await readArtifact(BLOB_HARNESS)
    return new BlobTrials(await deployHarness(chain, 'BlobHarness'), abi)
  }

  encode(functionName: string, ...args: readonly unknown[]): Hex {
    return encodeFunctionData({ abi: this.#abi, functionName, args })
  }

  decode(functionName: string, data: Hex): unknown {
    return decodeFunctionResult({ abi: this.#abi, functionName, data })
  }

  call(functionName: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#harness.call(functionName, ...args)
  }

  async tryEach(calls: readonly Hex[], gas = calls.map(() => ENOUGH)): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (let first = 0; first < calls.length; first += BATCH) {
      const until = first + BATCH
      const some = await this.call('tryEach', calls.slice(first, until), gas.slice(first, until))
      outcomes.push(...(some as Outcome[]))
    }
    return outcomes
  }

  /** Undefined for a call that was answered. */
  async refusalsOf(calls: readonly Hex[]): Promise<(Refusal | undefined)[]> {
    return (await this.tryEach(calls)).map(({ isAnswer, data }) => {
      if (isAnswer) return undefined
      if (data === '0x') return { name: '', args: [] }
      const { errorName: name, args = [] } = decodeErrorResult({ abi: this.#abi, data })
      return { name, args }
    })
  }

  /** That each of these is refused with this error. */
  async assertRefused(name: string, calls: readonly Hex[]): Promise<void> {
    const names = (await this.refusalsOf(calls)).map((refusal) => refusal?.name)
    assert.deepEqual(names, Array(calls.length).fill(name))
  }

  async assertRefusedAs(name: string, args: readonly unknown[], call: Hex): Promise<void> {
    assert.deepEqual(await this.refusalsOf([call]), [{ name, args }])
  }
}
