// A devnet whose node serves its page, and people who look at it: each in a browser of their own, with a wallet of their own.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { generatePrivateKey } from 'viem/accounts'
import { devnetPorts, type Running, startTtx, ttx, ttxJson } from '../processes/processes.ts'
import { type Browsing, browse } from './browser.ts'
import { type BrowserWallet, installWallet } from './wallet.ts'

const CHAIN = 31_337
/** No limit on speed: what a page waits for is a block, and only what hangs gets there. */
const PATIENCE_MS = 120_000

/** Somebody at a browser. */
export type Person = { readonly browsing: Browsing; readonly wallet: BrowserWallet; readonly page: Page }

export class PageStage implements AsyncDisposable {
  readonly data: string
  /** For `ttx`: where all of it is. */
  readonly here: readonly string[]
  readonly url: string
  readonly ethereumUrl: string
  readonly #devnet: Running
  readonly #people: Person[] = []

  private constructor(devnet: Running, data: string, url: string, ethereumUrl: string) {
    this.#devnet = devnet
    this.data = data
    this.here = ['--data', data]
    this.url = url
    this.ethereumUrl = ethereumUrl
  }

  static async start(): Promise<PageStage> {
    const data = await mkdtemp(join(tmpdir(), 'ttx-page-'))
    const { base, ethereum, flags } = await devnetPorts()
    const devnet = startTtx(['devnet', '--data', data, '--poll-ms', '600', '--block-seconds', '1', ...flags])
    await devnet.said(/It runs/)
    return new PageStage(devnet, data, `http://127.0.0.1:${base}`, `http://127.0.0.1:${ethereum}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { browsing } of this.#people) await browsing[Symbol.asyncDispose]()
    await this.#devnet.stop()
    await rm(this.data, { recursive: true, force: true })
  }

  /** With 100 TTX and some ether, before the page. `command` is that of a browser. */
  async person(command: string): Promise<Person> {
    const browsing = await browse(command, this.url)
    browsing.context.setDefaultTimeout(PATIENCE_MS)
    const { ethereumUrl } = this
    const wallet = await installWallet(browsing.context, { key: generatePrivateKey(), ethereumUrl, chain: CHAIN })
    await this.run('send', '100', wallet.address, '--wallet', 'genesis', '--yes')
    await this.run('devnet', 'fund', wallet.address)
    const person = { browsing, wallet, page: await browsing.open('/') }
    this.#people.push(person)
    return person
  }

  async run(...args: readonly string[]): Promise<string> {
    const { exitCode, out, err } = await ttx([...args, ...this.here])
    assert.equal(exitCode, 0, `ttx ${args.join(' ')}\n${out}\n${err}`)
    return out
  }

  /** Miners make one for a request of TTX. */
  async causeBlock(): Promise<void> {
    await this.run('bridge', '1', '--wallet', 'genesis', '--yes')
  }

  async json<T extends object>(...args: readonly string[]): Promise<T> {
    return await ttxJson<T>([...args, ...this.here])
  }
}

export async function connect({ page }: Person): Promise<void> {
  await page.getByRole('button', { name: 'Connect a wallet' }).click()
  await page.getByRole('button', { name: 'Test wallet' }).click()
  await page.getByRole('button', { name: 'Disconnect' }).waitFor()
}

export async function paste(page: Page, text: string): Promise<void> {
  await page.getByRole('searchbox').fill(text)
  await page.getByRole('button', { name: 'Find', exact: true }).click()
}

/** The infohash that the page says it has made. */
export async function madeBy(page: Page): Promise<string> {
  const link = page.getByRole('main').getByRole('status').getByRole('link')
  const text = (await link.textContent()) ?? ''
  assert.match(text, /^[0-9a-f]{40}$/)
  return text
}

/** What it complained of beyond a node that is away for a while. */
export function unforeseen({ complaints }: Browsing): readonly string[] {
  return complaints.filter((text) => !/net::ERR_|502|Failed to load resource/.test(text))
}
