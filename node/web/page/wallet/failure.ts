// What a wallet, Ethereum or the node answered, in a sentence.

import { BaseError, UserRejectedRequestError } from 'viem'
import type { Words } from '../language/en.ts'
import { Said } from '../said.ts'

/** EIP-1193: the user said no. */
const REJECTED = 4_001

export function describeFailure(error: unknown, words: Words): string {
  if (error instanceof Said) return error.say(words)
  if (isRefusal(error)) return words.wallet.refused
  if (error instanceof BaseError) return error.shortMessage
  return error instanceof Error ? error.message : String(error)
}

/** The owner of the wallet said no: nothing was sent. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof BaseError && error.walk((each) => each instanceof UserRejectedRequestError) !== null) return true
  return typeof error === 'object' && error !== null && 'code' in error && error.code === REJECTED
}
