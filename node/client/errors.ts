// Errors that another process states, maybe of another version: what this one does not know, or lacks its facts, is kept under one code.

import { OPERATION_CODES, OPERATION_FACTS, type OperationCode } from '../error-codes.ts'
import { OperationError } from '../errors.ts'
import { type FactForms, type Facts, hasForm } from '../protocol/facts.ts'
import { RULE_CODES, RULE_FACTS, type RuleCode } from '../protocol/rule-codes.ts'
import { RuleError } from '../protocol/rule-error.ts'

export type Stated = {
  readonly code: string
  readonly message: string
  readonly facts: Facts
  readonly retry?: boolean | undefined
}

type OperationArguments = ConstructorParameters<typeof OperationError>
type RuleArguments = ConstructorParameters<typeof RuleError>

/** `unknown-rule`, with their code as a fact, for one that this version does not know: it is refused for good all the same. */
export function ruleErrorOf({ code, message, facts }: Stated): RuleError {
  if (!isRuleCode(code) || !hasFacts(RULE_FACTS, code, facts))
    return new RuleError('unknown-rule', message, { ...facts, code })
  return new RuleError(...([code, message, facts] as RuleArguments)) // what the code asks for was looked at, one by one
}

/** `node-failed`, with their code as a fact, for one that this version does not know; whether to try again is theirs to say. */
export function operationErrorOf({ code, message, facts, retry = false }: Stated): OperationError {
  if (!isOperationCode(code) || !hasFacts(OPERATION_FACTS, code, facts))
    return new OperationError('node-failed', message, { facts: { ...facts, code }, retry })
  return new OperationError(...([code, message, { facts, retry }] as OperationArguments)) // as above
}

function isRuleCode(code: string): code is RuleCode {
  return Object.hasOwn(RULE_CODES, code)
}

function isOperationCode(code: string): code is OperationCode {
  return Object.hasOwn(OPERATION_CODES, code)
}

function hasFacts(table: Readonly<Partial<Record<string, FactForms>>>, code: string, facts: Facts): boolean {
  return hasForm(facts, table[code] ?? {})
}
