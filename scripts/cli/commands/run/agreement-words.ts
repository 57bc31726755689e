// How a peer stands to a node, in a few words.

import type { Result as RpcResult } from '../../../../node/rpc/api.ts'

type Agreement = RpcResult<'node_peers'>['peers'][number]['agreement']

/** As in `behind: 3 payments, 1 block`. */
export function agreementWords(agreement: Agreement): string {
  const { verdict, since, rivals } = agreement
  switch (verdict) {
    case 'in-step':
      return 'in step'
    case 'other-branch':
      return since === undefined ? 'other branch' : `other branch since height ${since.height}`
    case 'first-seen':
      return `other first-seen: ${amountOf(rivals?.length ?? 0, 'double spend')}`
    case 'unknown':
      return 'not known'
    case 'behind':
      return told('behind', [agreement.lacks, 'payment'], [agreement.blocksBehind, 'block'])
    case 'ahead':
      return told('ahead', [agreement.has, 'payment'], [agreement.blocksAhead, 'block'])
    case 'differs':
      return agreement.lacks === undefined || agreement.has === undefined
        ? 'differs'
        : `differs: lacks ${agreement.lacks}, has ${agreement.has} more`
  }
}

function told(word: string, ...amounts: readonly (readonly [number | undefined, string])[]): string {
  const parts = amounts.flatMap(([count, unit]) => (count === undefined || count === 0 ? [] : [amountOf(count, unit)]))
  return parts.length === 0 ? word : `${word}: ${parts.join(', ')}`
}

function amountOf(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
