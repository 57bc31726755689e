// Nodes on loopback for these tests, closed at the end of each, and waiting for conditions with a deadline.

import { type Logger, pino } from 'pino'
import { Network } from '../../../../node/network/network.ts'
import type { NetworkBounds, NetworkOptions } from '../../../../node/network/options.ts'
import { MemoryStore } from './memory-store.ts'

export const SILENT: Logger = pino({ level: process.env['LOG'] ?? 'silent' })

export type TestNode = { readonly network: Network; readonly store: MemoryStore; readonly address: string }

export class Lab {
  readonly #closers: (() => Promise<unknown> | unknown)[] = []

  /** A started node; `peers` are other nodes that it dials. */
  async node(
    options: Partial<Omit<NetworkOptions & NetworkBounds, 'peers'>> & { readonly peers?: readonly TestNode[] } = {},
    store: MemoryStore = new MemoryStore(),
    now: () => number = () => performance.now(),
    log: Logger = SILENT,
  ): Promise<TestNode> {
    const peers = (options.peers ?? []).map((peer) => peer.address)
    const network = new Network({ store, log, now, bounds: options }, { ...options, peers })
    this.defer(() => network.stop())
    await network.start()
    const { host, port } = network.address()
    return { network, store, address: `${host}:${port}` }
  }

  /** Runs when the test is over, last first. */
  defer(close: () => Promise<unknown> | unknown): void {
    this.#closers.push(close)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.reverse()) await close()
  }
}

/** Polls until `condition` holds. Throws after `deadlineMs`. */
export async function until(condition: () => boolean, what: string, deadlineMs = 20_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
