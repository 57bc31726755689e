// Holds the shape of the code: who imports whom, no cycles, a pure spec, short files with a header, a lock file in step.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { findCycles } from './architecture/cycles.ts'
import {
  BROWSER_PACKAGES,
  DEVELOPMENT_FOLDERS,
  IMPURE,
  NODE_ONLY,
  PRODUCTION_STARTS,
  ruleFor,
  TOP_FOLDERS,
} from './architecture/rules.ts'
import { blank, importsOf, readSources } from './architecture/source.ts'

const root = new URL('..', import.meta.url).pathname
const dependencies = z.record(z.string(), z.string())
const conditions = z.record(z.string(), z.string().startsWith('./'))
const manifest = readJson(
  'package.json',
  z.object({ dependencies, devDependencies: dependencies, imports: z.record(z.string().startsWith('#'), conditions) }),
)
const sources = readSources(
  root,
  Object.fromEntries(
    Object.entries(manifest.imports).map(([name, files]) => [name, Object.values(files).map((path) => path.slice(2))]),
  ),
)
const pinned = { ...manifest.dependencies, ...manifest.devDependencies }
const maxLines = 300
/** What `package.json#imports` has Node take. */
const NODE_BACKENDS = [
  'node/protocol/keccak/wasm.ts',
  'node/protocol/secp256k1/native.ts',
  'node/protocol/sha1/native.ts',
  'node/http/by-node.ts',
]

test('every import is one that the import table allows', () => {
  const wrong = sources.flatMap(({ path, imports }) => {
    const { folder, ours, except = [], packages } = ruleFor(path)
    return imports
      .filter((each) =>
        each.kind === 'ours'
          ? ![folder, ...ours].some((prefix) => each.path.startsWith(prefix)) ||
            except.some((prefix) => each.path.startsWith(prefix)) ||
            (folder === '' && each.path.includes('/'))
          : packages !== 'any' &&
            !packages.some((name) => each.name === name || (/[/:]$/.test(name) && each.name.startsWith(name))),
      )
      .map(({ specifier }) => `${path} imports ${specifier}`)
  })
  assert.deepEqual(wrong, [])
})

test('an import of ours names a file that exists', () => {
  const known = new Set(sources.map(({ path }) => path))
  const missing = sources.flatMap(({ path, imports }) =>
    imports
      .filter((each) => each.kind === 'ours' && /\.(ts|mjs|sol)$/.test(each.path) && !known.has(each.path))
      .map(({ specifier }) => `${path} imports ${specifier}`),
  )
  assert.deepEqual(missing, [])
})

test('an imported package is a pinned dependency, and one for production outside of what only developers run', () => {
  const wrong = sources.flatMap(({ path, imports }) => {
    const isDevelopment = DEVELOPMENT_FOLDERS.some((folder) => path.startsWith(folder))
    const allowed = isDevelopment ? pinned : manifest.dependencies
    return imports
      .filter((each) => each.kind === 'package' && !each.name.startsWith('node:') && !(each.name in allowed))
      .map(({ specifier }) => `${path} imports ${specifier}`)
  })
  assert.deepEqual(wrong, [])
})

test('all that the command line reaches imports packages for production only', () => {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const reached = new Set(PRODUCTION_STARTS)
  const wrong: string[] = []
  for (const path of reached) {
    for (const each of byPath.get(path)?.imports ?? []) {
      if (each.kind === 'ours') reached.add(each.path)
      else if (!each.name.startsWith('node:') && !(each.name in manifest.dependencies))
        wrong.push(`${path} imports ${each.specifier}`)
    }
  }
  assert.deepEqual(wrong, [])
  for (const path of ['node/node.ts', 'miner/work/worker.ts', 'scripts/devnet/devnet.ts'])
    assert(reached.has(path), `the walk comes to ${path}`)
})

test('no files import each other in a circle', () => {
  assert.deepEqual(findCycles(graphOf((path) => path)), [])
})

