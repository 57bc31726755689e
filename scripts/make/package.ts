// Makes the npm package: `npm run package [-- FOLDER]`. It has the program `ttx` with the page of its nodes, the typed client of a node and the protocol, as
// JavaScript, since Node strips types of no package. Folders stay as they are; what a package is made of is a list here.

import { spawnSync } from 'node:child_process'
import { cp, glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import packageJson from '../../package.json' with { type: 'json' }
import { INPUTS } from '../page.ts'
import { buildNative } from './native.ts'
import { buildPage } from './page.ts'

/** What runs: the program, and what it starts as threads. */
const STARTS = ['scripts/ttx.ts', 'scripts/bundled-packages.ts']
const WORKERS = ['node/**/*-worker.ts', 'miner/work/worker.ts']
/** One platform takes one of these, and the compiler sees only what Node takes. */
const PLATFORMS = Object.values(packageJson.imports).flatMap((each) => Object.values(each).map((path) => path.slice(2)))
/** What others may import: each file below it, for browsers too. There is no file that exports them all again. */
const EXPORTED = { client: 'node/client', protocol: 'node/protocol', rpc: 'node/rpc' } as const
const TYPED = [
  'node/client/*.ts',
  'node/client/{maker,offers}/*.ts',
  'node/protocol/**/*.ts',
  'node/rpc/api.ts',
  'node/errors.ts',
]
const BESIDES = [
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'docs',
  'deployments/standard-input.json',
  '**/*.wasm',
  'miner/work/kernels/native/*',
]
/** How a file of ours names another one that is started as a thread. */
const THREAD = /new URL\('(\.[^']+)\.ts', import\.meta\.url\)/g
/** Node runs no TypeScript of packages; what `engines` of the clone says does not hold here. */
const ENGINES = { node: '>=22.18' }
/** Only the clone needs it, to have a Node of its own. */
const NOT_NEEDED = ['node']

/** Makes it in `folder`, which is emptied first. Throws what the compiler says. */
export async function makePackage(root: string, folder: string): Promise<void> {
  const draft = `${folder}.draft`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  const ambient = await paths(root, ['node/**/*.d.ts', 'miner/**/*.d.ts', 'scripts/**/*.d.ts'])
  await compile(root, draft, [...STARTS, ...PLATFORMS, ...(await paths(root, WORKERS)), ...ambient], {
    declaration: false,
  })
  await compile(root, draft, await paths(root, TYPED), { declaration: true, emitDeclarationOnly: true })
  await nameThreads(draft)
  for (const path of await paths(root, BESIDES)) await cp(join(root, path), join(draft, path), { recursive: true })
  await addNative(join(draft, 'miner/work/kernels/native/prebuilt'))
  const notInputs = (path: string) => !path.endsWith(INPUTS)
  await cp(await buildPage(root), join(draft, 'page'), { recursive: true, filter: notInputs })
  await writeFile(join(draft, 'scripts/ttx.mjs'), await startOf(root), { mode: 0o755 })
  await writeFile(join(draft, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`)
  await rm(folder, { recursive: true, force: true })
  await rename(draft, folder)
}

async function paths(root: string, patterns: readonly string[]): Promise<string[]> {
  const found: string[] = []
  const exclude = ['node_modules/**', 'artifacts/**', 'cache/**', 'test/**', 'coverage/**', '**/assembly/**']
  for await (const path of glob(patterns, { cwd: root, exclude })) found.push(path)
  return found.sort()
}

async function compile(root: string, outDir: string, files: readonly string[], options: object): Promise<void> {
  const file = join(outDir, 'tsconfig.json')
  const compilerOptions = {
    ...{ noEmit: false, rewriteRelativeImportExtensions: true, rootDir: root, outDir },
    typeRoots: [join(root, 'node_modules/@types')],
    ...options,
  }
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions,
    files: files.map((path) => join(root, path)),
    include: [],
  }
  await writeFile(file, JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', file], { encoding: 'utf8' })
  await rm(file)
  if (status !== 0) throw new Error(`expected the sources to compile, got:\n${stdout}`)
}

/** The compiler leaves them as they are, since they are not imports. */
async function nameThreads(folder: string): Promise<void> {
  for await (const path of glob('**/*.js', { cwd: folder })) {
    const text = await readFile(join(folder, path), 'utf8')
    const named = text.replace(THREAD, "new URL('$1.js', import.meta.url)")
    if (named !== text) await writeFile(join(folder, path), named)
  }
}

/** Of the platform on which the package is made; others search by WebAssembly. */
async function addNative(folder: string): Promise<void> {
  try {
    await buildNative(folder)
  } catch (error) {
    console.error(`the package has no native kernels for miners: ${error instanceof Error ? error.message : error}`)
  }
}

async function startOf(root: string): Promise<string> {
  const text = await readFile(join(root, 'scripts/ttx.mjs'), 'utf8')
  return text.replace(/(import\('\.[^']+)\.ts'\)/g, "$1.js')")
}

function manifest() {
  const { name, version, description, license, type, bin, imports, dependencies } = packageJson
  const needed = Object.entries(dependencies).filter(([key]) => !NOT_NEEDED.includes(key))
  const exported = Object.entries(EXPORTED).map(([as, path]) => [
    `./${as}/*`,
    { types: `./${path}/*.d.ts`, default: `./${path}/*.js` },
  ])
  return {
    ...{ name, version, description, license, type, bin, engines: ENGINES },
    exports: {
      ...Object.fromEntries(exported),
      './errors': { types: './node/errors.d.ts', default: './node/errors.js' },
    },
    imports: JSON.parse(JSON.stringify(imports).replaceAll('.ts"', '.js"')),
    dependencies: Object.fromEntries(needed),
    overrides: packageJson.overrides,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(import.meta.dirname))
  const folder = resolve(process.argv[2] ?? join(root, 'artifacts', 'package'))
  await makePackage(root, folder)
  console.log(`made ${folder}: "npm pack ${folder}" packs it, "npm publish ${folder}" publishes it`)
}
