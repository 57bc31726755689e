// How trouble goes into the log: in the words of our own errors, without what libraries add (their messages hold whole URLs and requests).

import { OperationError } from '../node/errors.ts'
import { RuleError } from '../node/protocol/rule-error.ts'

/** Facts for a log line. What is none of our errors is a bug, and goes in whole. */
export function troubleFacts(error: unknown): object {
  if (!(error instanceof OperationError || error instanceof RuleError)) return { error }
  return { code: error.code, problem: error.message, ...error.facts }
}

/** Whether it passes by itself or by what the miner's owner does outside of it. */
export function mayPass(error: unknown): boolean {
  return error instanceof OperationError && (error.retry || error.code === 'unfunded-account')
}

/** What tells one trouble from another. */
export function troubleCode(error: Error): string {
  return error instanceof OperationError || error instanceof RuleError ? error.code : error.message
}
