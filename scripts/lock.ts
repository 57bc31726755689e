// One process of a kind to a folder: a lock file that names the process, so that one left by a crash is seen through.

import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFolder, notWritten } from '../node/disk.ts'
import { isOperationError, OperationError } from '../node/errors.ts'

/** Disposing gives it back. */
export type Lock = AsyncDisposable

/** How often a lock that a crash left is cleared away, or another process that does so is waited for. */
const TRIES = 20
const CLEARING_MS = 25

/** `name` is what runs, as in `devnet`. Throws `OperationError`: 'already-runs' where a living process has it, 'write-failed'. */
export async function takeLock(data: string, name: string): Promise<Lock> {
  const file = join(data, `${name}.lock`)
  await makeFolder(data)
  const mine = `${process.pid} ${await startOf(process.pid)}\n`
  for (let tries = 0; ; tries++) {
    try {
      await createWhole(file, mine)
      return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw notWritten(file, cause)
      const seen = await textOf(file)
      const [pid = '', start = ''] = seen.trim().split(' ')
      if (tries < TRIES && (start === '' || (await startOf(Number(pid))) !== start)) {
        await clear(data, name, seen) // its process is gone
        continue
      }
      throw new OperationError(
        'already-runs',
        `expected no other ${name} on ${data}, got one (process ${pid}); use it, stop it, or choose another folder with --data`,
        { facts: { name, folder: data, pid, lock: file }, cause },
      )
    }
  }
}

/** With its text from the first moment on: an empty one would look as if a crash had left it. Throws `EEXIST`. */
async function createWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  try {
    await writeFile(draft, text, { flag: 'wx' })
    await link(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Removes a lock that still has the text that was `seen`. One process at a time: the next one would remove that of the one that came first. */
async function clear(data: string, name: string, seen: string): Promise<void> {
  const file = join(data, `${name}.lock`)
  try {
    await using _clearing = await takeLock(data, `${name}.lock`)
    if ((await textOf(file)) === seen) await rm(file, { force: true })
  } catch (error) {
    if (!isOperationError(error, 'already-runs')) throw error
    await delay(CLEARING_MS)
  }
}

async function textOf(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => '')
}

/** When a process began, so that another one with the same number is not mistaken for it; empty if there is none. */
export async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; field 22 counts from the start of the line, the name being the second.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return isAlive(pid) ? 'alive' : '' // no /proc on this system
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}
