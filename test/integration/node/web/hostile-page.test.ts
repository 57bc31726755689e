// What strangers put before the page: extensions that announce anything, links of every shape, a node that answers garbage.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksumAddress } from '../../../../node/protocol/ids.ts'
import { browserCommand, NO_BROWSER } from '../../../support/browser/browser.ts'
import { openConnected, servePage } from '../../../support/browser/served.ts'
import { holder } from '../../../support/stage.ts'

const command = await browserCommand()
const skip = command === undefined ? NO_BROWSER : false

/** In the page, as scripts of extensions that mean harm or are broken. */
const ANNOUNCERS = `{
  const provider = { request: async () => { throw new Error('never') }, on: () => undefined, removeListener: () => undefined }
  const icon = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>window.pwned=1</script></svg>'
  const all = [
    { info: { uuid: '1', name: '<img src=x onerror=window.pwned=1>', icon, rdns: 'org.markup' }, provider },
    { info: { uuid: '2', name: 'Huge '.repeat(200000), icon: 'data:image/png;base64,' + 'A'.repeat(5e6), rdns: 'org.huge' }, provider },
    { info: { uuid: '3', name: 'Meta\\u202eksaM\\u0000\\n', icon: 'https://evil.example/x.png', rdns: 'org.turned' }, provider },
    { info: { uuid: '4', name: 'Test wallet', icon, rdns: 'org.fake' }, provider },
    { info: { uuid: '5', name: { an: 'object' }, icon: 7, rdns: 'org.object' }, provider },
    { info: { uuid: '6', rdns: 'org.nothing' }, provider },
    { info: { uuid: '7', name: 'x', icon: null, rdns: null }, provider },
    { info: null, provider: null },
    undefined,
  ]
  const announce = () => { for (const detail of all) window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail })) }
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
}`

test('extensions that announce markup, a million characters, turned text, objects or nothing are listed, short, told apart, and break nothing', {
  skip,
}, async (t) => {
  const { browsing } = await servePage(t, command ?? assert.fail(NO_BROWSER))
  await browsing.context.addInitScript({ content: ANNOUNCERS })
  const page = await browsing.open('/')
  await page.getByRole('button', { name: 'Connect a wallet' }).click()
  await page.getByRole('button', { name: 'Test wallet org.torrenttx.test' }).waitFor()
  await page.getByRole('button', { name: 'Test wallet org.fake' }).waitFor()
  const names = await page.getByRole('dialog').getByRole('listitem').allInnerTexts()
  for (const name of names) assert(name.length < 150 && !/[^\P{C}\n]/u.test(name), name.slice(0, 80))
  assert.equal(await page.evaluate('window.pwned'), undefined)
  assert.equal(await page.getByRole('dialog').locator('img[src^="http"]').count(), 0)
})

test('links of every shape lead to a view that says what is wrong, and never to an error of the page itself', {
  skip,
}, async (t) => {
  const served = await servePage(t, command ?? assert.fail(NO_BROWSER))
  const page = await openConnected(served, '/')
  const to = encodeURIComponent(checksumAddress(holder.address))
  const uri = (text: string) => `/pay?uri=${encodeURIComponent(text)}`
  for (const [path, shows] of [
    ['/tx/__proto__', 'There is no such page.'],
    ['/address/%E0%A4%A', 'There is no such page.'],
    ['/block/%00', 'There is no such page.'],
    ['/%', 'There is no such page.'],
    ['/pay?to={"__proto__":{"x":1}}', 'Sign and pay'],
    ['/pay?to=[1,2]', 'Sign and pay'],
    [`/pay?to=${to}&to=${to}`, 'Sign and pay'],
    ['/pay?to=%ff', 'Sign and pay'],
    ['/pay?uri=[1,2]', 'expected torrenttx: and an address'],
    ['/pay?uri={"trim":1}', 'expected torrenttx: and an address'],
    [uri(`torrenttx:${holder.address}?label=${encodeURIComponent('a\u202eb')}`), 'none of which is a control'],
    [uri(`torrenttx:${holder.address}?amount=1&amount=2`), 'twice'],
    ['/bridge?way=__proto__', 'You ask to be paid on Ethereum'],
    ['/bridge?way=["out"]', 'You ask to be paid on Ethereum'],
    ['/bridge?way=claims&for={"x":1}', 'Requests in final blocks'],
  ] as const) {
    await page.goto(`${served.node.url}${path}`)
    await page.getByRole('main').getByText(shows).first().waitFor()
  }
  assert.deepEqual(served.browsing.complaints, [])
})
