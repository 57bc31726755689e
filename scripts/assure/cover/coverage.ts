// `npm run coverage`: which lines, statements and branches of the contracts the contract tests execute, TypeScript and Solidity
// tests together. Exits with 1 below 98% of any of them. Runs in a copy: instrumented contracts must not get into the tree.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { isNode } from '../mutate/ast.ts'
import { compile, readSources } from '../solc.ts'
import { type Branched, showBranches } from './branches.ts'

const ROOT = new URL('../../..', import.meta.url).pathname
const LEAST_PERCENT = 98
/**
 * Tests of gas, of the deployed bytes and of the sources' comments fail with other code by their nature. So do those of completeness, where each
 * refutation has to stay within the gas that is expected of it.
 */
const LEFT_OUT = /(\.gas|blob-gas|safety-comments|compiled|refute-completeness)\.test\.ts$/
/** The same for single tests: parts of their names. */
const SKIPPED = [
  'is at most 128, nominated over its whole length',
  'by code that runs in the place of this code',
  'starved of gas',
  'are refused, refuted or right',
  'for less than 52,000 gas',
  'never takes a lack of gas for a failure',
].join('|')

/**
 * As hardhat.config.ts, with room for what the counting costs. Hardhat's library counts through memory that is free by the
 * compiler's book but holds the words that TypedData is about to hash; scratch space holds nothing between two statements.
 */
const CONFIG = `import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)

const counting = {
  id: 'counting-in-scratch-space',
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        preprocessSolcInputBeforeBuilding: async (context, solcInput, next) => {
          const input = await next(context, solcInput)
          for (const [name, source] of Object.entries(input.sources)) {
            if (!name.includes('__NomicFoundationCoverage')) continue
            const content = source.content.replace('mload(0x40)', '0')
            if (content === source.content) throw new Error('expected the library to count through free memory')
            input.sources[name] = { content }
          }
          return input
        },
      }),
    }),
  },
}

export default defineConfig({
  plugins: [counting],
  solidity: {
    version: '0.8.37',
    path: require.resolve('solc/soljson.js'),
    settings: { evmVersion: 'osaka', viaIR: false, optimizer: { enabled: true, runs: 1 } },
  },
  networks: {
    default: {
      type: 'edr-simulated',
      allowUnlimitedContractSize: true,
      blockGasLimit: 1_000_000_000,
      transactionGasCap: false,
    },
  },
  paths: { sources: 'contracts', tests: { solidity: 'test/contract' } },
})
`

const statementSchema = z.array(
  z.object({ relativePath: z.string(), tag: z.string(), startUtf16: z.number(), endUtf16: z.number() }),
)
type Count = { covered: number; total: number }
type Row = { readonly lines: Count; readonly statements: Count; readonly branches: Count; readonly missing: string[] }

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
})
const folder = await mkdtemp(join(tmpdir(), 'ttx-coverage-'))
try {
  const branched = await prepare()
  await run('scripts/assure/cover/instrument.ts')
  const failed = await runTests()
  const rows = await evaluate(branched)
  const total = sum([...rows.values()])
  print(new Map([...rows, ['all', total]]), failed)
  const isBelow = [total.lines, total.statements, total.branches].some((count) => percent(count) < LEAST_PERCENT)
  if (isBelow) console.error(`coverage: expected at least ${LEAST_PERCENT}% of lines, statements and branches`)
  if (isBelow || failed.length > 0) process.exitCode = 1
} finally {
  if (!flags.keep) await rm(folder, { recursive: true, force: true })
}

/** Copies the repository and changes the contracts of the copy. */
async function prepare(): Promise<ReadonlyMap<string, Branched>> {
  for (const name of [
    'contracts',
    'deployments',
    'miner',
    'node',
    'scripts',
    'test',
    'package.json',
    'tsconfig.json',
  ]) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'hardhat.config.ts'), CONFIG)
  const chain = join(folder, 'test/support/contract/chain.ts')
  const text = await readFile(chain, 'utf8')
  const raised = text.replace('GAS_LIMITS = { osaka: 2 ** 24,', 'GAS_LIMITS = { osaka: 2 ** 27,')
  if (raised === text) throw new Error(`expected ${chain} to say how much gas a transaction may take`)
  await writeFile(chain, raised)

  const sources = readSources()
  const { sources: trees } = compile(sources, { '*': { '': ['ast'] } })
  const branched = new Map<string, Branched>()
  for (const [file, content] of Object.entries(sources)) {
    const ast = trees[file]?.ast
    if (!/^contracts\/(?!interfaces|types)/.test(file) || !isNode(ast)) continue
    const changed = showBranches(Buffer.from(content), ast)
    branched.set(file, changed)
    await writeFile(join(folder, file), changed.source)
  }
  return branched
}

