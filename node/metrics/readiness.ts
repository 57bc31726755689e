// Whether a node does what it is for: it has its beginning, and is in step with Ethereum. Without endpoints there is nothing to be in step with.

import type { Result } from '../rpc/api.ts'
import type { Reason } from './server.ts'

type Status = Pick<Result<'node_status'>, 'bridge' | 'behind'>

/** Ethereum has a block every twelve seconds: where the newest one is this old, it is not the newest any more. */
export const STUCK_SECONDS = 900

/** The codes are those of `ttx node status`, and `beginning`. */
export function unreadyOf({ bridge, behind }: Status): readonly Reason[] {
  const reasons: Reason[] = []
  const add = (code: string, what: string) => void reasons.push({ code, what })
  if (bridge.state === 'dead') add('bridge-dead', 'the bridge made a block final that this node refutes')
  if (bridge.beginning !== undefined) add('beginning', 'it has not got the balances yet with which it begins')
  if (bridge.state === 'unknown')
    add('cannot-see', `it does not trust what it sees of Ethereum: ${bridge.problem ?? 'it does not say why'}`)
  if (bridge.state === 'syncing')
    add('syncing', `it still reads Ethereum${behind === undefined ? '' : `, ${behind.blocks} blocks to go`}`)
  if (bridge.state === 'live' && behind !== undefined && behind.seconds > STUCK_SECONDS)
    add('ethereum-old', `the newest block of Ethereum is ${behind.seconds} s old`)
  return reasons
}
