// Builds the web page of a node: after an install, and before a node whose page is of other sources. `npm run page` does it at once.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { hashOf, INPUTS, pageFolder, stateOf } from '../page.ts'

const SOURCE = 'node/web/page'
/** What else it is made of: none of these is a module. */
const BESIDES = ['index.html', 'public/icon.svg'].map((name) => `${SOURCE}/${name}`)
/** Below this many bytes nothing is won. */
const WORTH_BYTES = 1_000

/**
 * Builds it, unless it is there already, and returns its folder. Another run may do the same at the same time. Throws if Vite is not installed, the
 * sources do not compile, or the folder cannot be written.
 */
export async function buildPage(root: string): Promise<string> {
  const folder = pageFolder(root)
  if ((await stateOf(root, folder)) === 'whole') return folder
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')])
  const draft = `${folder}-${process.pid}`
  const modules = new Set<string>()
  try {
    await build({
      root: join(root, SOURCE),
      configFile: false,
      envFile: false,
      logLevel: 'error',
      cacheDir: `${draft}/cache`,
      plugins: [react()],
      build: {
        outDir: draft,
        target: 'es2022',
        modulePreload: { polyfill: false },
        // A picture in the text of a style would be one that the policy of the page forbids.
        assetsInlineLimit: 0,
        rollupOptions: {
          plugins: [{ name: 'modules', moduleParsed: ({ id }) => void modules.add(id.split('?')[0] ?? id) }],
        },
      },
    })
    const ours = [...modules]
      .map((path) => relative(root, path))
      .filter((path) => !path.startsWith('..') && !path.startsWith('node_modules') && !path.startsWith('\0'))
    await writeFile(join(draft, INPUTS), JSON.stringify(await hashes(root, [...ours, ...BESIDES, 'package-lock.json'])))
    await compress(draft)
    await rm(folder, { recursive: true, force: true })
    await rename(draft, folder).catch(async (error) => {
      // Another run was faster.
      if ((await stateOf(root, folder)) !== 'whole') throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return folder
}

async function hashes(root: string, paths: readonly string[]): Promise<Record<string, string>> {
  const known = [...new Set(paths)].sort()
  return Object.fromEntries(
    await Promise.all(known.map(async (path) => [path, hashOf(await readFile(join(root, path)))] as const)),
  )
}

/** Beside each file the same, smaller: it is made once, and sent often. */
async function compress(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((each) => each.isFile() && ['.js', '.css', '.html', '.svg'].includes(extname(each.name)))
  await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name)
      const bytes = await readFile(path)
      if (bytes.length < WORTH_BYTES) return
      await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }))
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await buildPage(fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')))
}
