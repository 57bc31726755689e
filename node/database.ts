// Databases of the node: opening one, and what is wrong where it does not open, or breaks later: in use, damaged, or out of reach.

import type { AbstractLevel } from 'abstract-level'
import { refusalOf } from './disk.ts'
import { OperationError } from './errors.ts'
import type { Logger } from './log.ts'

/** Beside the code: what the database is called, its folder, and what is lost with it and what comes back. */
export type Place = {
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

/** What ends a node: an open database that could not be written or read. `database-damaged`; else `ledger-failed` or `database-failed` (retry). */
export function brokenDatabase(error: unknown, { part, folder }: Place): OperationError {
  const { words, code } = inItsWords(error)
  const facts = { folder, part, cause: words }
  if (code === 'LEVEL_CORRUPTION') return damagedDatabase(`got a damaged one (${words})`, { part, folder }, error)
  const { is, advice } = refusalOf(error) ?? { is: words, advice: 'see to the disk' }
  return new OperationError(
    part === 'ledger' ? 'ledger-failed' : 'database-failed',
    `expected to go on with the database of the ${part} in ${folder}, got ${is}; ${advice}, then start the node again: it goes on where it was, and loses nothing that it has answered for`,
    { facts, cause: error, retry: true },
  )
}

/** What first broke an open database, told once: what fails after it follows from it. */
export class Breakage {
  readonly #place: Place
  readonly #tell: (error: OperationError) => void
  #first: OperationError | undefined

  /** Without `tell` it is logged. */
  constructor(place: Place, log: Logger, tell?: (error: OperationError) => void) {
    this.#place = place
    this.#tell = tell ?? ((error) => log.error({ code: error.code, ...error.facts }, error.message))
  }

  /** As `brokenDatabase`. */
  readonly of = (cause: unknown): OperationError => {
    if (this.#first !== undefined) return this.#first
    this.#first = brokenDatabase(cause, this.#place)
    this.#tell(this.#first)
    return this.#first
  }
}

/** `got` begins with that word. */
function damagedDatabase(got: string, { part, folder }: Place, cause?: unknown): OperationError {
  return new OperationError(
    'database-damaged',
    `expected a whole database of the ${part} in ${folder}, ${got}; delete that folder and start again: ${LOSSES[part]}`,
    { facts: { folder, part }, cause },
  )
}

/** The library's own error says only that it failed; its cause has the words of the database. */
function inItsWords(error: unknown): { readonly words: string; readonly code: unknown } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return {
    words: cause instanceof Error ? cause.message : String(cause),
    code: cause instanceof Error && 'code' in cause ? cause.code : undefined,
  }
}

function describe(error: unknown, { part, folder }: Place): OperationError {
  const { words, code } = inItsWords(error)
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
  const { is, advice } = refusalOf(error) ?? {
    is: words,
    advice: 'check the disk, and the owner and mode of the folder',
  }
  return new OperationError('database-unavailable', `${expected} ${is}; ${advice}`, { facts, cause: error })
}
