// Assets, gateways and swaps on the web page of a node, over a whole devnet: two people in two browsers bring tokens in, pay, offer, take, withdraw and
// get out again by clicking; with tokens that misbehave, offers that lie and wallets that refuse. Long, since each test goes on where the last one ended.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { browserCommand, NO_BROWSER } from '../support/browser/browser.ts'
import { connect, madeBy, PageStage, type Person, paste, unforeseen } from '../support/browser/page-stage.ts'
import { TestTokens } from '../support/browser/test-tokens.ts'
import { until } from '../support/processes/processes.ts'

const command = await browserCommand()
const skip = command === undefined ? NO_BROWSER : false
let stage: PageStage
let tokens: TestTokens
let alice: Person
let bob: Person
/** The example token of the devnet, and the asset that it is. */
let example: `0x${string}`
let gateway: string
let gold: string
/** Looks like it. */
let fake: string
/** Bob's, as text. */
let offer: string

before(async () => {
  if (command === undefined) return
  stage = await PageStage.start()
  alice = await stage.person(command)
  bob = await stage.person(command)
  tokens = await TestTokens.of(stage)
  const funded = await stage.json<{ token: `0x${string}` }>('devnet', 'fund', alice.wallet.address, '--tokens', '1000')
  example = funded.token
  await connect(alice)
  await connect(bob)
})

after(async () => {
  await stage?.[Symbol.asyncDispose]()
})

async function chooseToken(page: Page, token: string): Promise<void> {
  await page.getByRole('link', { name: 'Bridge' }).click()
  await page.getByRole('tab', { name: 'From Ethereum' }).click()
  await page.getByLabel('What').selectOption('A token (ERC-20)…')
  await page.getByLabel('Token on Ethereum, or its asset').fill(token)
}

/** What the page says that the wallet will be asked. */
async function steps(page: Page): Promise<readonly string[]> {
  return await page.locator('ol.steps li').allTextContents()
}

test('a token is brought in: made, allowed and deposited; a wallet that refuses in the middle, and a reload, lose nothing', {
  skip,
}, async () => {
  const { page, wallet } = alice
  await chooseToken(page, 'nonsense')
  await page.getByText('Expected an address: 0x and 40 hex digits.').waitFor()
  await chooseToken(page, bob.wallet.address)
  await page.getByText('This is not a token').waitFor()
  await chooseToken(page, example)
  await page.getByText('You have 1000 EXAMPLE.').waitFor()
  await page.getByLabel('Amount, EXAMPLE').fill('1001')
  await page.getByRole('button', { name: 'Deposit' }).click()
  await page.getByText('That is more than you have.').waitFor()
  await page.getByLabel('Amount, EXAMPLE').fill('100')
  assert.equal((await steps(page)).length, 3)
  // It makes the gateway and allows it; the deposit itself is refused.
  const before = wallet.asked.filter((each) => each === 'eth_sendTransaction').length
  wallet.refuseAfter = 2
  await page.getByRole('button', { name: 'Deposit' }).click()
  await page.getByText('The wallet was asked, and refused').waitFor()
  assert.equal(wallet.asked.filter((each) => each === 'eth_sendTransaction').length, before + 3)
  await page.reload()
  await chooseToken(page, example)
  await page.getByLabel('Amount, EXAMPLE').fill('100')
  assert.deepEqual(await steps(page), ['to deposit'])
  await page.getByRole('button', { name: 'Deposit' }).click()
  await page.getByText('Deposited.').waitFor()
  // What was sent is remembered, and read again from Ethereum.
  await page.reload()
  await page.getByText('Deposited.').waitFor()
  await page.getByText('100 EXAMPLE').first().waitFor()
  await stage.causeBlock()
  await page.getByRole('main').locator('a[href^="/tx/"]').first().click()
  await page.getByRole('heading', { name: /From Ethereum (ordered|final)/ }).waitFor()
  const link = page.locator('a[href^="/asset/"]').first()
  gateway = (await link.getAttribute('title')) ?? ''
  await link.click()
  await page.getByText('yes, its code is that of this version').waitFor()
  await page.getByText(gateway, { exact: false }).first().waitFor()
  assert.equal(await tokens.balance(example, alice.wallet.address), 900_000_000n)
})

