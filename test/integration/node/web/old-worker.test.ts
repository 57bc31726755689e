// Another program served its own page at this address yesterday, and left a service worker in the browser: the page of the node comes through.

import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Changes } from '../../../../node/web/changes.ts'
import { serveSite } from '../../../../node/web/site.ts'
import { browse, browserCommand, NO_BROWSER } from '../../../support/browser/browser.ts'

const command = await browserCommand()
const skip = command === undefined ? NO_BROWSER : false
const WORKER = `addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => event.respondWith(new Response('the page of another', { headers: { 'content-type': 'text/html' } })))`

async function listen(t: TestContext, port: number, listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  t.after(stop)
  return { port: (server.address() as AddressInfo).port, stop }
}

test('the second look shows the page of the node, whatever another program had registered there', {
  skip,
}, async (t) => {
  const other = await listen(t, 0, ({ url }, response) => {
    response.setHeader('content-type', url === '/sw.js' ? 'text/javascript' : 'text/html')
    response.end(url === '/sw.js' ? WORKER : 'the page of another')
  })
  await using browsing = await browse(command ?? assert.fail(NO_BROWSER), `http://127.0.0.1:${other.port}`)
  const page = await browsing.open('/')
  await page.evaluate(`navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)`)
  await other.stop()
  const body = new TextEncoder().encode('<!doctype html>the page of the node')
  const files = new Map([['/index.html', { body, gzip: undefined, type: 'text/html', isForever: false }]])
  const changes = new Changes()
  await listen(t, other.port, (...both) => serveSite({ files, changes }, ...both))
  await page.reload()
  await page.getByText('the page of another').waitFor()
  await page.getByText('the page of the node').waitFor()
})
