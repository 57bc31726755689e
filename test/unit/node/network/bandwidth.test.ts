// What an operator allows BitTorrent to use of a line: at least as much time passes as the limit makes necessary.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lab, until } from './lab.ts'
import { testHeader } from './memory-store.ts'

const LIMIT = 100_000
const BYTES = 400_000

for (const name of ['uploadLimit', 'downloadLimit'] as const)
  test(`with ${name} a block takes as long as its bytes need, and arrives`, async () => {
    await using lab = new Lab()
    const limited = { [name]: LIMIT }
    const seeder = await lab.node(name === 'uploadLimit' ? limited : {})
    const fetcher = await lab.node({ peers: [seeder], ...(name === 'downloadLimit' ? limited : {}) })
    await until(() => fetcher.network.peers().length === 1, 'they are connected')
    const block = [
      { name: 'block.json', bytes: Buffer.from('{}') },
      { name: 'steps.bin', bytes: new Uint8Array(BYTES).map((_, i) => (i * 7) % 251) },
    ]
    const start = performance.now()
    seeder.store.addBlock(testHeader(block), block)
    await until(() => fetcher.store.blocks.size === 1, 'it arrives', 60_000)
    const took = performance.now() - start
    // A second's worth may go at once, and another one waits in the buffers of both ends.
    const least = 1_000 * (BYTES / LIMIT - 2)
    assert(took >= least, `${BYTES} bytes at ${LIMIT} a second took ${Math.round(took)} ms`)
  })
