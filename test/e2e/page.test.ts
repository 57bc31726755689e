// The web page of a node in a real browser, over a whole devnet: paste anything, pay, bridge out and back by clicking, with a wallet that signs for real.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { signTransaction } from '../../node/client/pay.ts'
import { createNodeClient, type NodeClient } from '../../node/client/rpc.ts'
import { parseInfohash } from '../../node/protocol/ids.ts'
import { infohashOf } from '../../node/protocol/infohash.ts'
import { decodeTransaction, encodeTransaction } from '../../node/protocol/transaction.ts'
import { openWallet } from '../../node/wallet/wallet-folder.ts'
import { readDeployment } from '../../scripts/cli/deployment-file.ts'
import { barriers } from '../support/browser/accessible.ts'
import { type Browsing, browserCommand, NO_BROWSER } from '../support/browser/browser.ts'
import { madeBy, PageStage, paste, unforeseen } from '../support/browser/page-stage.ts'
import type { BrowserWallet } from '../support/browser/wallet.ts'
import { processesOf, ttx, ttxJson, until } from '../support/processes/processes.ts'

const command = await browserCommand()
const skip = command === undefined ? NO_BROWSER : false
let stage: PageStage
let browsing: Browsing
let wallet: BrowserWallet
let page: Page
let here: readonly string[]
let node: NodeClient

before(async () => {
  if (command === undefined) return
  stage = await PageStage.start()
  here = stage.here
  node = createNodeClient(stage.url)
  const person = await stage.person(command)
  browsing = person.browsing
  wallet = person.wallet
  page = person.page
})

after(async () => {
  await stage?.[Symbol.asyncDispose]()
})

test('a wallet is found by its announcement, and connects; one that refuses leaves everything as it was', {
  skip,
}, async () => {
  await page.getByRole('button', { name: 'Connect a wallet' }).click()
  wallet.refuseNext = true
  await page.getByRole('button', { name: 'Test wallet' }).click()
  await page.getByText('The wallet was asked, and refused').waitFor()
  await page.getByRole('button', { name: 'Test wallet' }).click()
  await page.getByRole('button', { name: 'Disconnect' }).waitFor()
})

test('whatever is pasted leads to its view: a payment, an address, a block, a magnet link, and a mistyped address says so', {
  skip,
}, async () => {
  const { infohash } = await ttxJson<{ infohash: string }>([
    ...['send', '1', wallet.address, '--memo', '<b>no markup</b>', '--wallet', 'genesis', '--yes', ...here],
  ])
  await paste(page, infohash)
  await page.getByRole('heading', { name: 'Payment accepted' }).waitFor()
  await page.getByText('<b>no markup</b>').waitFor()
  await paste(page, `magnet:?xt=urn:btih:${infohash}`)
  await page.getByRole('heading', { name: 'Payment accepted' }).waitFor()
  await paste(page, wallet.address)
  await page.getByRole('heading', { name: 'Address' }).waitFor()
  await page.getByText('101 TTX').first().waitFor()
  await paste(page, `0x${'1'.repeat(64)}`)
  await page.getByText('The node knows no block of this id').waitFor()
  await paste(page, '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD'.replace('5aAeb', '5aAec'))
  await page.getByText('A digit of this address is wrong').waitFor()
  await paste(page, 'what is this?')
  await page.getByText('This is not an id that TorrentTX knows').waitFor()
})

test('a payment is signed in the wallet and accepted; what is refused there is not sent', { skip }, async () => {
  const { address } = await ttxJson<{ address: string }>(['wallet', 'show', '--wallet', 'genesis', ...here])
  await page.getByRole('link', { name: 'Pay', exact: true }).click()
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  await page.getByText('Expected an address: 0x and 40 hex digits.').waitFor()
  const payee = page.getByRole('textbox', { name: 'To', exact: true })
  const { rules } = await readDeployment(join(stage.data, 'deployment.json'))
  await payee.fill(rules.bridge)
  await page.getByText('This address is a contract.').waitFor()
  await payee.fill(address)
  await page.getByText('This address is a contract.').waitFor({ state: 'hidden' })
  await page.getByLabel('Amount, TTX').fill('2.5')
  await page.getByLabel('Memo').fill('from a browser')
  await page.getByText('You can spend 101 TTX.').waitFor()
  wallet.refuseNext = true
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  await page.getByText('The wallet was asked, and refused').waitFor()
  await page.getByRole('button', { name: 'Sign and pay' }).click()
  const infohash = await madeBy(page)
  const { status } = await ttxJson<{ status: string }>(['status', infohash, ...here])
  assert.equal(status, 'accepted')
})

