// TCP ports: free ones, and whether wanted ones are free.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { OperationError } from '../../node/errors.ts'

const HOST = '127.0.0.1'

/** Ports on which nothing listens at this moment, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, HOST))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port) // of TCP, which is why it has no path
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Throws `OperationError('port-in-use')`. */
export async function checkPort(port: number, what: string, flag: string, host = HOST): Promise<void> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    throw new OperationError(
      'port-in-use',
      `expected port ${port} to be free for ${what}, got ${cause instanceof Error ? cause.message : String(cause)}; stop what uses it, or choose another with ${flag}`,
      { facts: { host, port }, cause },
    )
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
