// What can go wrong around the rules: disk, sockets, Ethereum, settings. Rules that a peer broke are `RuleError`.

import type { Facts } from './protocol/rule-error.ts'

/** `retry` says whether the same call may succeed later without anybody changing anything. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly code: string
  readonly facts: Facts
  readonly retry: boolean

  constructor(code: string, message: string, options: { facts?: Facts; retry?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
    this.retry = options.retry ?? false
  }
}
