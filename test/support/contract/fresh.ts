// A bridge that is deployed once for the tests of a file, and before each of them is as it was, an hour later.

import { after, beforeEach } from 'node:test'
import { packedBytes, proofOf, type TestBlock, transactionStep } from './blocks.ts'
import { type Fixture, HOUR } from './fixture.ts'

/** From now on. Returns the second at which everything begins; the first test is an hour later. */
export async function freshForEach(fixture: Fixture): Promise<bigint> {
  const { chain } = fixture
  const { time: start, baseFee } = chain
  let revert = await chain.snapshot()
  after(() => fixture[Symbol.asyncDispose]())
  beforeEach(async () => {
    await revert()
    revert = await chain.snapshot()
    chain.time = start + HOUR
    chain.baseFee = baseFee
  })
  return start
}

/** A final block, from which `holder` has 99 wTTX. */
export async function fund(fixture: Fixture) {
  const [holder, payee] = [fixture.account(0), fixture.account(5)]
  fixture.pass(HOUR)
  const request = transactionStep({ payee: holder, request: true, tokens: 100n * 10n ** 18n })
  const base = await fixture.extendFinal(fixture.genesis, { steps: [request] })
  await fixture.claim(base, proofOf(base, 0))
  /** Makes `count` forced entries of different transactions and answers these. */
  const forceMany = async (count: number): Promise<Uint8Array[]> => {
    const many = Array.from({ length: count }, (_, seed) => packedBytes({ payee, seed }))
    for (let i = 0; i < count; i += 50) await fixture.force(many.slice(i, i + 50))
    return many
  }
  return { holder, payee, base, forceMany }
}

/** What the miner of a block of the `steps` of `raceWords` earns. */
export const FEE = 1_000n

/** What races are told with: times count from an hour after `start`. */
export function raceWords(fixture: Fixture, start: bigint) {
  const { chain } = fixture
  const recipient = fixture.account(5)
  return {
    recipient,
    /** A request that pays the miner `FEE` and the recipient 99 times that. */
    steps: [transactionStep({ payee: recipient, request: true, tokens: 100n * FEE })],
    at: (hours: bigint, seconds = 0n) => {
      chain.time = start + HOUR * (1n + hours) + seconds
    },
    /** Harder than `parent` can ask for: half its target. */
    heavy: (parent: TestBlock) => ({ target: parent.header.target >> 1n }),
    light: (parent: TestBlock) => ({ target: (parent.header.target * 3n) >> 2n }),
  }
}
