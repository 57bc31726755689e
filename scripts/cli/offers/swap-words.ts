// A take as `status` and `tx show` say it: who pays what to whom, and when that counts.

import { nameAmount } from '../../../node/client/amount.ts'
import { offerId } from '../../../node/protocol/offer-file.ts'
import type { TakeTransaction } from '../../../node/protocol/transaction.ts'
import type { Result as RpcResult } from '../../../node/rpc/api.ts'
import { SAFE_WORDS } from './words.ts'

type Status = RpcResult<'tx_get'>['status']

/** For `--json`; amounts in base units. */
export function takeData({ offer, from: taker }: TakeTransaction) {
  const { from: maker, give, want } = offer
  return { offer: offerId(offer), maker, taker, give, want }
}

export function takeRows({ offer, from: taker }: TakeTransaction, status: Status): [string, string][] {
  const { from: maker, give, want } = offer
  return [
    ['swaps', `${nameAmount(give.tokens, give.asset)} of ${maker}, who made the offer`],
    ['for', `${nameAmount(want.tokens, want.asset)} of ${taker}, who took it`],
    ['offer', offerId(offer)],
    ...(status === 'ordered' || status === 'final' ? [] : [['safe', SAFE_WORDS] satisfies [string, string]]),
  ]
}
