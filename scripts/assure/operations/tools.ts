// Programs that this machine may have or not, and packages that are fetched for one look.

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = new URL('../../..', import.meta.url).pathname
/** What operators copy. */
export const OPERATIONS = join(ROOT, 'docs/operations')

/** This machine lacks something; the message says what, and how to get it. */
export class Missing extends Error {
  override readonly name = 'Missing'
}

/** Standard output and error. Throws `Missing` where there is no such program, and what it said where it fails. */
export async function call(
  command: string,
  args: readonly string[],
  { needs, folder }: { readonly needs: string; readonly folder?: string },
): Promise<string> {
  try {
    const options = { maxBuffer: 2 ** 26, ...(folder === undefined ? {} : { cwd: folder }) }
    const { stdout, stderr } = await run(command, args, options)
    return `${stdout}${stderr}`
  } catch (error) {
    if (isProblem(error) && error.code === 'ENOENT') throw new Missing(needs)
    if (isProblem(error) && typeof error.stdout === 'string')
      throw new Error(`${command} ${args.join(' ')}:\n${error.stdout}${error.stderr}`)
    throw error
  }
}

/** A folder with these packages of the npm registry, for as long as it is not disposed of. Throws `Missing` without the registry. */
export async function fetchPackages(names: readonly string[]): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await temporary()
  try {
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-save', '--prefix', folder.path]
    await run('npm', ['install', ...flags, ...names], { cwd: folder.path })
  } catch (cause) {
    await folder[Symbol.asyncDispose]()
    throw new Missing(`the npm registry, for ${names.join(', ')} (${String(cause).split('\n')[0]})`)
  }
  return { folder: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

export async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ttx-operations-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

function isProblem(error: unknown): error is Error & { code?: unknown; stdout?: unknown; stderr?: unknown } {
  return error instanceof Error
}
