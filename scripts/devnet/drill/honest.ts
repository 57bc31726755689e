// What an honest miner who accepts everything would put into a block.

import { chooseSteps } from '../../../miner/assemble.ts'
import type { Candidate } from '../../../miner/ranking.ts'
import type { ParentBlock } from '../../../node/protocol/block.ts'
import type { QueueEntry } from '../../../node/protocol/queue.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import type { State } from '../../../node/protocol/state.ts'
import { toGasPrice } from '../../../node/protocol/units.ts'
import { verifyPacked } from '../../../node/protocol/verify.ts'

/** Gas costs nearly nothing, so that every request pays. */
const POLICY = { weiPerTtx: 10n ** 18n, gasPrice: toGasPrice(1n), marginPercent: 0n, extraGas: 0n, unpaidSteps: 50 }

/** Every step is valid in its place. `queue` begins at the parent's count; candidates that do not apply here are left out. */
export function honestSteps(
  rules: Rules,
  parent: ParentBlock,
  queue: readonly QueueEntry[],
  candidates: readonly Candidate[],
): readonly { readonly step: Uint8Array; readonly after: State }[] {
  const verify = ({ packed }: Candidate) => {
    const verified = verifyPacked(rules, packed)
    return typeof verified === 'string' ? undefined : verified
  }
  return chooseSteps(rules, parent, { queue, candidates, verify }, POLICY, 'calldata').steps
}
