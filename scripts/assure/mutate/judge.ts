// Compiles one mutant and runs tests against it until one fails.

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Code, compileCode, reachedFrom } from '../solc.ts'
import { answerSchema } from './messages.ts'
import { type Mutant, mutate } from './mutants.ts'
import { CLOSEST, PARTS, PLAN, type Suite } from './plan.ts'
import type { Workplace } from './workplace.ts'

/** `equal`: the compiler makes the same code of it. `invalid`: it does not compile. */
export type Verdict = {
  readonly verdict: 'killed' | 'survived' | 'equal' | 'invalid'
  /** What killed it: the name of a test, and its file; or that it ran on and on, or died. */
  readonly by?: string
  readonly file?: string
}

const ENDED_EARLY = 'the tests ended early or ran on and on'
/** A mutant that runs for this long is killed: whole suites take a few seconds, on a machine that does nothing else. */
const HUNG_MS = 1_800_000

export class Judge implements AsyncDisposable {
  readonly #workplace: Workplace
  readonly #runs: number
  readonly #suites: readonly Suite[]
  readonly #sources: Readonly<Record<string, string>>
  readonly #originals: ReadonlyMap<string, Code>
  /** How often each test file killed a mutant of a function or file. */
  readonly #kills = new Map<string, number>()
  #ready: ChildProcess | undefined

  /**
   * @param suites all that the mutants may meet
   * @param runs random cases in each test that is random: fewer than in `npm test`, as the whole takes hours
   */
  constructor(workplace: Workplace, sources: Readonly<Record<string, string>>, suites: readonly Suite[], runs: number) {
    this.#workplace = workplace
    this.#suites = suites
    this.#runs = runs
    this.#sources = sources
    const names = [...new Set([...PARTS, ...suites.flatMap(({ contracts }) => contracts)])]
    const codes = compileCode(sources, names)
    if ('error' in codes) throw new Error(`the contracts do not compile: ${codes.error}`)
    this.#originals = codes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ready?.kill('SIGKILL')
  }