test('no folders of the node import each other in a circle', () => {
  assert.deepEqual(findCycles(graphOf((path) => /^node\/[^/]+/.exec(path)?.[0])), [])
})

test('node/protocol has no clock, no randomness, no input, no output, and nothing of Node', () => {
  const wrong = sources
    .filter(({ path }) => path.startsWith('node/protocol/'))
    .flatMap(({ path, text }) => {
      const code = blank(text, 'comments and strings')
      return IMPURE.flatMap((pattern) => pattern.exec(code) ?? []).map((match) => `${path} uses ${match.trim()}`)
    })
  assert.deepEqual(wrong, [])
})

test('native code of the curve is imported by one file, and nothing but the names in package.json leads to what only Node runs', () => {
  const users = sources
    .filter(({ path }) => !path.startsWith('test/'))
    .filter(({ imports }) => imports.some((each) => each.kind === 'package' && each.name === 'secp256k1'))
    .map(({ path }) => path)
  assert.deepEqual(users, ['node/protocol/secp256k1/native.ts'])
  const direct = sources
    .filter(({ path }) => !path.startsWith('test/'))
    .filter(({ imports }) =>
      imports.some(
        (each) => each.kind === 'ours' && NODE_BACKENDS.includes(each.path) && !each.specifier.startsWith('#'),
      ),
    )
    .map(({ path }) => path)
  assert.deepEqual(direct, [])
  assert.deepEqual(Object.keys(manifest.imports['#keccak'] ?? {}), ['node', 'default'])
  assert.deepEqual(Object.keys(manifest.imports['#post'] ?? {}), ['node', 'default'])
  assert.deepEqual(Object.keys(manifest.imports['#secp256k1'] ?? {}), ['node', 'default'])
  assert.deepEqual(Object.keys(manifest.imports['#sha1'] ?? {}), ['node', 'default'])
})

test('all that node/client and node/light reach runs in a browser, but for what sends to Ethereum', () => {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const reached = new Set(
    [...byPath.keys()].filter(
      (path) => /^node\/(client|light)\//.test(path) && !path.startsWith('node/client/ethereum/'),
    ),
  )
  const wrong: string[] = []
  for (const path of reached) {
    const { imports = [], text = '' } = byPath.get(path) ?? {}
    for (const each of imports) {
      if (each.kind === 'ours') {
        // Of two backends a browser gets the other one.
        if (!NODE_BACKENDS.includes(each.path)) reached.add(each.path)
        continue
      }
      if (!BROWSER_PACKAGES.includes(each.name)) wrong.push(`${path} imports ${each.specifier}`)
    }
    const code = blank(text, 'comments and strings')
    wrong.push(...NODE_ONLY.flatMap((pattern) => pattern.exec(code) ?? []).map((match) => `${path} uses ${match}`))
  }
  assert.deepEqual(wrong, [])
  assert(reached.has('node/protocol/bytes.ts'), 'the walk sees more than the folder')
})

