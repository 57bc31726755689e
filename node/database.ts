// Opening a database of the node, and what is wrong where it does not open: in use, damaged, or out of reach.

import type { AbstractLevel } from 'abstract-level'
import { OperationError } from './errors.ts'

/** Beside the code: what the database is called, its folder, and what is lost with it and what comes back. */
type Place = {
  readonly part: 'bridge' | 'ledger'
  readonly folder: string
}

const LOSSES: Readonly<Record<Place['part'], string>> = {
  ledger:
    'payments come back from the blocks of the bridge and from peers; what no block has ordered and no peer keeps is lost, so keep the proofs of such payments',
  bridge: 'nothing is lost by it: the bridge is followed again from Ethereum',
}

/** Throws `OperationError`: 'database-in-use', 'database-damaged', 'database-unavailable'. */
export async function openDatabase<F, K, V>(level: AbstractLevel<F, K, V>, place: Place): Promise<void> {
  try {
    await level.open()
  } catch (error) {
    throw describe(error, place)
  }
}

function describe(error: unknown, { part, folder }: Place): OperationError {
  // The library's own error says only that it failed; its cause has the words of the database.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const words = cause instanceof Error ? cause.message : String(cause)
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const facts = { folder, part, cause: words }
  const expected = `expected to open the database of the ${part} in ${folder}, got`
  if (code === 'LEVEL_LOCKED') {
    const message = `${expected} one that another process has open; stop that node, or choose another folder with --data`
    return new OperationError('database-in-use', message, { facts, cause: error, retry: true })
  }
  // A file that is named but not there is damage too: what a power cut leaves of a database that was being written.
  if (code === 'LEVEL_CORRUPTION' || /(MANIFEST|CURRENT|\.ldb|\.log).*No such file/.test(words)) {
    const message = `${expected} a damaged one (${words}); delete that folder and start again: ${LOSSES[part]}`
    return new OperationError('database-damaged', message, { facts, cause: error })
  }
  const message = `${expected} ${words}; check the disk, and the owner and mode of the folder`
  return new OperationError('database-unavailable', message, { facts, cause: error })
}
