// What ends a BitTorrent client, or keeps it from beginning, in words for whoever runs the node.

import { OperationError } from '../../errors.ts'

export function notListening(host: string, port: number, cause: unknown): OperationError {
  const got = cause instanceof Error ? cause.message : String(cause)
  return new OperationError(
    'listen-failed',
    `expected to take BitTorrent connections on ${host}:${port}, got: ${got}; end what holds the port, or choose another`,
    { facts: { host, port }, cause },
  )
}

export function networkDied(cause: Error): OperationError {
  return new OperationError(
    'network-died',
    `expected BitTorrent to run for as long as the node does, but it ended: ${cause.message}; start the node again`,
    { cause, retry: true },
  )
}
