// What can go wrong around the rules: disk, sockets, Ethereum, settings. Rules that a peer broke are `RuleError`.

import type { OPERATION_FACTS, OperationCode } from './error-codes.ts'
import type { Facts, FactsOf } from './protocol/facts.ts'

type Options = { readonly facts?: Facts; readonly retry?: boolean; readonly cause?: unknown }
type Forms = typeof OPERATION_FACTS
type Arguments =
  | readonly [code: Exclude<OperationCode, keyof Forms>, message: string, options?: Options]
  | {
      [C in keyof Forms]: readonly [
        code: C,
        message: string,
        options: Omit<Options, 'facts'> & { readonly facts: FactsOf<Forms[C]> },
      ]
    }[keyof Forms]

/** `retry` says whether the same call may succeed later although nothing is changed. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly code: OperationCode
  readonly facts: Facts
  readonly retry: boolean

  constructor(...[code, message, options = {}]: Arguments) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
    this.retry = options.retry ?? false
  }
}

/** Whether this is what failed; then the facts that programs read are there, since no such error is made without them. */
export function isOperationError<C extends keyof Forms>(
  error: unknown,
  code: C,
): error is OperationError & { readonly code: C; readonly facts: FactsOf<Forms[C]> } {
  return error instanceof OperationError && error.code === code
}
