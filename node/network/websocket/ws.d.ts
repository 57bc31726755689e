// The parts of ws 8 that this folder and its tests use; it ships no types.

declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  export class WebSocket extends EventEmitter {
    readonly isPaused: boolean
    /** Sent and not yet taken by the system. */
    readonly bufferedAmount: number
    pong(data?: Uint8Array): void
    /** Closes the connection at once. */
    terminate(): void
  }
  export class WebSocketServer {
    constructor(options: {
      readonly noServer: true
      readonly clientTracking: false
      readonly perMessageDeflate: false
      readonly autoPong: false
      readonly maxPayload: number
      readonly maxFragments: number
      readonly maxBufferedChunks: number
    })
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (socket: WebSocket) => void): void
  }
  /** Binary messages as bytes, both ways. */
  export function createWebSocketStream(socket: WebSocket): Duplex
}
