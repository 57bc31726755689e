// A sender whose transactions are written down as expenses, whoever of the miner's parts sends them.

import { OperationError } from '../../node/errors.ts'
import type { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import type { Logger } from '../../node/log.ts'
import { troubleFacts } from '../../node/trouble.ts'
import type { Expenses } from './expenses.ts'

/** What the miner's parts use of a sender. */
export type Sends = Pick<TransactionSender, 'ethereum' | 'problem' | 'send'>

/** Every attempt is noted before it leaves, and what it cost once it is in a block. */
export function countedSender(sender: TransactionSender, expenses: Expenses, log: Logger): Sends {
  return {
    ethereum: sender.ethereum,
    get problem() {
      return sender.problem
    },
    async send(call, options = {}) {
      const outcome = await sender.send(call, { ...options, onSigned: (attempt) => expenses.sign(attempt) })
      if (!('receipt' in outcome)) return outcome
      await expenses.pay(outcome.receipt).catch((error: unknown) => {
        // What has happened on Ethereum is reported all the same; it is written down with the next change, or found again after a restart.
        if (!(error instanceof OperationError) || error.code !== 'write-failed') throw error
        log.warn({ call: call.name, ...troubleFacts(error) }, 'what a transaction cost cannot be written down')
      })
      return outcome
    },
  }
}
