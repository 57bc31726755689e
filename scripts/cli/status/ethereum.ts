// What a transaction of Ethereum did at the bridge: `ttx status` of its hash.

import { formatAmount } from '../../../node/client/amount.ts'
import type { Act } from '../../../node/ethereum/acts.ts'
import type { EthereumTransaction } from '../ids/named.ts'

export function ethereumStatus({ hash, block, success, made }: EthereumTransaction) {
  const result = success ? 'carried out' : 'FAILED: it changed nothing, and cost its gas'
  const rows: [string, string][] = [
    ['transaction', `${hash} of Ethereum`],
    ['included', `in block ${block} of Ethereum, ${result}`],
    ...made.map(({ act, infohash }): [string, string] => describeAct(act, infohash)),
  ]
  if (made.length === 0 && success) rows.push(['did', 'nothing at the bridge of this network'])
  return { data: { transaction: hash, ethereumBlock: block, success, acts: made.map(dataOf) }, rows }
}

function dataOf({ act, infohash, block }: EthereumTransaction['made'][number]) {
  return { kind: act.kind, infohash, block, ...('index' in act ? { index: act.index } : {}) }
}

function describeAct(act: Act, infohash: string | undefined): [string, string] {
  switch (act.kind) {
    case 'published':
      return ['published', `block ${act.id}`]
    case 'refuted':
      return ['refuted', `block ${act.id}`]
    case 'finalized':
      return ['finalized', `block ${act.id}`]
    case 'nominated':
      return ['nominated', `the block with the key ${act.block}`]
    case 'deposited':
      return ['deposited', `${formatAmount(act.gross)} wTTX for ${act.to}, which is transaction ${infohash}`]
    case 'entered':
      return ['entered', `${act.amount} units of ${act.asset} for ${act.to}, which is transaction ${infohash}`]
    case 'forced':
      return ['forced', infohash === undefined ? 'what is no transaction, and will be void' : `transaction ${infohash}`]
    case 'claimed':
      return ['claimed', `${formatAmount(act.amount)} wTTX for ${act.to}, of a request in block ${act.block}`]
  }
}
