// Builds the native kernels of the miner with the C compiler of this machine, if there is one: at each install, and by `node scripts/make/native.ts`.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUILT, nativeFileName } from '../../miner/work/kernels/native.ts'

const SOURCE = fileURLToPath(new URL('../../miner/work/kernels/native/addon.c', import.meta.url))
/** In the order in which they are tried. */
const COMPILERS = ['cc', 'gcc', 'clang']
/** No library but the compiler's own: one file runs with any libc. What a Mac has of Node-API it finds in the process that loads it. */
const FLAGS = ['-std=c11', '-O3', '-shared', '-fPIC', '-fvisibility=hidden', '-nostdlib']
const PLATFORM_FLAGS: Readonly<Record<string, readonly string[]>> = {
  linux: ['-lgcc'],
  darwin: ['-undefined', 'dynamic_lookup', '-lSystem'],
}

/** Builds them, unless they are there, and returns the file. Throws what the compiler says, or that there is none. */
export async function buildNative(folder: string = fileURLToPath(BUILT)): Promise<string> {
  const file = join(folder, nativeFileName())
  if (existsSync(file)) return file
  const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'))
  const draft = `${file}.${process.pid}`
  await mkdir(folder, { recursive: true })
  const given = process.env['CC']
  const compilers = given === undefined || given === '' ? COMPILERS : [given]
  try {
    compile(compilers, [
      ...[...FLAGS, '-I', join(headers, 'include'), '-o', draft, SOURCE],
      ...(PLATFORM_FLAGS[process.platform] ?? []),
    ])
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
  return file
}

function compile(compilers: readonly string[], args: readonly string[]): void {
  for (const compiler of compilers) {
    const { status, error, stderr } = spawnSync(compiler, args, { encoding: 'utf8' })
    if (error !== undefined && 'code' in error && error.code === 'ENOENT') continue
    if (status === 0) return
    throw new Error(`expected ${compiler} to compile the native kernels, got: ${error?.message ?? stderr.trim()}`)
  }
  throw new Error(`expected a C compiler (${compilers.join(', ')}), found none`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildNative())
