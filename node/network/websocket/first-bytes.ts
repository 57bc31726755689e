// Tells HTTP from BitTorrent by the first bytes of a connection that came in, so that both have one port.

import type { Socket } from 'node:net'

const GET = Buffer.from('GET ')
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'
const END = '\r\n\r\n'

/**
 * Calls one of both once enough bytes are there, and puts them back: of HTTP the whole head of one request, or more bytes than `mostHead`. Who says more before it
 * was answered is closed: thousands of requests fit one segment, and each would be read. A BitTorrent handshake begins with another byte, and the random key of an
 * encrypted one (MSE) with these four once in 2^32 connections. What says nothing waits; whoever gave it its place closes it.
 */
export function tellApart(socket: Socket, mostHead: number, onHttp: () => void, onOther: (head: Buffer) => void): void {
  let head: Buffer = Buffer.alloc(0)
  const look = (bytes: Buffer) => {
    head = head.length === 0 ? bytes : Buffer.concat([head, bytes])
    const isGet = GET.subarray(0, head.length).equals(head.subarray(0, GET.length))
    const end = isGet ? head.indexOf(END) : -1
    if (isGet && end < 0 && head.length <= mostHead) return
    socket.removeListener('data', look)
    if (isGet && end >= 0 && head.length > end + END.length) {
      socket.pause().end(BAD_REQUEST, () => socket.destroy())
      return
    }
    // No data is lost: whoever takes it listens at once.
    socket.unshift(head)
    if (isGet) onHttp()
    else onOther(head)
  }
  socket.on('data', look)
}
