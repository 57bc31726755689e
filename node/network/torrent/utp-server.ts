// uTP (BEP 29) beside TCP, on the same port. Its library is native code that nobody tends any more, and is kept within bounds here.

import type { Socket } from 'node:net'
import type { ConnectionPool } from 'webtorrent'
import utp from 'webtorrent/lib/utp.cjs'

/** With some 200 kB each: those that the library never lets go of count, and in the end nobody comes by uTP any more. */
const CONNECTIONS = 250

/** Opens it once the TCP server listens, on `host` only, where the native addon loads; `enter` decides who comes in. */
export function addUtpServer(pool: ConnectionPool, host: string, enter: (socket: Socket) => void): void {
  pool.tcpServer.removeAllListeners('listening')
  pool.tcpServer.once('listening', () => {
    const address = pool.tcpServer.address()
    const server = utp.createServer?.()
    if (server === undefined || address === null || typeof address === 'string') {
      pool._onListening()
      return
    }
    pool.utpServer = server
    server.maxConnections = CONNECTIONS
    server.on('connection', enter)
    server.on('listening', pool._onListening)
    server.on('error', pool._onUTPError)
    server.listen(address.port, host)
  })
}
