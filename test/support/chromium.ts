// Chromium without a window, for what must run in a browser: opens one page and returns what the page made of itself.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

export type Chromium = { readonly command: string; readonly version: string }

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
// No sandbox, since root and most containers cannot have one; the page is ours. Nothing is looked up or fetched.
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-breakpad',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND',
]
/** Not a limit on speed: only a browser that hangs gets there. */
const HUNG_MS = 2 * 60_000
const PROBE = '<!doctype html><body><script>document.body.textContent = navigator.userAgent</script>'

/**
 * The first in PATH that opens a page of ours; undefined if there is none. What only asks for another installer does not, nor does one that
 * is kept from our folders, as a snap is.
 */
export async function findChromium(): Promise<Chromium | undefined> {
  for (const command of COMMANDS) {
    const html = await dumpPage(command, { 'index.html': PROBE }).catch(() => '')
    const version = /Chrome\/[\d.]+/.exec(html)?.[0]
    if (version !== undefined) return { command, version }
  }
  return undefined
}

/**
 * Opens `index.html` of some files by name, and returns its document as HTML, when its scripts have run. No process and no file is left,
 * neither of the page nor of a profile. Rejects unless the command ends well.
 */
export async function dumpPage(command: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-chromium-'))
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
    const url = pathToFileURL(join(folder, 'index.html')).href
    return await runInFolder(folder, command, [
      ...FLAGS,
      `--user-data-dir=${join(folder, 'profile')}`,
      '--dump-dom',
      url,
    ])
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** As `dumpPage`, of a page that a server of this machine has. It is over when the page and all that it loads are there. */
export async function dumpUrl(command: string, url: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-chromium-'))
  const flags = FLAGS.map((flag) => (flag.startsWith('--host-resolver-rules') ? `${flag},EXCLUDE 127.0.0.1` : flag))
  try {
    const profile = `--user-data-dir=${join(folder, 'profile')}`
    return await runInFolder(folder, command, [...flags, profile, '--dump-dom', url])
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** The standard output of a command that runs in a process group of its own, of which nothing is left afterwards. */
async function runInFolder(folder: string, command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, {
    detached: true,
    // Chromium and its libraries write below these, whatever its profile is.
    env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const watchdog = setTimeout(() => killGroup(child), HUNG_MS)
  try {
    const [[status, signal], stdout, stderr] = await Promise.all([
      once(child, 'close'),
      text(child.stdout),
      text(child.stderr),
    ])
    if (status === 0) return stdout
    throw new Error(`${command}: expected a document and exit status 0, got ${status ?? signal}: ${stderr}`)
  } finally {
    clearTimeout(watchdog)
    killGroup(child)
  }
}

/** Kills what a process and its children still run; they are of one group. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
