// Codes that no test provokes, each with the reason. As short as can be: whoever adds one has to say why no test can get there.

import type { OperationCode } from '../../node/error-codes.ts'
import type { RuleCode } from '../../node/protocol/rule-codes.ts'

export const UNPROVOKED: { readonly [C in OperationCode | RuleCode]?: string } = {
  'no-common-block':
    'Two living blocks never fork deeper than that; two dead ones of different days do, which takes 129 blocks of each.',
  'transaction-cancelled':
    'Told only after a restart between taking a transaction back and its block, when the refusal is forgotten.',
}