test('Ethereum is reached through one file, and nothing but its folder and the wallet of the page knows viem', () => {
  const products = sources.filter(({ path }) => path.startsWith('node/') || path.startsWith('miner/'))
  const doors = products
    .filter(({ text }) => /\bcreate(Public|Wallet|Test)?Client\(/.test(blank(text, 'comments and strings')))
    .map(({ path }) => path)
  assert.deepEqual(doors, ['node/ethereum/connection.ts'])
  const users = products
    .filter(({ imports }) => imports.some((each) => each.kind === 'package' && each.name === 'viem'))
    .map(({ path }) => path)
  assert.deepEqual(
    users.filter((path) => !path.startsWith('node/ethereum/') && !path.startsWith('node/web/page/wallet/')),
    [],
  )
})

test('source files are in the known folders', () => {
  const wrong = sources
    .map(({ path }) => path)
    .filter((path) => path.includes('/') && !TOP_FOLDERS.includes(topOf(path)))
  assert.deepEqual(wrong, [])
})

test('every file says in its first line why it exists', () => {
  const wrong = sources
    .filter(({ path, text }) => {
      const isSkipped = path.endsWith('.sol') ? /^\/\/ SPDX-/ : /^#!/
      const line = text.split('\n').find((each) => !isSkipped.test(each)) ?? ''
      return !/^(\/\/\/?|\/\*\*?) \S.{15,}/.test(line)
    })
    .map(({ path }) => path)
  assert.deepEqual(wrong, [])
})

test(`a file of more than ${maxLines} lines says why in its first lines`, () => {
  const wrong = sources
    .filter(({ text }) => text.split('\n').length > maxLines + 1)
    .filter(({ text }) => !/\b(lines|long|generated)\b/i.test(text.split('\n').slice(0, 5).join('\n')))
    .map(({ path, text }) => `${path} has ${text.split('\n').length - 1} lines`)
  assert.deepEqual(wrong, [])
})

test('the lock file is in step with package.json, and both with what is installed', () => {
  const lock = readJson(
    'package-lock.json',
    z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() }).loose()) }),
  )
  const top = z.object({ dependencies, devDependencies: dependencies }).parse(lock.packages[''])
  assert.deepEqual({ ...top.dependencies, ...top.devDependencies }, pinned)
  for (const [name, version] of Object.entries(pinned)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned to one version`)
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version, `${name} in package-lock.json`)
    const installed = readJson(`node_modules/${name}/package.json`, z.object({ version: z.string() }))
    assert.equal(installed.version, version, `${name} in node_modules: run npm install`)
  }
})

test('the reader of imports sees every form of them and nothing else', () => {
  const text = [
    "import a, { type B } from './a.ts'",
    "import {\n  c,\n} from '@scope/c/deep.js'",
    "import type { D } from 'd'",
    "import 'node:e'",
    "export * from '../f.ts'",
    "const g = await import('g')",
    "const h = new Worker(new URL('./h.ts', import.meta.url))",
    "// import i from 'i'",
    `/* import('j') */ const re = /["'\`]/, k = 'x // y'`,
    `const l = \`\${k ? '}' : "\`"} // no comment\`; require('m')`,
    `const n = "require('n')"`,
    "export const o = 'from'",
    "import { p } from '#p'",
  ].join('\n')
  const found = importsOf('x/y/z.ts', text, { '#p': ['p/node.ts', 'p/browser.ts'] }).map((each) =>
    each.kind === 'ours' ? each.path : each.name,
  )
  assert.deepEqual(found.toSorted(), [
    '@scope/c',
    'd',
    'g',
    'm',
    'node:e',
    'p/browser.ts',
    'p/node.ts',
    'x/f.ts',
    'x/y/a.ts',
    'x/y/h.ts',
  ])
})

test('blanking leaves the code and every position', () => {
  const text = "a // Date\n/* Date */ 'Date' /Date/ `Date` + /Date/.b"
  const blanked = blank(text, 'comments and strings')
  assert.equal(blanked, "a        \n           '    ' /Date/ `    ` + /    /.b")
  assert.equal(blanked.length, text.length)
})

test('the search for cycles finds them', () => {
  const graph = new Map(Object.entries({ a: ['b'], b: ['c', 'd'], c: ['a'], d: [] }).map(([k, v]) => [k, new Set(v)]))
  assert.deepEqual(findCycles(graph), ['a -> b -> c -> a'])
})

function graphOf(unitOf: (path: string) => string | undefined): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>()
  for (const { path, imports } of sources) {
    const from = unitOf(path)
    for (const each of imports) {
      const to = each.kind === 'ours' ? unitOf(each.path) : undefined
      if (from === undefined || to === undefined || (from === to && path !== to)) continue
      graph.set(from, (graph.get(from) ?? new Set()).add(to))
    }
  }
  return graph
}

function topOf(path: string): string {
  return path.split('/')[0] ?? ''
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(new URL(path, `file://${root}`), 'utf8')))
}