test('a token with permits takes a signature and one transaction, a wallet that bundles one question for all', {
  skip,
}, async () => {
  const { page, wallet } = alice
  const token = await tokens.deploy('PlainToken', wallet.address, 50_000_000n)
  await chooseToken(page, token)
  await page.getByLabel('Amount, TOK').fill('20')
  assert.deepEqual(await steps(page), [
    'to make the gateway, which nobody has made yet',
    'to sign the allowance, which costs nothing',
    'to deposit',
  ])
  await page.getByRole('button', { name: 'Deposit' }).click()
  await page.getByRole('main').getByRole('status').getByText('20 TOK').waitFor()
  const other = await tokens.deploy('PlainToken', wallet.address, 50_000_000n)
  wallet.isAtomic = true
  await chooseToken(page, other)
  await page.getByLabel('Amount, TOK').fill('7')
  await until('one step', async () => ((await steps(page)).length === 1 ? true : undefined))
  const before = wallet.asked.length
  await page.getByRole('button', { name: 'Deposit' }).click()
  await until('the wallet to be asked', async () => (wallet.asked.includes('wallet_sendCalls') ? true : undefined))
  await page.getByRole('main').getByRole('status').getByText('7 TOK').waitFor()
  const asked = wallet.asked.slice(before)
  assert.equal(asked.filter((each) => each === 'wallet_sendCalls').length, 1)
  assert.equal(asked.includes('eth_sendTransaction'), false)
  wallet.isAtomic = false
})

test('of a token that takes a fee less is credited, and the page says so; one that is paused is not touched', {
  skip,
}, async () => {
  const { page, wallet } = alice
  const taxed = await tokens.deploy('FeeToken', wallet.address, 10n ** 19n)
  await chooseToken(page, taxed)
  await page.getByLabel('Amount, TOK').fill('10')
  await page.getByRole('button', { name: 'Deposit' }).click()
  await page.getByText('Less arrived than you gave').waitFor()
  await page.getByText('9 TOK').first().waitFor()
  const paused = await tokens.deploy('ListToken', wallet.address, 10_000_000n)
  await tokens.pause(paused, true)
  await chooseToken(page, paused)
  await page.getByLabel('Amount, TOK').fill('1')
  const before = wallet.asked.filter((each) => each === 'eth_sendTransaction').length
  await page.getByRole('button', { name: 'Deposit' }).click()
  await page.getByText('The token refuses to move this amount now').waitFor()
  assert.equal(wallet.asked.filter((each) => each === 'eth_sendTransaction').length, before)
})

test('an asset is paid in the decimals that it claims, also where a request asks for units of it', {
  skip,
}, async () => {
  const { page } = alice
  await page.getByRole('link', { name: 'Pay', exact: true }).click()
  await page.getByRole('textbox', { name: 'To', exact: true }).fill(bob.wallet.address)
  await page.getByLabel('What').selectOption(gateway)
  await page.getByRole('main').getByText(gateway).first().waitFor()
  await page.getByLabel('Amount, EXAMPLE').fill('0.1234567')
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  await page.getByText('Expected an amount, as 1.5.').waitFor()
  await page.getByLabel('Amount, EXAMPLE').fill('12.5')
  await page.getByText('That is 12500000 base units.').waitFor()
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  const infohash = await madeBy(page)
  await page.getByRole('main').getByRole('status').getByRole('link').click()
  await page.getByText('12.5 EXAMPLE').first().waitFor()
  await page.getByRole('main').getByText(gateway).first().waitFor()
  const paid = await stage.json<{ status: string }>('status', infohash)
  assert.notEqual(paid.status, 'invalid')
  await paste(page, `torrenttx:${bob.wallet.address}?units=2500000&asset=${gateway}&label=for%20the%20rest`)
  await page.getByText('for the rest').waitFor()
  assert.equal(await page.getByLabel('Amount, EXAMPLE').inputValue(), '2.5')
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  await madeBy(page)
  await paste(bob.page, bob.wallet.address)
  await bob.page.getByText('15 EXAMPLE').first().waitFor()
})