/** The files whose tests failed: their counting is not to be trusted. */
async function runTests(): Promise<string[]> {
  const failed: string[] = []
  const files = globSync('test/contract/**/*.test.ts', { cwd: folder }).filter((file) => !LEFT_OUT.test(file))
  for (const file of files.toSorted()) {
    if (!flags.json) console.log(file)
    if (!(await isPassing(['--test-skip-pattern', SKIPPED, '--import', './scripts/assure/cover/collect.ts', file])))
      failed.push(file)
  }
  if (!flags.json) console.log('test/contract/**/*.t.sol')
  const hardhat = 'node_modules/hardhat/dist/src/cli.js'
  if (!(await isPassing([hardhat, 'test', 'solidity', '--coverage']))) failed.push('test/contract/**/*.t.sol')
  return failed
}

async function run(script: string): Promise<void> {
  if (!(await isPassing([script]))) throw new Error(`expected ${script} to succeed`)
}

async function isPassing(args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: {
      ...process.env,
      CI: 'true',
      HARDHAT_DISABLE_TELEMETRY: 'true',
      HARDHAT_COVERAGE: 'true',
      // Random tests need not be long to get everywhere.
      FUZZ_RUNS: '300',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [status]: unknown[] = await once(child, 'close')
  if (status !== 0) console.error(output.slice(-6_000))
  return status === 0
}

async function evaluate(branched: ReadonlyMap<string, Branched>): Promise<ReadonlyMap<string, Row>> {
  const hits = new Set<string>()
  for (const file of globSync('coverage/data/**/*.json', { cwd: folder })) {
    const counts: object = JSON.parse(await readFile(join(folder, file), 'utf8'))
    for (const tag of Object.keys(counts)) hits.add(tag)
  }
  const statements = statementSchema.parse(JSON.parse(await readFile(join(folder, 'coverage/statements.json'), 'utf8')))
  return new Map(
    [...branched].map(([file, { source, branches, added, end }]) => {
      const ofFile = statements
        .filter(({ relativePath }) => relativePath === file)
        .map(({ tag, startUtf16 }) => ({ at: textFrom(source, startUtf16), isHit: hits.has(tag) }))
      const own = ofFile
        .filter(({ at }) => at < end && !added.has(at) && !added.has(at + 2))
        .map(({ at, isHit }) => ({ line: source.slice(0, at).split('\n').length, isHit }))
      const isHitAt = (place: number) => {
        const statement = ofFile.find(({ at }) => at === place)
        if (statement === undefined) throw new Error(`${file}: expected a statement at ${place} of the changed source`)
        return statement.isHit
      }
      const lines = new Map<number, boolean>()
      for (const { line, isHit } of own) lines.set(line, (lines.get(line) ?? true) && isHit)
      const outcomes = branches.flatMap(({ line, text, yes, no }) => [
        { about: `${line} always ${text}`, isHit: isHitAt(no) },
        { about: `${line} never ${text}`, isHit: isHitAt(yes) },
      ])
      const row = {
        lines: count([...lines.values()]),
        statements: count(own.map(({ isHit }) => isHit)),
        branches: count(outcomes.map(({ isHit }) => isHit)),
        missing: [
          ...[...lines].filter(([, isHit]) => !isHit).map(([line]) => `${file}:${line}`),
          ...outcomes.filter(({ isHit }) => !isHit).map(({ about }) => `${file}:${about}`),
        ],
      }
      return [file, row]
    }),
  )
}

/** Statements begin with the blanks and comments before them: where their text begins. */
function textFrom(source: string, offset: number): number {
  const blank = /^(\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(source.slice(offset))
  return offset + (blank?.[0].length ?? 0)
}

function count(hits: readonly boolean[]): Count {
  return { covered: hits.filter(Boolean).length, total: hits.length }
}

function percent({ covered, total }: Count): number {
  return total === 0 ? 100 : (100 * covered) / total
}

function sum(rows: readonly Row[]): Row {
  const add = (of: (row: Row) => Count) => ({
    covered: rows.reduce((all, row) => all + of(row).covered, 0),
    total: rows.reduce((all, row) => all + of(row).total, 0),
  })
  return {
    lines: add(({ lines }) => lines),
    statements: add(({ statements }) => statements),
    branches: add(({ branches }) => branches),
    missing: rows.flatMap(({ missing }) => missing),
  }
}

function print(rows: ReadonlyMap<string, Row>, failed: readonly string[]): void {
  if (flags.json) {
    console.log(JSON.stringify({ files: Object.fromEntries(rows), failed }, undefined, 2))
    return
  }
  const format = (each: Count) => `${percent(each).toFixed(1)}% (${each.covered}/${each.total})`
  console.table(
    Object.fromEntries(
      [...rows].map(([file, { lines, statements, branches }]) => [
        file,
        { lines: format(lines), statements: format(statements), branches: format(branches) },
      ]),
    ),
  )
  for (const line of rows.get('all')?.missing ?? []) console.log(`not reached: ${line}`)
  for (const file of failed) console.log(`failed: ${file}`)
}
