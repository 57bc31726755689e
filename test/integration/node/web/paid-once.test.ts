// Nobody pays twice by the page: an answer that was cut, a tab that was closed, a wallet that was slow or replaced what it sent.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { browserCommand, NO_BROWSER } from '../../../support/browser/browser.ts'
import { openConnected, type Served, servePage } from '../../../support/browser/served.ts'
import { stranger } from '../../../support/stage.ts'

const command = await browserCommand()
const skip = command === undefined ? NO_BROWSER : false
const bob = stranger('bob')

async function serve(t: TestContext): Promise<Served> {
  return await servePage(t, command ?? assert.fail(NO_BROWSER))
}

/** From now on what is handed in arrives, or does not, and its answer never does. */
async function cutAnswers(page: Page, arrives: boolean): Promise<void> {
  await page.route('**/*', async (route: Route) => {
    if (!route.request().postData()?.includes('"tx_submit"')) return await route.fallback()
    if (arrives) await route.fetch()
    await route.abort('connectionreset')
  })
}

async function fillAndPay(page: Page, amount: string): Promise<void> {
  await page.getByRole('textbox', { name: 'To', exact: true }).fill(bob)
  await page.getByLabel('Amount, TTX').fill(amount)
  await page.getByRole('button', { name: 'Sign and pay' }).click()
}

async function has(served: Served): Promise<bigint> {
  return (await served.node.call('account_balance', { owner: bob })).spendable
}

const TTX = 10n ** 18n

test('a payment whose answer was cut is not signed again: the page says that it arrived, over a reload too', {
  skip,
}, async (t) => {
  const served = await serve(t)
  const page = await openConnected(served, '/pay')
  await cutAnswers(page, true)
  await fillAndPay(page, '2')
  await page.getByText('You signed this payment, and the node has it.').waitFor()
  await page.reload()
  await page.getByText('You signed this payment, and the node has it.').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Sign and pay' }).count(), 0)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: 'Sign and pay' }).waitFor()
  assert.equal(await has(served), 2n * TTX)
})

test('one that did not arrive is handed in again as it is, without the wallet, in another tab too', {
  skip,
}, async (t) => {
  const served = await serve(t)
  const first = await openConnected(served, '/pay')
  await cutAnswers(first, false)
  await fillAndPay(first, '3')
  await first.getByText('it is not known whether the node has it').waitFor()
  assert.equal(await has(served), 0n)
  await first.close()
  const signed = served.wallet.asked.filter((method) => method === 'eth_signTypedData_v4').length
  const second = await served.browsing.open('/bridge')
  await second.getByRole('button', { name: 'Hand it in again' }).click()
  await second.getByText('You signed this payment, and the node has it.').waitFor()
  assert.equal(await has(served), 3n * TTX)
  assert.equal(served.wallet.asked.filter((method) => method === 'eth_signTypedData_v4').length, signed)
})

test('a request that is opened again says that a payment for it was signed, and which', { skip }, async (t) => {
  const served = await serve(t)
  const path = `/pay?uri=${encodeURIComponent(`torrenttx:${bob}?amount=1.5`)}`
  const page = await openConnected(served, path)
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  const infohash = await page.getByRole('main').getByRole('status').getByRole('link').textContent()
  await page.goto(`${served.node.url}${path}`)
  await page.getByText('You signed a payment for this very request already').waitFor()
  const link = page.getByRole('alert').getByRole('link')
  assert.equal(await link.getAttribute('title'), infohash)
  assert.equal(await has(served), (3n * TTX) / 2n)
})
