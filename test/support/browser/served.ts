// The page of a real node in a real browser, with a wallet that holds the money of the genesis block, all in one process but the browser.

import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { formatHex } from '../../../node/protocol/bytes.ts'
import { readSite } from '../../../node/web/site.ts'
import { pageFolder } from '../../../scripts/page.ts'
import { holder, Stage } from '../stage.ts'
import { type Browsing, browse } from './browser.ts'
import { type BrowserWallet, installWallet } from './wallet.ts'

const CHAIN = 31_337
/** No limit on speed: only what hangs gets there. */
const PATIENCE_MS = 60_000

export type Served = {
  readonly stage: Stage
  readonly node: NodeClient
  readonly browsing: Browsing
  readonly wallet: BrowserWallet
}

export async function servePage(t: TestContext, command: string): Promise<Served> {
  const stage = await Stage.open(t)
  const node = await stage.node({ site: await readSite(pageFolder(process.cwd())) })
  const browsing = await browse(command, node.url)
  stage.stack.defer(() => browsing[Symbol.asyncDispose]())
  browsing.context.setDefaultTimeout(PATIENCE_MS)
  const key = `0x${formatHex(holder.key)}` as const
  const wallet = await installWallet(browsing.context, { key, ethereumUrl: stage.anvil.url, chain: CHAIN })
  return { stage, node, browsing, wallet }
}

/** A tab whose wallet is connected. */
export async function openConnected({ browsing }: Pick<Served, 'browsing'>, path: string): Promise<Page> {
  const page = await browsing.open(path)
  await page.getByRole('button', { name: 'Connect a wallet' }).click()
  await page.getByRole('button', { name: 'Test wallet' }).click()
  await page.getByRole('button', { name: 'Disconnect' }).waitFor()
  return page
}