test('TTX goes out by clicking, over a reload, until it is paid on Ethereum; the page shows each stage and its bounds', {
  skip,
}, async () => {
  await page.getByRole('link', { name: 'Bridge' }).click()
  await page.getByLabel('Amount, TTX').fill('0.0000000000001')
  await page.getByRole('button', { name: 'Sign and ask' }).click()
  await page
    .getByText(/^At least/)
    .last()
    .waitFor()
  await page.getByLabel('Amount, TTX').fill('50')
  await page.getByText('49.5').waitFor()
  await page.getByRole('button', { name: 'Sign and ask' }).click()
  const infohash = await madeBy(page)
  await page.getByRole('main').getByRole('status').getByRole('link').click()
  await page.getByRole('heading', { name: 'To Ethereum' }).waitFor()
  await page.reload()
  // The miner finds a block, and nobody reloads.
  await page.getByRole('heading', { name: 'To Ethereum ordered' }).waitFor()
  await page.getByText('at the earliest').waitFor()
  await page.getByText('at the latest').waitFor()
  await stage.run('devnet', 'skip', '24h')
  await page.getByRole('heading', { name: 'To Ethereum final' }).waitFor()
  await until('the request to be paid', async () => {
    const { bridging } = await ttxJson<{ bridging?: { paid: boolean } }>(['status', infohash, ...here])
    return bridging?.paid || undefined
  })
  await page.locator('li.done', { hasText: 'Paid on Ethereum' }).waitFor()
})

