// What came out for each mutant, kept line by line: a run that is stopped loses nothing and the next one goes on.

import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const ROOT = new URL('../../..', import.meta.url).pathname
const FILE = join(ROOT, 'cache/mutate/results.jsonl')

const resultSchema = z.object({
  id: z.string(),
  /** Digest of all contracts: another one, and the result says nothing. */
  contracts: z.string(),
  /** Digest of all tests: another one, and a survivor has to be tried again; what was killed is not. */
  tests: z.string(),
  verdict: z.enum(['killed', 'survived', 'equal', 'invalid']),
  by: z.string().optional(),
  file: z.string().optional(),
  seconds: z.number(),
})
export type Result = z.infer<typeof resultSchema>

export class Ledger {
  readonly #contracts = digestOf('contracts/**/*.sol')
  readonly #tests = digestOf('test/**/*.{ts,sol}')
  readonly #results = new Map<string, Result>()

  /** Reads what is still valid; starts empty if all is to be done again. */
  static async open({ fresh }: { readonly fresh: boolean }): Promise<Ledger> {
    const ledger = new Ledger()
    if (fresh) return ledger
    const text = await readFile(FILE, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
      throw error
    })
    for (const line of text.split('\n').filter(Boolean)) {
      const result = resultSchema.parse(JSON.parse(line))
      const isValid =
        result.contracts === ledger.#contracts && (result.verdict !== 'survived' || result.tests === ledger.#tests)
      if (isValid) ledger.#results.set(result.id, result)
      else ledger.#results.delete(result.id)
    }
    return ledger
  }

  get(id: string): Result | undefined {
    return this.#results.get(id)
  }

  async add(result: Omit<Result, 'contracts' | 'tests'>): Promise<void> {
    const whole = { ...result, contracts: this.#contracts, tests: this.#tests }
    this.#results.set(result.id, whole)
    await mkdir(dirname(FILE), { recursive: true })
    await appendFile(FILE, `${JSON.stringify(whole)}\n`)
  }
}

function digestOf(pattern: string): string {
  const hash = createHash('sha256')
  for (const file of globSync(pattern, { cwd: ROOT }).toSorted()) {
    hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)))
  }
  return hash.digest('hex').slice(0, 16)
}
