// A thread that checks files of transactions: fields and signatures, nothing that needs the ledger.

import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { verifyFile } from '../../protocol/verify.ts'

/** `files` is what the lengths cut it into. */
export type VerifyTask = { readonly rules: Rules; readonly files: Uint8Array; readonly lengths: readonly number[] }

/** Of each file: whether nothing is wrong with it. */
export function verify({ rules, files, lengths }: VerifyTask): boolean[] {
  let offset = 0
  return lengths.map((length) => {
    const file = files.subarray(offset, offset + length)
    offset += length
    try {
      verifyFile(rules, file)
      return true
    } catch (error) {
      if (error instanceof RuleError) return false
      throw error
    }
  })
}
