// Nobody burns twice by the page, and nothing is called burned that is not: a reload before Ethereum has it, and another transaction in its place.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { createPublicClient, createWalletClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { browserCommand, NO_BROWSER } from '../../../support/browser/browser.ts'
import { openConnected, type Served, servePage } from '../../../support/browser/served.ts'
import { holder } from '../../../support/stage.ts'

const command = await browserCommand()
const skip = command === undefined ? NO_BROWSER : false
const TTX = 10n ** 18n
const account = privateKeyToAccount(`0x${formatHex(holder.key)}`)

/** The wallet has 50 wTTX, and Ethereum takes nothing along until it is told to. */
async function serve(t: TestContext): Promise<Served> {
  const served = await servePage(t, command ?? assert.fail(NO_BROWSER))
  const { anvil, bridge, token } = served.stage
  await anvil.client.setBalance({ address: bridge.address, value: TTX })
  await anvil.client.setBalance({ address: account.address, value: 10n * TTX })
  await anvil.client.impersonateAccount({ address: bridge.address })
  const asBridge = createWalletClient({ account: bridge.address, transport: http(anvil.url) })
  await asBridge.writeContract({ ...token, chain: null, functionName: 'mint', args: [account.address, 50n * TTX] })
  await served.stage.until('the wTTX to be there', async () => (await held(served)) === 50n * TTX)
  await anvil.client.setAutomine(false)
  return served
}

async function held({ stage: { anvil, token } }: Served): Promise<bigint> {
  const client = createPublicClient({ transport: http(anvil.url) })
  return await client.readContract({ ...token, functionName: 'balanceOf', args: [account.address] })
}

/** Until the wallet has sent it, and the page has seen it there. */
async function burn(page: Page, { stage, wallet }: Served): Promise<void> {
  await page.getByText('You have 50 wTTX.').waitFor()
  await page.getByLabel('Amount, wTTX').fill('20')
  await page.getByRole('button', { name: 'Burn' }).click()
  await stage.until('the burn to be sent', () => {
    const seen = wallet.asked.indexOf('eth_getTransactionByHash')
    return seen >= 0 && seen < wallet.asked.length - 1
  })
}

test('a burn that is under way is shown after a reload, and cannot be asked for again until it ended', {
  skip,
}, async (t) => {
  const served = await serve(t)
  const page = await openConnected(served, '/bridge?way=back')
  await burn(page, served)
  await page.reload()
  await page.getByText('You were burning this.').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Burn' }).count(), 0)
  await served.stage.anvil.client.mine({ blocks: 1 })
  await page.getByText('Your permission to burn this was used').waitFor()
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('You have 30 wTTX.').waitFor()
  assert.equal(await held(served), 30n * TTX)
})

test('a burn that was cancelled in the wallet is not called burned', { skip }, async (t) => {
  const served = await serve(t)
  const page = await openConnected(served, '/bridge?way=back')
  await burn(page, served)
  const { anvil } = served.stage
  const transport = http(anvil.url)
  const nonce = await createPublicClient({ transport }).getTransactionCount({ address: account.address })
  await createWalletClient({ account, transport }).sendTransaction({
    ...{ chain: null, to: account.address, value: 0n, gas: 21_000n, nonce },
    ...{ maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n },
  })
  await anvil.client.mine({ blocks: 1 })
  await page.getByText('in its place').waitFor()
  assert.equal(await page.getByText('Burned. The deposit is in the queue.').count(), 0)
  assert.equal(await held(served), 50n * TTX)
  await page.getByRole('button', { name: 'Give it up' }).click()
  await page.getByRole('button', { name: 'Burn' }).waitFor()
})
