// Many rows in blobs before the judge in one call, with what the blobs state instead of openings, and what came of each.

import assert from 'node:assert/strict'
import {
  type Abi,
  decodeErrorResult,
  decodeFunctionResult,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
} from 'viem'
import { proveRow } from '../../../miner/watch/refutation.ts'
import type { Refutation } from '../../../node/ethereum/refute-call.ts'
import { elementAt } from '../../../node/protocol/blob.ts'
import { type BlobBlock, splitHead } from '../../../node/protocol/blob-block.ts'
import { readRow } from '../../../node/protocol/blob-row.ts'
import { formatHex, parseHex } from '../../../node/protocol/bytes.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import type { State } from '../../../node/protocol/state.ts'
import { readLanes } from '../../../node/protocol/step.ts'
import type { Scene } from '../../../scripts/assure/models/blobs/scene.ts'
import { readArtifact, TestChain } from '../../support/contract/chain.ts'

type Shown = NonNullable<Parameters<typeof proveRow>[5]>
/** `wrong` or `right`, or the name of the error; `no words` if it came without one. */
export type Answer = string

const ARTIFACT = 'test/contract/harness/RowJudge.sol/RowJudge.json'
const ENTRY = {
  type: 'tuple',
  components: ['bytes32 state', 'uint256 end', 'uint256 requests', 'uint256 growth'].map((each) => {
    const [type = '', name = ''] = each.split(' ')
    return { type, name }
  }),
} as const
/** Calls in a call: what they take together stays below the gas of one. */
const BATCH = 24

export class RowTrials implements AsyncDisposable {
  readonly #chain: TestChain
  readonly #judge: Hex
  readonly #abi: Abi

  private constructor(chain: TestChain, judge: Hex, abi: Abi) {
    this.#chain = chain
    this.#judge = judge
    this.#abi = abi
  }

  static async start(): Promise<RowTrials> {
    const chain = await TestChain.start()
    const { abi } = await readArtifact(ARTIFACT)
    return new RowTrials(chain, await chain.deploy(ARTIFACT, []), abi)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chain[Symbol.asyncDispose]()
  }

  /** The call of the judge that a bridge makes of a refutation. */
  encode(scene: Scene, block: BlobBlock, refutation: Refutation): Hex {
    const { rules, parent, book } = { ...scene, rules: scene.world.rules }
    const place = readLanes(parent.sealed.header.lanes, splitHead(block).entries).places[refutation.proof.index]
    const spot = place ? book.spotOf(place) : { before: ZERO_HASH, beyond: ZERO_HASH }
    const { index, hashes, step, opening, witness, forced, request } = refutation.proof
    const proof = {
      index: BigInt(index),
      hashes,
      step: hex(step),
      opening: hex(opening),
      witness: hex(witness),
      forced: forced ? hex(forced) : '0x',
      request: request ?? [],
    }
    const headers = [refutation.block, refutation.parent].map((each) => hex(encodeSealed(each)))
    return encodeFunctionData({ abi: this.#abi, functionName: 'isWrong', args: [rules, ...headers, spot, proof] })
  }

  async judge(calls: readonly Hex[]): Promise<Answer[]> {
    const answers: Answer[] = []
    for (let first = 0; first < calls.length; first += BATCH) {
      const data = encodeFunctionData({
        abi: this.#abi,
        functionName: 'judgeMany',
        args: [calls.slice(first, first + BATCH)],
      })
      const answer = await this.#chain.request('eth_call', [{ to: this.#judge, data, gas: '0x1000000' }, 'latest'])
      const outcomes = decodeFunctionResult({ abi: this.#abi, functionName: 'judgeMany', data: answer as Hex })
      answers.push(...(outcomes as { isAnswer: boolean; data: Hex }[]).map((each) => this.#nameOf(each)))
    }
    assert.equal(answers.length, calls.length)
    return answers
  }

  #nameOf({ isAnswer, data }: { readonly isAnswer: boolean; readonly data: Hex }): Answer {
    if (isAnswer) return BigInt(data) === 1n ? 'wrong' : 'right'
    return data === '0x' ? 'no words' : decodeErrorResult({ abi: this.#abi, data }).errorName
  }
}

/** The proof of a row as a watcher makes it, with what the blobs state in the place of openings. */
export async function believedProof(
  { world, parent }: Scene,
  block: BlobBlock,
  before: State,
  index: number,
  shown: Shown = {},
): Promise<Refutation> {
  const scene = { parent: parent.sealed, block }
  const refutation = await proveRow(world.rules, scene, before, index, openNothing, shown)
  return { ...refutation, proof: { ...refutation.proof, opening: statedOpening(block, index) } }
}

/** What `RowJudge` takes for an opening of a row. */
export function statedOpening({ blobs, sealed }: BlobBlock, index: number): Uint8Array {
  const row = readRow(blobs, sealed.header.stepCount, index)
  const nothing = { state: ZERO_HASH, requests: 0, growth: 0 }
  const entries = [
    { ...nothing, ...row.before, end: row.begin },
    { ...nothing, end: row.end, ...row.own },
  ].map(({ state, end, requests, growth }) => ({
    state,
    end: BigInt(end),
    requests: BigInt(requests),
    growth: BigInt(growth & 0xffff),
  }))
  return parseHex(encodeAbiParameters([ENTRY, ENTRY], entries as never))
}

/** Elements without proof. */
export async function openNothing(blobs: readonly Uint8Array[], elements: readonly number[]) {
  return elements.map((element) => {
    return { element: elementAt(blobs, element), commitment: new Uint8Array(48), proof: new Uint8Array(48) }
  })
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
