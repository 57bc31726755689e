// The light peer in a browser: bundled without anything of Node, and in Chromium, where there is one, at a node over a real WebSocket.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { build, stop } from 'esbuild'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { concat } from '../../../../node/protocol/bytes.ts'
import { blockId, encodeSealed, genesisBlock } from '../../../../node/protocol/header.ts'
import { toBytes, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { dumpUrl, findChromium } from '../../../support/chromium.ts'
import { Lab, until } from '../network/lab.ts'
import { GENESIS, testFile } from '../network/memory-store.ts'
import type { Seen } from './page.ts'

const root = new URL('../../../..', import.meta.url).pathname

test('it is bundled for browsers whole, with the few packages that run there', async () => {
  const { inputs } = await bundle()
  const packages = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
  assert.deepEqual([...new Set(packages)].toSorted(), ['@noble/hashes', 'bencode', 'uint8-util'])
  assert(inputs.includes('node/network/gossip/messages.ts'))
  assert.deepEqual(
    inputs.filter((path) => /native|wasm|by-node|node:/.test(path)),
    [],
  )
})

test('in Chromium a page hears of a new payment, fetches it, and is told of a block', async (t) => {
  const chromium = await findChromium()
  if (chromium === undefined) return t.skip('no Chromium that opens a page was found in PATH')
  await using lab = new Lab()
  const { script } = await bundle()
  const page = await servePage(script)
  lab.defer(() => page.close())
  // The page is on another port, and so of another origin than the node.
  const node = await lab.node({ webSocketOrigins: [page.origin] })
  const [old] = node.store.add(testFile('old'))
  page.say(
    `look('ws://${node.address}', ${JSON.stringify({ genesis: GENESIS, bridge: ZERO_ADDRESS })}, ${JSON.stringify(old)})`,
  )
  const dump = dumpUrl(chromium.command, page.origin)
  await until(() => node.network.peers().length === 1, 'the page introduced itself', 60_000)
  const files = [{ name: 'steps.bin', bytes: new Uint8Array(10) }]
  const block = genesisBlock({ chain: 31_337n, bridge: ZERO_ADDRESS, easiestTarget: 2n ** 256n - 1n, state: ZERO_HASH })
  node.store.addBlock(concat(encodeSealed(block), toBytes(infohashOfInfo(blockContent(files).info))), files)
  const [fresh] = node.store.add(testFile('fresh'))
  assert(fresh)
  const seen = await page.result
  await dump
  assert.deepEqual(seen, {
    heard: [fresh],
    files: [testFile('fresh'), testFile('old')].map((file) => new TextDecoder().decode(file)),
    blocks: [blockId(block)],
    globals: [],
  } satisfies Seen)
})

async function bundle(): Promise<{ readonly script: string; readonly inputs: readonly string[] }> {
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir: root,
      entryPoints: ['test/unit/node/light/page.ts'],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'page',
      metafile: true,
      write: false,
      logLevel: 'silent',
    })
    return { script: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) }
  } finally {
    await stop()
  }
}

/** A page whose loading is over when it has said what became of `say`: it waits for an image that comes only then. */
async function servePage(script: string) {
  const result = Promise.withResolvers<unknown>()
  let call = ''
  let image: ServerResponse | undefined
  let isOver = false
  const server = createServer(async (request, response) => {
    if (request.url === '/image') {
      if (isOver) response.end()
      else image = response
    } else if (request.url === '/page.js') response.end(script)
    else if (request.url === '/result') {
      result.resolve(JSON.parse(await text(request)))
      response.end()
      isOver = true
      image?.end()
    } else {
      const report = `page.${call}.catch(String).then((seen) => fetch('/result', { method: 'POST', body: JSON.stringify(seen) }))`
      response.setHeader('content-type', 'text/html')
      response.end(`<!doctype html><script src="/page.js"></script><img src="/image"><script>${report}</script>`)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // of TCP, which is why it has no path
    result: result.promise,
    say: (code: string) => {
      call = code
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