test('an issuance that is not final is taken by nobody who does not say so, and a name that looks like another is named', {
  skip,
}, async () => {
  const { page, wallet } = alice
  const issue = async (symbol: string) => {
    const args = ['asset', 'issue', symbol, '1000', '--decimals', '2', '--to', wallet.address]
    return (await stage.json<{ asset: string }>(...args, '--wallet', 'genesis', '--yes')).asset
  }
  gold = await issue('GOLD')
  fake = await issue('G0LD')
  await page.getByRole('link', { name: 'Pay', exact: true }).click()
  await page.getByRole('textbox', { name: 'To', exact: true }).fill(bob.wallet.address)
  await page.getByLabel('What').selectOption(fake)
  await page.getByText('Its name G0LD reads like GOLD of another asset.').waitFor()
  await page.getByRole('main').getByText(gold).waitFor()
  await page.getByLabel('What').selectOption(gold)
  await page.getByText('Its issuance is not final (accepted)').waitFor()
  await page.getByLabel('Amount, GOLD').fill('3')
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  await page.getByText('Say first that you want it all the same.').waitFor()
  await page.getByLabel('I know who issued it').check()
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  await madeBy(page)
})

test('an offer is made, spared by payments, and handed on as a file', { skip }, async () => {
  const { page, wallet } = bob
  await page.getByRole('link', { name: 'Swap' }).click()
  await page.getByText('No offers are known here.').waitFor()
  await page.getByRole('tab', { name: 'Make an offer' }).click()
  await page.getByRole('button', { name: 'Sign the offer' }).click()
  await page.getByText('Choose two different assets.').waitFor()
  await page.getByLabel('You give', { exact: true }).selectOption(gateway)
  await page.getByLabel('You give, EXAMPLE').fill('2.5')
  await page.getByLabel('You want, TTX').fill('5')
  wallet.refuseNext = true
  await page.getByRole('button', { name: 'Sign the offer' }).click()
  await page.getByText('The wallet was asked, and refused').waitFor()
  await page.getByRole('button', { name: 'Sign the offer' }).click()
  await page.getByText('This is your own offer.').waitFor()
  await page.getByText('2 TTX for 1 EXAMPLE').waitFor()
  await page.reload()
  await page.getByText('This is your own offer.').waitFor()
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save its file' }).click()
  offer = await readFile(await (await saving).path(), 'utf8')
  assert.match(offer, /^\{"from":/)
  // 15 in two outputs, of which the smaller one is bound.
  await page.getByRole('link', { name: 'Pay', exact: true }).click()
  await page.getByLabel('What').selectOption(gateway)
  await page.getByText('You can spend 12.5 EXAMPLE. Of it your open offers bind 2.5 EXAMPLE.').waitFor()
  await page.getByRole('textbox', { name: 'To', exact: true }).fill(alice.wallet.address)
  await page.getByLabel('Amount, EXAMPLE').fill('13')
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  await page.getByText(/that can be spent now/).waitFor()
})

test('offers that lie are refused: huge ones, ones with another signature, one’s own', { skip }, async () => {
  const { page } = alice
  await page.getByRole('link', { name: 'Swap' }).click()
  const look = async (text: string) => {
    await page.getByLabel('Paste an offer').fill(text)
    await page.getByRole('button', { name: 'Look at it' }).click()
  }
  await look('x'.repeat(1_000_000))
  await page.getByText('This is longer than any offer.').waitFor()
  await look('{"from":"<img src=x onerror=alert(1)>"}')
  await page.getByText('This is not an offer that anybody could take.').waitFor()
  await look(offer.replace(/"tokens":"2500000"/, '"tokens":"9900000"'))
  await page.getByText('This is not an offer that anybody could take.').waitFor()
  await page.getByText('No offers are known here.').waitFor()
  await page.getByLabel('or choose its file').setInputFiles({
    name: 'offer.json',
    mimeType: 'application/json',
    buffer: Buffer.alloc(10_000, 'x'),
  })
  await page.getByText('This is longer than any offer.').waitFor()
  // Of the maker it is an offer of their own, and not to be taken.
  await bob.page.getByRole('link', { name: 'Swap' }).click()
  await bob.page.getByRole('link', { name: /^Look / }).click()
  await bob.page.getByText('This is your own offer.').waitFor()
  assert.equal(await bob.page.getByRole('button', { name: 'Sign and take' }).count(), 0)
})

test('an offer is looked at, and taken between two browsers; both see what became of it', { skip }, async () => {
  const { page, wallet } = alice
  await page.getByRole('link', { name: 'Swap' }).click()
  await page.getByLabel('or choose its file').setInputFiles({
    name: 'offer.json',
    mimeType: 'application/json',
    buffer: Buffer.from(`${offer}\n`),
  })
  await page.getByText('2 TTX for 1 EXAMPLE').waitFor()
  await page.getByText(/^What it gives is there/).waitFor()
  wallet.refuseNext = true
  await page.getByRole('button', { name: 'Sign and take' }).click()
  await page.getByText('The wallet was asked, and refused').waitFor()
  await page.getByRole('button', { name: 'Sign and take' }).click()
  const infohash = await madeBy(page)
  await bob.page.getByText('Somebody has taken it.').waitFor()
  await page.getByRole('main').getByRole('status').getByRole('link').click()
  await page.getByRole('heading', { name: /^Swap (accepted|ordered)/ }).waitFor()
  const { status } = await stage.json<{ status: string }>('status', infohash)
  assert.notEqual(status, 'invalid')
})

test('offers are a book by pair and price, with one’s own marked; a withdrawn one is shown as that', {
  skip,
}, async () => {
  const { page } = bob
  for (const price of ['7', '4']) {
    await page.getByRole('link', { name: 'Swap' }).click()
    await page.getByRole('tab', { name: 'Make an offer' }).click()
    await page.getByLabel('You give, TTX').fill(price === '7' ? '1' : '2')
    await page.getByLabel('You want', { exact: true }).selectOption('Another asset…')
    await page.getByLabel('Its id').fill(gateway)
    await page.getByLabel('You want, EXAMPLE').fill(price)
    await page.getByRole('button', { name: 'Sign the offer' }).click()
    await page.getByText('This is your own offer.').waitFor()
  }
  await page.getByRole('link', { name: 'All offers' }).click()
  const book = page.getByRole('table', { name: 'EXAMPLE wanted' })
  await book.getByText('yours').first().waitFor()
  const prices = await book.locator('tbody tr td:nth-child(2)').allTextContents()
  assert.deepEqual(prices, ['0.5', '0.14285714'])
  await book
    .getByRole('link', { name: /^Look / })
    .first()
    .click()
  await page.getByRole('button', { name: 'Withdraw' }).click()
  await madeBy(page)
  await page.getByText('Its maker has withdrawn it.').waitFor()
  await page.getByRole('button', { name: 'Forget it here' }).click()
  await page.getByText('Forget it all the same').waitFor()
})

test('an offer of what looks like another asset says so, and is not taken by a slip', { skip }, async () => {
  const { page } = alice
  await page.getByRole('link', { name: 'Swap' }).click()
  await page.getByRole('tab', { name: 'Make an offer' }).click()
  await page.getByLabel('You give', { exact: true }).selectOption(fake)
  await page.getByLabel('You give, G0LD').fill('1')
  await page.getByLabel('You want, TTX').fill('1')
  await page.getByRole('button', { name: 'Sign the offer' }).click()
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save its file' }).click()
  const lie = await readFile(await (await saving).path(), 'utf8')
  await bob.page.getByRole('link', { name: 'Swap' }).click()
  await bob.page.getByLabel('Paste an offer').fill(lie)
  await bob.page.getByRole('button', { name: 'Look at it' }).click()
  // Bob holds some GOLD.
  await bob.page.getByText('Its name G0LD reads like GOLD of another asset.').waitFor()
  await bob.page.getByRole('main').getByText(gold).waitFor()
  const before = bob.wallet.asked.length
  await bob.page.getByRole('button', { name: 'Sign and take' }).click()
  await bob.page.getByText('Say first that you want it all the same.').waitFor()
  assert.equal(bob.wallet.asked.slice(before).includes('eth_signTypedData_v4'), false)
})

test('a token goes out again: asked for, final, and paid by its gateway when somebody claims it', {
  skip,
}, async () => {
  const { page, wallet } = alice
  await page.getByRole('link', { name: 'Bridge' }).click()
  await page.getByRole('tab', { name: 'To Ethereum' }).click()
  await page.getByLabel('What').selectOption(gateway)
  await page.getByLabel('Amount, EXAMPLE').fill('50')
  await page.getByText('49.5 EXAMPLE').waitFor()
  await page.getByRole('button', { name: 'Sign and ask' }).click()
  const infohash = await madeBy(page)
  await page.getByRole('main').getByRole('status').getByRole('link').click()
  // Such requests cause no block, and go along with the next one.
  await stage.causeBlock()
  await page.getByRole('heading', { name: 'To Ethereum ordered' }).waitFor()
  await stage.run('devnet', 'skip', '24h')
  await page.getByRole('heading', { name: 'To Ethereum final' }).waitFor()
  const held = await tokens.balance(example, wallet.address)
  wallet.refuseNext = true
  await page.getByRole('button', { name: 'Have it paid' }).click()
  await page.getByText('The wallet was asked, and refused').waitFor()
  await page.getByRole('button', { name: 'Have it paid' }).click()
  await page.getByText('Paid.', { exact: true }).waitFor()
  assert.equal((await tokens.balance(example, wallet.address)) - held, 49_500_000n)
  // And remembered where claims are.
  await page.getByRole('link', { name: 'Bridge' }).click()
  await page.getByRole('tab', { name: 'Claim' }).click()
  await page.getByRole('heading', { name: 'Requests of tokens' }).waitFor()
  await page.locator(`a[title="${infohash}"]`).waitFor()
  await page.getByText('Paid.', { exact: true }).waitFor()
})

test('a phone shows all of it without a sideways scroll, in German too', { skip }, async () => {
  const { page, wallet } = alice
  await page.setViewportSize({ width: 360, height: 740 })
  await page.getByRole('combobox', { name: 'Language' }).selectOption('de')
  for (const [path, text] of [
    ['/swap', 'deins'],
    ['/swap?way=make', 'Du gibst, TTX'],
    [`/pay?asset=${fake}`, 'Sein Name G0LD liest sich wie GOLD eines anderen Wertes.'],
    ['/bridge?way=back', 'Unterwegs'],
    ['/bridge?way=claims', 'Ausgezahlt.'],
    [`/asset/${gateway}`, 'ja, sein Code ist der dieser Version'],
    [`/address/${wallet.address}`, 'Sein Name G0LD liest sich wie GOLD eines anderen Wertes.'],
  ] as const) {
    await page.goto(`${stage.url}${path}`)
    await page.getByText(text).first().waitFor()
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, path)
  }
})

test('the pages asked nobody but their node, and the policy let all of it run', { skip }, () => {
  assert.deepEqual([...unforeseen(alice.browsing), ...unforeseen(bob.browsing)], [])
})
