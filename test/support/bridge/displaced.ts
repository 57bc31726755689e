// Which blocks of a view lost for good, read from the view alone: what a follower says of them is compared with it.

import { ancestry, type BridgeView, blockOf } from '../../../node/bridge/view.ts'
import type { Hash } from '../../../node/protocol/ids.ts'

/** Whether a final block stands where `id` would: it is on no branch any more, and can never be final. */
export function isDisplaced(view: BridgeView, id: Hash): boolean {
  const block = blockOf(view, id)
  if (block.finality !== undefined || id === view.root) return false
  for (const above of ancestry(view, id)) {
    if (above.id === view.final) return false
    if (above.finality !== undefined || above.id === view.root) return true
  }
  return true
}
