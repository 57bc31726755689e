// A child process that never outlives us, however we end.

import { type ChildProcess, spawn } from 'node:child_process'

export type ChildSpec = {
  readonly command: string
  readonly args: readonly string[]
  readonly folder?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

// The shell leaves a watchdog that waits for the end of standard input, then becomes the command itself: same process id, so
// that exit codes and signals are the command's own. Our end of the pipe closes with us, even on SIGKILL.
const SCRIPT =
  'exec 3<&0 </dev/null; (trap "" INT; cat <&3 >/dev/null 2>&1; kill -TERM $$ 2>/dev/null) 3<&3 & exec 3<&-; exec "$@"'

/**
 * Standard output and error are pipes, standard input is empty. In a session of its own: Ctrl-C in our terminal reaches only us, and
 * we end our children in order. When we are gone it gets SIGTERM.
 */
export function spawnTied({ command, args, folder, env = process.env }: ChildSpec): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...env },
    ...(folder === undefined ? {} : { cwd: folder }),
  })
  child.stdin?.on('error', () => undefined) // the watchdog may be gone first
  child.once('exit', () => child.stdin?.destroy())
  return child
}
