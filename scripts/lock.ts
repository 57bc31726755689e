// One process of a kind to a folder: a lock file that names the process, so that one left by a crash is seen through.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '../node/errors.ts'

/** Disposing gives it back. */
export type Lock = AsyncDisposable

/** `name` is what runs, as in `devnet`. Throws `OperationError('already-runs')` where a living process has it. */
export async function takeLock(data: string, name: string): Promise<Lock> {
  const file = join(data, `${name}.lock`)
  await mkdir(data, { recursive: true, mode: 0o700 })
  const mine = `${process.pid} ${await startOf(process.pid)}\n`
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(file, mine, { flag: 'wx' })
      return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
      const [pid = '', start = ''] = (await readFile(file, 'utf8').catch(() => '')).trim().split(' ')
      if (tries < 3 && (start === '' || (await startOf(Number(pid))) !== start)) {
        await rm(file, { force: true }) // its process is gone
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

/** When a process began, so that another one with the same number is not taken for it; empty if there is none. */
async function startOf(pid: number): Promise<string> {
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
