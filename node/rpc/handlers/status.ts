// What a node can say of its view of Ethereum, as the RPC says it.

import type { BridgeFollower } from '../../bridge/follower.ts'
import { preferredTip } from '../../bridge/fork-choice.ts'
import { type BridgeBlock, blockOf } from '../../bridge/view.ts'
import type { Result } from '../api.ts'

export function bridgeStatusOf(parts: {
  readonly follower: (Pick<BridgeFollower, 'view' | 'status'> & Partial<Pick<BridgeFollower, 'beginning'>>) | undefined
}): Result<'bridge_blocks'>['status'] {
  const { follower } = parts
  if (follower === undefined) return { state: 'off' }
  const { status, view } = follower
  return {
    state: status.state,
    ...(status.state === 'unknown' ? { problem: status.problem } : {}),
    ...(status.at ? { ethereumBlock: status.at.number, ethereumTime: Number(status.at.time) } : {}),
    final: refOf(blockOf(view, view.final)),
    tip: refOf(preferredTip(view)),
    ...(follower.beginning === undefined ? {} : { beginning: follower.beginning }),
  }
}

export function refOf(block: BridgeBlock) {
  return { id: block.id, height: block.sealed.header.height }
}
