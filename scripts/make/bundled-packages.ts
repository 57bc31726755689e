// Makes the bundle of `../bundled-packages.ts`: after an install, and before a test run.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { bundleFolder, hookFile, NAMES } from '../bundled-packages.ts'

/**
 * Bundles the packages below `root`/node_modules/.cache, unless they are there already, and returns the flag by which a process of Node takes them. What
 * packages import of each other stays as it is; nothing is left out but the sentences of zod in other languages than English. Another run may do the
 * same at the same time. Throws if esbuild is not installed, or the folder cannot be written.
 */
export async function bundlePackages(root: string): Promise<string> {
  const folder = bundleFolder(root)
  const hook = hookFile(folder)
  if (existsSync(hook)) return `--require=${hook}`
  const { build, stop } = await import('esbuild')
  const ours = `${folder}-${process.pid}`
  mkdirSync(ours, { recursive: true })
  try {
    await build({
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
    const files = readdirSync(ours)
    const sizes = Object.fromEntries(files.map((file) => [file, statSync(join(ours, file)).size]))
    writeFileSync(hookFile(ours), hookOf(sizes))
    for (const file of [...files, 'hook.cjs']) flush(join(ours, file))
    renameSync(ours, folder)
  } catch (error) {
    rmSync(ours, { recursive: true, force: true })
    if (!existsSync(hook)) throw error
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

/** What a process requires before all else. It changes nothing if a file of the bundle does not have the size that it was written with. */
function hookOf(sizes: Readonly<Record<string, number>>): string {
  const files = NAMES.map((name) => [name, `${fileOf(name)}.mjs`])
  return `const { statSync } = require('node:fs')
const { registerHooks } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { isMainThread } = require('node:worker_threads')
const sizes = ${JSON.stringify(sizes)}
const isWhole = Object.keys(sizes).every((file) => statSync(join(__dirname, file), { throwIfNoEntry: false })?.size === sizes[file])
const urls = new Map(${JSON.stringify(files)}.map(([name, file]) => [name, pathToFileURL(join(__dirname, file)).href]))
// Not in threads: they load little, and Node refuses hooks in those of a program from the command line.
if (isMainThread && isWhole) registerHooks({
  resolve(specifier, context, next) {
    const url = context.parentURL?.includes('/node_modules/') ? undefined : urls.get(specifier)
    return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true }
  },
})
`
}
