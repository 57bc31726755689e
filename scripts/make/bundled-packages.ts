// Makes the bundle of `../bundled-packages.ts`: after an install, and before a test run.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { bundleFolder, hookFile, NAMES } from '../bundled-packages.ts'

/**
 * Bundles the packages below `root`/node_modules/.cache, unless they are there already and whole, and returns the flag by which a process of Node takes them. What
 * packages import of each other stays as it is; nothing is left out but the sentences of zod in other languages than English. Another run may do the
 * same at the same time. Throws if esbuild is not installed, or the folder cannot be written.
 */
export async function bundlePackages(root: string): Promise<string> {
  const folder = bundleFolder(root)
  const hook = hookFile(folder)
  if (isWhole(folder)) return `--require=${hook}`
  const { build, stop } = await import('esbuild')
  clearDrafts(folder)
  const ours = `${folder}-${process.pid}`
  mkdirSync(ours, { recursive: true })
  try {
    const { metafile } = await build({
      metafile: true,
      absWorkingDir: root,
      entryPoints: Object.fromEntries(NAMES.map((name) => [fileOf(name), name])),
      outdir: ours,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // CommonJS, for WebSockets.
      external: ['isows', 'ws'],
      banner: { js: REQUIRE },
      plugins: [englishOnly, await namedExports('pino')],
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
    })
    for (const name of NAMES) await checkSame(name, join(ours, `${fileOf(name)}.mjs`))
    writeFileSync(hookFile(ours), HOOK)
    const files = readdirSync(ours)
    const sizes = files.map((file) => [file, statSync(join(ours, file)).size])
    writeFileSync(join(ours, 'whole.cjs'), wholeOf(sizes, sourcesOf(root, Object.keys(metafile.inputs))))
    for (const file of [...files, 'whole.cjs']) flush(join(ours, file))
    if (isWhole(folder)) throw new Error('another run was faster')
    rmSync(folder, { recursive: true, force: true })
    renameSync(ours, folder)
  } catch (error) {
    rmSync(ours, { recursive: true, force: true })
    if (!isWhole(folder)) throw error
  } finally {
    await stop()
  }
  return `--require=${hook}`
}

/** A bundle that cannot be loaded, or lacks something, must not get in the way of any command. */
async function checkSame(name: string, file: string): Promise<void> {
  const [plain, bundled] = await Promise.all([import(name), import(pathToFileURL(file).href)])
  const missing = exportsOf(plain).filter((each) => !exportsOf(bundled).includes(each))
  if (missing.length > 0) throw new Error(`expected all of ${name} in its bundle, got none of ${missing.join(', ')}`)
}

/** Node adds 'module.exports' to what CommonJS exports. */
function exportsOf(module: object): readonly string[] {
  return Object.keys(module).filter((name) => name !== 'module.exports')
}

/** Before the folder gets its name: what has that name is whole, even after a power cut. */
function flush(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** For what CommonJS in the bundle asks of Node. */
const REQUIRE =
  "import { createRequire as ttxCreateRequire } from 'node:module'; const require = ttxCreateRequire(import.meta.url);"

/** A package of CommonJS, with the names that Node finds in it. Its worker threads would not be found: we log without them. */
async function namedExports(name: string): Promise<Plugin> {
  const names = exportsOf(await import(name)).filter((each) => each !== 'default')
  return {
    name: 'named-exports',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${name}$`) }, ({ kind }) =>
        kind === 'entry-point' ? { path: name, namespace: 'named-exports' } : undefined,
      )
      build.onLoad({ filter: /.*/, namespace: 'named-exports' }, () => ({
        contents: `import whole from '${name}'\nexport const { ${names.join(', ')} } = whole\nexport default whole`,
        resolveDir: build.initialOptions.absWorkingDir ?? '.',
      }))
    },
  }
}

/** Half of zod's modules are what its errors say in fifty languages. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      importer.includes('/node_modules/zod/') ? { path: 'english', namespace: 'english-only' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'english-only' }, () => ({
      contents: 'export { default as en } from "zod/v4/locales/en.js"',
      resolveDir: build.initialOptions.absWorkingDir ?? '.',
    }))
  },
}

function fileOf(name: string): string {
  return name.replaceAll('/', '-').replaceAll('@', '')
}

/** Whether processes take it: see `wholeOf`. */
function isWhole(folder: string): boolean {
  const require = createRequire(import.meta.url)
  const file = join(folder, 'whole.cjs')
  try {
    delete require.cache[require.resolve(file)] // of a look before
    return require(file) === true
  } catch {
    return false
  }
}

/** What a kill left of others: npm never looks in there again. */
function clearDrafts(folder: string): void {
  const cache = dirname(folder)
  if (!existsSync(cache)) return
  for (const name of readdirSync(cache)) {
    const [, pid] = /^ttx-packages-[0-9a-f]{16}-(\d+)$/.exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(cache, name), { recursive: true, force: true })
  }
}

/** Ours is one that had our number before. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

type Source = readonly [path: string, size: number, second: number]

/** The files that went into the bundle, below node_modules. */
function sourcesOf(root: string, inputs: readonly string[]): readonly Source[] {
  const packages = realpathSync(join(root, 'node_modules'))
  return inputs.flatMap((input): Source[] => {
    const path = relative(packages, join(realpathSync(root), input))
    const found = path.startsWith('..') ? undefined : statSync(join(packages, path), { throwIfNoEntry: false })
    return found === undefined ? [] : [[path, found.size, Math.floor(found.mtimeMs / 1_000)]]
  })
}

/**
 * A module that says whether each file of the bundle has the size that it was written with, and each file of a package the size and the time that it had
 * then, in whole seconds, as archives keep it: who changes a package by hand (`patch-package`, or to look for an error) gets what they wrote. It looks at
 * some 560 files, which takes milliseconds.
 */
function wholeOf(sizes: readonly unknown[], sources: readonly Source[]): string {
  return `const { statSync } = require('node:fs')
const { join } = require('node:path')
const look = (path) => statSync(path, { throwIfNoEntry: false })
const packages = join(__dirname, '..', '..')
module.exports = ${JSON.stringify(sizes)}.every(([file, size]) => look(join(__dirname, file))?.size === size) &&
  ${JSON.stringify(sources)}.every(([path, size, second]) => {
    const found = look(join(packages, path))
    return found?.size === size && Math.floor(found.mtimeMs / 1_000) === second
  })
`
}

/** What a process requires before all else. It changes nothing if the bundle is not whole. */
const HOOK = `const { registerHooks } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { isMainThread } = require('node:worker_threads')
const urls = new Map(${JSON.stringify(NAMES.map((name) => [name, `${fileOf(name)}.mjs`]))}.map(([name, file]) => [name, pathToFileURL(join(__dirname, file)).href]))
// Not in threads: they load little, and Node refuses hooks in those of a program from the command line.
if (isMainThread && require('./whole.cjs') === true) registerHooks({
  resolve(specifier, context, next) {
    const url = context.parentURL?.includes('/node_modules/') ? undefined : urls.get(specifier)
    return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true }
  },
})
`
