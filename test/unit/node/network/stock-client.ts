// A webtorrent client as it comes, in a process of its own: none of our code is loaded here, our guard included.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import WebTorrent, { type Torrent } from 'webtorrent'

export type StockRequest =
  | { readonly do: 'fetch'; readonly infohash: string; readonly peer: string }
  | {
      readonly do: 'seed'
      readonly folder: string
      readonly pieceBytes: number
      readonly files: Record<string, string>
    }
export type StockAnswer =
  | { readonly files: Record<string, string> }
  | { readonly infohash: string; readonly peer: string }

const directory = await mkdtemp(join(tmpdir(), 'stock-client-'))
const off = { dht: false, lsd: false, utPex: false, natUpnp: false, natPmp: false, webSeeds: false, tracker: false }
const client = new WebTorrent({ ...off, utp: false, secure: Number(process.argv[2]) })
client.on('error', (error: Error) => fail(error))

process.on('message', (request: StockRequest) => {
  const answer = request.do === 'fetch' ? fetchTorrent(request) : seedFolder(request)
  answer.then((message: StockAnswer) => process.send?.(message), fail)
})
process.on('disconnect', () => {
  client.destroy(() => {
    rm(directory, { recursive: true }).then(() => process.exit(), fail)
  })
})
process.send?.('ready')

async function fetchTorrent({ infohash, peer }: StockRequest & { do: 'fetch' }): Promise<StockAnswer> {
  const torrent = client.add(infohash, { path: join(directory, 'fetched', infohash), announce: [] })
  torrent.once('infoHash', () => torrent.addPeer(peer))
  await new Promise((resolve) => torrent.once('done', resolve))
  const entries = torrent.files.map(async (file) => {
    const bytes = new Uint8Array(await (file as unknown as Blob).arrayBuffer())
    return [file.path, Buffer.from(bytes).toString('base64')] as const
  })
  return { files: Object.fromEntries(await Promise.all(entries)) }
}

async function seedFolder({ folder, pieceBytes, files }: StockRequest & { do: 'seed' }): Promise<StockAnswer> {
  const path = join(directory, 'seeded', String(Math.random()), folder)
  await mkdir(path, { recursive: true })
  for (const [name, base64] of Object.entries(files)) await writeFile(join(path, name), Buffer.from(base64, 'base64'))
  const seeder = client as unknown as {
    seed(path: string, options: object, done: (torrent: Torrent) => void): void
  }
  const options = { pieceLength: pieceBytes, announceList: [], name: folder }
  const torrent = await new Promise<Torrent>((resolve) => seeder.seed(path, options, resolve))
  return { infohash: torrent.infoHash, peer: `127.0.0.1:${client.torrentPort}` }
}

function fail(error: Error): void {
  console.error(error)
  process.exit(1)
}
