// A peer or a poster broke a rule: expected, never fatal; reject what it sent and go on.

/** JSON-able facts that go with an error. Amounts are decimal strings. */
export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** `code` is stable, for programs; the message says what was expected, what came and what to do. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
  readonly code: string
  readonly facts: Facts

  constructor(code: string, message: string, facts: Facts = {}, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}
