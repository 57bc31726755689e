// Tells HTTP from BitTorrent by the first bytes of a connection that came in, so that both have one port.

import type { Socket } from 'node:net'

const GET = Buffer.from('GET ')

/**
 * Calls one of both once enough bytes are there, and puts them back. A BitTorrent handshake begins with another byte, and the random key of an encrypted one
 * (MSE) with these four once in 2^32 connections. What says nothing waits; whoever gave it its place closes it.
 */
export function tellApart(socket: Socket, onHttp: () => void, onOther: () => void): void {
  let head: Buffer = Buffer.alloc(0)
  const look = (bytes: Buffer) => {
    head = head.length === 0 ? bytes : Buffer.concat([head, bytes])
    const isGet = GET.subarray(0, head.length).equals(head.subarray(0, GET.length))
    if (isGet && head.length < GET.length) return
    socket.removeListener('data', look)
    // No data is lost: whoever takes it listens at once.
    socket.unshift(head)
    if (isGet) onHttp()
    else onOther()
  }
  socket.on('data', look)
}
