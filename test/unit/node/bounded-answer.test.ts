// Answers of somebody who may lie: read to a bound, however small they are on the wire; and honest ones of any size below it.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { readBounded } from '../../../node/bounded-answer.ts'
import { createNodeClient } from '../../../node/client/rpc.ts'
import { bytes } from '../../../node/schema.ts'

const MIB = 2 ** 20

test('an answer is read whole up to its bound, and not beyond', async () => {
  const text = `"${'ä'.repeat(50_000)}"`
  const length = new TextEncoder().encode(text).length
  assert.equal(await readBounded(new Response(text), length), text)
  await assert.rejects(readBounded(new Response(text), length - 1), RangeError)
  assert.equal(await readBounded(new Response(null), 0), '')
})

test('many values in few bytes are refused, and as many in honest ones are not', async () => {
  const bomb = `[${'0,'.repeat(400_000)}0]`
  await assert.rejects(readBounded(new Response(bomb), 8 * MIB, 16), /at least 16 bytes/)
  assert.equal(await readBounded(new Response(bomb), 8 * MIB), bomb)
  const honest = JSON.stringify(Array.from({ length: 200_000 }, () => 'abcdefghijklmnop'))
  assert.equal(await readBounded(new Response(honest), 8 * MIB, 16), honest)
})

for (const [name, answer] of Object.entries({
  objects: `{"jsonrpc":"2.0","id":1,"result":[${'{},'.repeat(12 * MIB)}0]}`,
  text: `{"jsonrpc":"2.0","id":1,"result":"${'x'.repeat(40 * MIB)}"}`,
})) {
  test(`a node that answers with a bomb of ${name} is no node, and soon known to be none`, async (t) => {
    const packed = gzipSync(answer)
    const url = await listen(t, packed, { 'content-encoding': 'gzip' })
    const node = createNodeClient(url, { mostBytes: 8 * MIB })
    await assert.rejects(node.call('node_info', {}), { code: 'bad-answer', message: /at most 8388608 bytes/ })
  })
}

test('bytes of any length are read: a state of a million outputs is tens of megabytes', () => {
  const text = `0x${'0f'.repeat(12 * MIB)}`
  assert.equal(bytes.parse(text).length, 12 * MIB)
  for (const wrong of ['0x0', '0', '', '0x0g', '0xAB', `${text}0`, `${text}zz`]) {
    assert.equal(bytes.safeParse(wrong).success, false, wrong.slice(0, 10))
  }
})

async function listen(t: TestContext, body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // of a TCP server that listens
}
