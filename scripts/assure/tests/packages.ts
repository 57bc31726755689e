// The two packages of many modules in one file each, for the test run: every test file, and every process that one starts, loads them for itself.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'

/** What is imported by these names, as our own sources do. Only packages of ES modules: what a name exports is the same then. */
export const NAMES = ['viem', 'viem/accounts', 'viem/actions', 'zod']

/**
 * Bundles the packages below `root`/node_modules/.cache, unless they are there already, and returns the flag by which a process of Node takes them in
 * place of the 500 modules that they are made of. Nothing is left out, and what packages import of each other stays as it is.
 */
export async function bundlePackages(root: string): Promise<string> {
  const modules = join(root, 'node_modules')
  const versions = ['viem', 'zod', 'esbuild'].map((name) => readFileSync(join(modules, name, 'package.json')))
  const key = createHash('sha256').update(Buffer.concat(versions)).update(hookOf('')).digest('hex').slice(0, 16)
  const folder = join(modules, '.cache', `ttx-packages-${key}`)
  const hook = join(folder, 'hook.cjs')
  if (!existsSync(hook)) {
    // Another run may do the same.
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
        splitting: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        logLevel: 'error',
      })
    } finally {
      await stop()
    }
    writeFileSync(join(ours, 'hook.cjs'), hookOf(folder))
    try {
      renameSync(ours, folder)
    } catch (error) {
      rmSync(ours, { recursive: true })
      if (!existsSync(hook)) throw error
    }
  }
  return `--require=${hook}`
}

function fileOf(name: string): string {
  return name.replaceAll('/', '-')
}

function hookOf(folder: string): string {
  const urls = NAMES.map((name) => [name, pathToFileURL(join(folder, `${fileOf(name)}.mjs`)).href])
  // Not in threads: they load little, and Node refuses hooks in those of a program from the command line.
  return `const { registerHooks } = require('node:module')
const { isMainThread } = require('node:worker_threads')
const urls = new Map(${JSON.stringify(urls)})
if (isMainThread) registerHooks({
  resolve(specifier, context, next) {
    const url = context.parentURL?.includes('/node_modules/') ? undefined : urls.get(specifier)
    return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true }
  },
})
`
}