  /** All tests must pass without a mutant, else their failures say nothing. */
  async checkOriginal(): Promise<void> {
    for (const [name, code] of this.#originals) await this.#workplace.install(name, code)
    for (const isSolidity of [false, true]) {
      const files = this.#suites
        .filter(({ contracts }) => (contracts.length === 0) === isSolidity)
        .flatMap((suite) => suite.files)
      const unique = [...new Set(files)]
      if (unique.length === 0) continue
      const { failed, file } = isSolidity ? await this.#runSolidity(unique) : await this.#run(unique)
      if (failed)
        throw new Error(`without a mutant, expected all tests to pass; "${failed}" failed (${file}); npm test says why`)
    }
  }

  async judge(mutant: Mutant): Promise<Verdict> {
    const source = Buffer.from(this.#sources[mutant.file] ?? '')
    const mutated = { ...this.#sources, [mutant.file]: mutate(source, mutant) }
    const suites = this.#order(mutant)
    const codes = new Map<string, Code>()
    let isEqual = true
    for (const suite of suites) {
      const isSolidity = suite.contracts.length === 0
      // While the compiler works.
      if (!isSolidity) this.#prepare()
      const missing = suite.contracts.filter((name) => !codes.has(name))
      const compiled = this.#compile(mutated, mutant.file, missing)
      if ('error' in compiled) {
        // A source is missing; a member that is "not found or not visible" is what makes the mutant invalid.
        if (/not found(?! or not visible)/.test(compiled.error)) throw new Error(compiled.error)
        return { verdict: 'invalid' }
      }
      for (const [name, code] of compiled) codes.set(name, code)
      if (
        !isSolidity &&
        suite.contracts.every((name) => this.#originals.get(name)?.creation === codes.get(name)?.creation)
      )
        continue
      if (isSolidity && isEqual) continue
      isEqual = false
      const { failed, file } = isSolidity
        ? await this.#judgeInSolidity(suite, mutant.file, mutated[mutant.file] ?? '')
        : await this.#judgeWith(codes, suite)
      if (failed) {
        if (!isSolidity) await this.#checkFailure(failed, suite)
        this.#count(mutant, file)
        return { verdict: 'killed', by: failed, ...(file ? { file } : {}) }
      }
    }
    return { verdict: isEqual ? 'equal' : 'survived' }
  }

  /** The code of these, of which only what the changed file is in is compiled. */
  #compile(
    mutated: Readonly<Record<string, string>>,
    file: string,
    names: readonly string[],
  ): ReturnType<typeof compileCode> {
    const codes = new Map<string, Code>()
    const isIn = (name: string, but: readonly string[] = []) => file in reachedFrom([fileOf(name)], mutated, but)
    const creationOf = (name: string) => this.#originals.get(name)?.creation ?? ''
    const partsOf = (name: string) => PARTS.filter((part) => isIn(part) && creationOf(name).includes(creationOf(part)))
    const wholes = names.filter((name) => !PARTS.includes(name) && isIn(name) && !isIn(name, PARTS.map(fileOf)))
    const parts = [...new Set(wholes.flatMap(partsOf))]
    const compiled = parts.length === 0 ? codes : compileCode(mutated, parts)
    if ('error' in compiled) return compiled
    for (const name of names) {
      const original = this.#originals.get(name)
      const isWhole = wholes.includes(name) && partsOf(name).length > 0
      const code = isWhole ? this.#exchange(original, compiled) : isIn(name) ? compiled.get(name) : original
      if (code) codes.set(name, code)
    }
    const left = names.filter((name) => !codes.has(name))
    const others = left.length === 0 ? codes : compileCode(mutated, left)
    return 'error' in others ? others : new Map([...codes, ...others])
  }

  /**
   * A contract with other parts in it, or undefined if one is longer than what was there. One that is shorter is filled up
   * with zeros, which its constructor does not deploy.
   */
  #exchange(whole: Code | undefined, parts: ReadonlyMap<string, Code>): Code | undefined {
    let creation = whole?.creation
    for (const [name, part] of parts) {
      const old = this.#originals.get(name)?.creation ?? ''
      const pieces = creation?.split(old) ?? []
      creation =
        pieces.length === 2 && part.creation.length <= old.length
          ? pieces.join(part.creation.padEnd(old.length, '0'))
          : undefined
    }
    return whole && creation ? { ...whole, creation } : undefined
  }

  async #judgeWith(codes: ReadonlyMap<string, Code>, { files }: Suite) {
    // Other contracts may still have the code of the mutant before.
    for (const [name, code] of new Map([...this.#originals, ...codes])) await this.#workplace.install(name, code)
    return this.#run(files)
  }

  /** A file may fail as a whole because nothing could be deployed; or because this machine has run out of something. */
  async #checkFailure(failed: string, suite: Suite): Promise<void> {
    const file = suite.files.find((name) => failed.endsWith(name))
    if (file === undefined && failed !== ENDED_EARLY) return
    for (const [name, code] of this.#originals) await this.#workplace.install(name, code)
    const again = await this.#run(file === undefined ? suite.files : [file])
    if (again.failed)
      throw new Error(`without a mutant, expected the tests to pass; "${again.failed}" failed (${again.file})`)
  }

  async #judgeInSolidity({ files }: Suite, file: string, content: string) {
    await this.#workplace.writeSource(file, content)
    try {
      return await this.#runSolidity(files)
    } finally {
      await this.#workplace.writeSource(file, this.#sources[file] ?? '')
    }
  }

  /** The one file that knows the function best comes alone and first, as loading takes longer than most tests. */
  #order({ file, where }: Mutant): Suite[] {
    const score = (name: string) =>
      1_000 * (this.#kills.get(`${where}|${name}`) ?? 0) +
      (CLOSEST[where] === name ? 500 : 0) +
      (this.#kills.get(`${file}|${name}`) ?? 0)
    const best = ({ files }: Suite) => Math.max(...files.map(score))
    const suites = (PLAN[file] ?? [])
      .map((suite) => ({ ...suite, files: suite.files.toSorted((a, b) => score(b) - score(a)) }))
      .toSorted((a, b) => Number(a.contracts.length === 0) - Number(b.contracts.length === 0) || best(b) - best(a))
    const [first] = suites
    const isKnown = first !== undefined && first.contracts.length > 0 && best(first) > 0
    return isKnown ? [{ ...first, files: first.files.slice(0, 1) }, ...suites] : suites
  }

  #count({ file, where }: Mutant, killer: string | undefined): void {
    const name = killer?.slice(killer.indexOf('test/contract/'))
    for (const key of [`${where}|${name}`, `${file}|${name}`]) this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1)
  }

  #prepare(): ChildProcess {
    const child = this.#ready ?? this.#fork()
    this.#ready = child
    return child
  }

  #fork(): ChildProcess {
    return fork(join(this.#workplace.folder, 'scripts/assure/mutate/runner.ts'), {
      cwd: this.#workplace.folder,
      env: { ...process.env, FUZZ_RUNS: String(this.#runs) },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
  }

  async #run(files: readonly string[]): Promise<{ failed?: string | undefined; file?: string | undefined }> {
    const child = this.#prepare()
    this.#ready = undefined
    const timer = setTimeout(() => child.kill('SIGKILL'), HUNG_MS)
    const ended = once(child, 'exit')
    try {
      child.send({ files })
      const first = await Promise.race([once(child, 'message'), ended.then(() => [undefined])])
      const answer = answerSchema.safeParse(first[0])
      return answer.success ? answer.data : { failed: ENDED_EARLY }
    } finally {
      clearTimeout(timer)
      child.kill('SIGKILL')
      await ended
    }
  }

  async #runSolidity(files: readonly string[]): Promise<{ failed?: string; file?: string }> {
    const child = spawn(
      process.execPath,
      [join('node_modules', 'hardhat', 'dist', 'src', 'cli.js'), 'test', 'solidity', ...files],
      {
        cwd: this.#workplace.solidityFolder,
        env: { ...process.env, CI: 'true', HARDHAT_DISABLE_TELEMETRY: 'true' },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    const timer = setTimeout(() => child.kill('SIGKILL'), HUNG_MS)
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    const [status]: unknown[] = await once(child, 'close')
    clearTimeout(timer)
    if (status === 0) return {}
    const name = /^\s*\d+\)\s*(.*)$/m.exec(output)?.[1] ?? 'a Solidity test'
    return { failed: name.trim(), ...(files[0] ? { file: files[0] } : {}) }
  }
}

/** Of `path:Contract`. */
function fileOf(name: string): string {
  return name.slice(0, name.lastIndexOf(':'))
}
