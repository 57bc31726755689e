// What each call costs: the figures of the gas snapshot, which tests hold against the real contract.

import { gasFigures as snapshot } from '../../../../deployments/gas.ts'

const per = (total: number, count: number) => BigInt(Math.ceil(total / count))
const PUBLISH = BigInt(snapshot['publish, child'])
const STEP = per(snapshot['publish, 100 steps of 2 inputs'] - snapshot['publish, 0 steps of 1 inputs'], 100)
const RIVAL = BigInt(snapshot['publish, second sibling'] - snapshot['publish, first'])

/** Units of gas. */
export const GAS = {
  step: STEP,
  nominate: BigInt(snapshot['nominate']),
  finalize: BigInt(snapshot['finalize, fee']),
  refute: BigInt(snapshot['refute, 2 inputs, depth 20']),
  /** To get a bond, or what a forced transaction pays, out of the contract. */
  release: BigInt(snapshot['withdrawBond']),
  withdraw: BigInt(snapshot['withdraw']),
  claim: BigInt(snapshot['claim, new holder']),
  claimInBatch: per(snapshot['claimMany, 50 new holders'], 50),
  deposit: BigInt(snapshot['deposit']),
  force: BigInt(snapshot['force, 1 input']),
  forceInBatch: per(snapshot['force, 10'], 10),
} as const

export function publishGas(steps: number, rival: boolean): bigint {
  return PUBLISH + BigInt(steps) * STEP + (rival ? RIVAL : 0n)
}
