// A browser of this machine that shows the page of a node, with no other host to reach, and with what the page complained of.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from '../chromium.ts'

/** For `skip` of tests where none is installed. */
export const NO_BROWSER = 'needs Chromium in PATH: apt-get install chromium'

export type Browsing = AsyncDisposable & {
  readonly context: BrowserContext
  /** Errors of pages, what they wrote as errors, and requests to anybody but the node. Empty if all is well. */
  readonly complaints: string[]
  readonly open: (path: string) => Promise<Page>
}

/** The command of a browser; undefined if this machine has none. */
export async function browserCommand(): Promise<string | undefined> {
  return (await findChromium())?.command
}

/** `url` is where the node is. */
export async function browse(command: string, url: string, options: BrowserContextOptions = {}): Promise<Browsing> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-browser-'))
  const browser = await chromium.launch({
    executablePath: await pathOf(command),
    // No sandbox, since root and most containers cannot have one; the page is ours. No name is resolved.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND,EXCLUDE 127.0.0.1'],
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder },
  })
  const context = await browser.newContext({ viewport: { width: 1_200, height: 900 }, ...options })
  const complaints: string[] = []
  context.on('weberror', (error) => complaints.push(error.error().message))
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  context.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:')) complaints.push(request.url())
  })
  return {
    context,
    complaints,
    open: async (path) => {
      const page = await context.newPage()
      await page.goto(`${url}${path}`)
      return page
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

async function pathOf(command: string): Promise<string> {
  const { access } = await import('node:fs/promises')
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const path = join(folder, command)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  throw new Error(`expected ${command} in PATH`)
}
