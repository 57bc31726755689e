// What a sender of transactions is given and told, once and with each call.

import type { Logger } from '../../log.ts'
import type { GasPrice, Time } from '../../protocol/units.ts'
import type { EthereumAccount } from '../account.ts'
import type { Attempt } from './attempt.ts'
import type { Outbox } from './outbox.ts'

export type SendOptions = {
  /** What an earlier process had signed for this very call. Default: what the outbox knows. */
  readonly attempts?: readonly Attempt[]
  /** Awaited before an attempt leaves this program, so that a crash never forgets one. Default: the outbox keeps it. */
  readonly onAttempt?: (attempt: Attempt) => Promise<void>
  /** Awaited before that, whoever keeps it: for who counts what is sent. */
  readonly onSigned?: (attempt: Attempt) => Promise<void>
  /** By when it has to be in a block: as that comes near, more is paid and nothing is waited for (`fees.ts`). */
  readonly deadline?: Time
  /** Beside the others of the account, rather than after them: for calls whose order does not matter. */
  readonly atOnce?: boolean
  readonly signal?: AbortSignal
}

export type SenderDeps = {
  readonly ethereum: EthereumAccount
  readonly log: Logger
  /** Unix milliseconds. */
  readonly now: () => number
  /** Already loaded. Without one, what a killed process had sent is forgotten, and may be sent once more. */
  readonly outbox?: Outbox
}

export type SenderOptions = {
  /** Blocks of Ethereum that a transaction must have, its own included, to count as done. Default 2. */
  readonly confirmations?: number
  /** After this long in no block, a transaction is replaced by one that offers more; if it has blobs and offers enough, after five times as long. Default 60,000. */
  readonly stuckMs?: number
  /** Between two looks. Default 2,000. */
  readonly pollMs?: number
  /** Never offers more, but in the last hours before a deadline. Default 500 gwei. */
  readonly maxFeePerGas?: GasPrice
  /** The same for a unit of blob gas, of which a blob has 131,072. Default 100 gwei. */
  readonly maxFeePerBlobGas?: GasPrice
  /** What is sent everywhere waits no longer for an answer of one endpoint. Default 10,000. */
  readonly answerMs?: number
}