test('a payment is shown among those that it hangs together with, and each of them leads on', { skip }, async () => {
  await page.getByRole('link', { name: 'What it stands on, and what is built on it' }).click()
  await page.getByRole('link', { name: /^Genesis .* final$/ }).click()
  await page.waitForURL(/\/graph\//)
  await page.getByRole('link', { name: /^To Ethereum 50 TTX .* final$/ }).click()
  // The one in the middle leads to itself.
  await page.getByRole('link', { name: /^To Ethereum 50 TTX .* final$/ }).click()
  await page.getByRole('heading', { name: 'To Ethereum final' }).waitFor()
})

test('two payments of the same money are shown beside each other: which came first here, and what is decided', {
  skip,
}, async () => {
  const { infohash } = await ttxJson<{ infohash: string }>([
    ...['send', '3', wallet.address, '--wallet', 'genesis', '--yes', ...here],
  ])
  const { file: first } = await node.call('tx_get', { infohash: parseInfohash(infohash) })
  const tx = first && decodeTransaction(first)
  assert(tx?.kind === 'signed')
  const passphrase = (await readFile(join(stage.data, 'passphrase'), 'utf8')).trim()
  const genesis = await openWallet(join(stage.data, 'wallets'), 'genesis', passphrase)
  const { kind: _kind, from: _from, signature: _signature, ...body } = tx
  const rival = encodeTransaction(signTransaction(genesis, { ...body, tokens: 4n }))
  await node.call('tx_submit', { file: rival })
  await paste(page, infohashOf(rival))
  await page.getByRole('heading', { name: 'Payment conflicting' }).waitFor()
  const rows = page.getByRole('region', { name: 'Who came first' }).getByRole('row')
  await rows.nth(2).waitFor()
  const lines = await rows.allTextContents()
  assert.match(lines[1] ?? '', new RegExp(`^${infohash.slice(0, 8)}.*accepted`))
  assert.match(lines[2] ?? '', /^this one.*conflicting.*not decided/)
})

test('wTTX comes back by clicking, after the wallet was on another chain, and is there once a block has it', {
  skip,
}, async () => {
  await page.getByRole('link', { name: 'Bridge' }).click()
  await page.getByRole('tab', { name: 'From Ethereum' }).click()
  await page.getByText('You have 49.5 wTTX.').waitFor()
  await page.getByLabel('Amount, wTTX').fill('20')
  await page.getByRole('button', { name: 'Burn' }).click()
  await page.getByText('Burned. The deposit is in the queue.').waitFor()
  await page.getByText('You have 29.5 wTTX.').waitFor()
  await paste(page, wallet.address)
  await page.getByText('From Ethereum').last().waitFor()
  // 104 less what was paid and what went out, and 99% of what was burned.
  await page.getByText('71.3 TTX').first().waitFor()
})

test('a second tab hears of what happens too, a phone sees all of it, and another language says it', {
  skip,
}, async () => {
  const other = await browsing.open('/payments')
  await other.setViewportSize({ width: 360, height: 740 })
  await other.getByRole('heading', { name: 'Payments' }).waitFor()
  await other.getByRole('combobox', { name: 'Language' }).selectOption('de')
  await other.getByRole('heading', { name: 'Zahlungen' }).waitFor()
  const before = await other.getByRole('row').count()
  await stage.run('send', '1', wallet.address, '--wallet', 'genesis', '--yes')
  await until('the second tab to show it', async () =>
    (await other.getByRole('row').count()) > before ? true : undefined,
  )
  const width = await other.evaluate('document.documentElement.scrollWidth')
  assert.equal(width, 360, 'nothing is wider than the screen')
  await other.close()
})

test('no view keeps anybody out: axe finds nothing serious, in light and in dark, wide and narrow', {
  skip,
}, async () => {
  const { infohash } = await ttxJson<{ infohash: string }>([
    ...['send', '1', wallet.address, '--wallet', 'genesis', '--yes', ...here],
  ])
  const { blocks } = await ttxJson<{ blocks: readonly { id: string }[] }>(['block', 'list', ...here])
  const views = [
    '/',
    '/payments',
    '/blocks',
    '/network',
    '/pay',
    '/bridge',
    '/bridge?way=back',
    '/bridge?way=claims',
    '/swap',
    '/swap?way=make',
  ]
  const details = [`/tx/${infohash}`, `/graph/${infohash}`, `/address/${wallet.address}`, `/block/${blocks[0]?.id}`]
  const other = await browsing.open('/')
  for (const [width, colorScheme] of [
    [1_200, 'light'],
    [360, 'dark'],
  ] as const) {
    await other.setViewportSize({ width, height: 800 })
    await other.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const view of [...views, ...details]) {
      await other.goto(new URL(view, other.url()).href)
      await other.getByRole('heading', { level: 1 }).waitFor()
      await other.waitForLoadState('networkidle').catch(() => undefined)
      assert.deepEqual(await barriers(other), [], `${view} ${colorScheme}`)
      assert.equal(
        await other.evaluate('document.documentElement.scrollWidth'),
        width,
        `${view} is as wide as the screen`,
      )
    }
  }
  await other.close()
})

test('a node that does not answer is missed; one that was killed and is back is heard of again, without a reload', {
  skip,
}, async () => {
  await browsing.context.setOffline(true)
  await page.getByText('The node does not answer.').waitFor()
  await browsing.context.setOffline(false)
  await page.getByText('The node does not answer.').waitFor({ state: 'hidden' })
  await page.getByRole('link', { name: 'Payments', exact: true }).click()
  await page.getByRole('row').nth(1).waitFor()
  const known = await page.getByRole('row').count()
  process.kill(processesOf(stage.data)['node'] ?? 0, 'SIGKILL')
  // The devnet starts it again.
  await until('a payment to be accepted', async () => {
    const { exitCode } = await ttx(['send', '1', wallet.address, '--wallet', 'genesis', '--yes', ...here])
    return exitCode === 0 ? true : undefined
  })
  await until('the page to show it', async () => ((await page.getByRole('row').count()) > known ? true : undefined))
})

test('the page asked nobody but its node, and the policy let all of it run', { skip }, () => {
  assert.deepEqual(unforeseen(browsing), [])
})
