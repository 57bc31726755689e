// The parts of two BitTorrent libraries that tests use to check our infohashes, typed.

declare module 'create-torrent' {
  type Options = {
    name?: string
    pieceLength: number
    announceList: string[][]
    createdBy: string
    comment: string
  }
  export default function createTorrent(
    input: string | Buffer[],
    options: Options,
    callback: (error: Error | null, torrent: Uint8Array) => void,
  ): void
}

declare module 'parse-torrent' {
  export default function parseTorrent(torrent: Uint8Array): Promise<{
    infoHash: string
    announce?: string[]
    files?: { path: string; length: number }[]
  }>
}
