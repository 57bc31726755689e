// The process that has the final block in the bench of beginning: makes a state of many outputs, seeds its torrent, and says under what.

import { pino } from 'pino'
import { Network } from '../../node/network/network.ts'
import type { NetworkStore, TorrentFile } from '../../node/network/store.ts'
import { blockTorrent } from '../../node/protocol/block-torrent.ts'
import { formatHex } from '../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../node/protocol/genesis.ts'
import { encodeSealed } from '../../node/protocol/header.ts'
import type { Infohash } from '../../node/protocol/ids.ts'
import { stateOf, stateRoot } from '../../node/protocol/state.ts'
import { GENESIS, outputsMade, sealedOf } from './beginning-network.ts'

/** One line of JSON on standard output, once it seeds. */
export type Seeding = {
  readonly sealed: string
  readonly torrent: Infohash
  readonly port: number
  readonly bytes: number
}

const state = stateOf(outputsMade(Number(process.argv[2])))
const sealed = sealedOf(stateRoot(state))
const { files, infohash } = blockTorrent({
  ...{ sealed, state, requests: [] },
  ...{ steps: new Uint8Array(), states: new Uint8Array() },
})
const network = new Network({ store: storeOf(infohash, files), log: pino({ level: 'warn' }) })
await network.start()
const seeding: Seeding = {
  ...{ sealed: formatHex(encodeSealed(sealed)), torrent: infohash, port: network.address().port },
  bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
}
console.log(JSON.stringify(seeding))
process.once('SIGTERM', () => network.stop())

/** Nothing but the torrent of one block. */
function storeOf(torrent: Infohash, content: readonly TorrentFile[]): NetworkStore {
  const zero = `0x${'0'.repeat(64)}` as const
  return {
    genesis: genesisInfohash(GENESIS),
    has: () => true,
    transaction: () => undefined,
    infohashes: async function* () {},
    shared: async function* () {},
    isCounted: () => false,
    order: async () => ({ infohashes: [], next: 0, end: 0 }),
    syncs: () => 'all',
    room: () => 0,
    blockFiles: async (asked) => (asked === torrent ? content : undefined),
    headers: () => [{ sealed: encodeSealed(sealed), torrent }],
    summary: () => ({
      ...{ count: 0, weight: 0n, fingerprint: zero as never },
      newestBlock: zero as never,
      stateRoot: zero as never,
    }),
    onTransaction: async () => ({ state: 'known', missing: [] }),
    onHeader: async () => 'known',
    onBlock: async () => {},
    subscribe: () => () => {},
  }
}
