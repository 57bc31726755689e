// What a payment that came without the work that other nodes ask for is shown with, wherever its status is.

import type { Result as RpcResult } from '../../../node/rpc/api.ts'

type Known = Pick<RpcResult<'tx_get'>, 'relayBits'>

/** That others may not take it from this node. */
export function relayRows({ relayBits }: Known): [string, string][] {
  if (relayBits === undefined) return []
  return [
    [
      'careful',
      `many payments hang on the same coin, and other nodes ask for ${relayBits} zero bits in front of the infohash of the next one, which this one, or one that it stands on, lacks: they may refuse it until a block orders it, or some of the others. Count on it when it is ordered, or ask for a payment from another coin`,
    ],
  ]
}

/** The status in a list, marked where `relayRows` of it says something. */
export function markedStatus({ status, relayBits }: Known & { readonly status: string }): string {
  return relayBits === undefined ? status : `${status}!`
}

/** What the mark in a list means, if there is one. */
export function markRows(listed: readonly Known[]): [string, string][] {
  if (listed.every(({ relayBits }) => relayBits === undefined)) return []
  return [['careful', 'other nodes may refuse what is marked with "!": "ttx status" of it says why']]
}
