// A peer or a poster broke a rule: expected, never fatal; reject what it sent and go on.

import type { Facts, FactsOf } from './facts.ts'
import type { RULE_FACTS, RuleCode } from './rule-codes.ts'

export type { Facts } from './facts.ts'

type Options = { readonly cause?: unknown }
type Forms = typeof RULE_FACTS
type Arguments =
  | readonly [code: Exclude<RuleCode, keyof Forms>, message: string, facts?: Facts, options?: Options]
  | {
      [C in keyof Forms]: readonly [code: C, message: string, facts: FactsOf<Forms[C]>, options?: Options]
    }[keyof Forms]

/** `code` is stable, for programs; the message says what was expected, what came and what to do. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
  readonly code: RuleCode
  readonly facts: Facts

  constructor(...[code, message, facts = {}, options]: Arguments) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

/** Whether this rule was broken; then the facts that programs read are there, since no such error is made without them. */
export function isRuleError<C extends keyof Forms>(
  error: unknown,
  code: C,
): error is RuleError & { readonly code: C; readonly facts: FactsOf<Forms[C]> } {
  return error instanceof RuleError && error.code === code
}
