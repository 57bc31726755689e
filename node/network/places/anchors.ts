// Anchors: the last good nodes that this one chose, kept over restarts, so that nobody who waits for a restart can take all of its connections.

import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { z } from 'zod'
import { writeDurably } from '../../durable.ts'
import type { RemotePeer } from '../gossip/peer.ts'
import { MAX_ANCHORS } from '../limits.ts'
import { isAddress } from '../proof.ts'
import { hostOf, isPrivate, rangeOf } from './addresses.ts'

const schema = z.array(z.string().refine(isAddress)).max(MAX_ANCHORS)

/** As Bitcoin Core's `anchors.dat` (addrdb.cpp): a few addresses, a hint and no more. */
export class Anchors {
  readonly #file: string | undefined
  readonly #log: Logger
  #saved = ''

  /** Without a file nothing is kept. */
  constructor(file: string | undefined, log: Logger) {
    this.#file = file
    this.#log = log
  }

  /** `host:port` of each; none where there is no file, or something else in it. */
  async load(): Promise<readonly string[]> {
    if (this.#file === undefined) return []
    try {
      this.#saved = await readFile(this.#file, 'utf8')
      return schema.parse(JSON.parse(this.#saved))
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!isMissing) this.#log.warn({ file: this.#file }, 'the anchors cannot be read; going on without')
      return []
    }
  }

  /** Keeps the best of `peers`; what was kept stays where there are none. Never throws. */
  async save(peers: readonly RemotePeer[]): Promise<void> {
    const chosen = chooseAnchors(peers)
    const text = `${JSON.stringify(chosen)}\n`
    if (this.#file === undefined || chosen.length === 0 || text === this.#saved) return
    try {
      await writeDurably(this.#file, text)
      this.#saved = text
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'the anchors cannot be kept; a restart begins without them')
    }
  }
}

/** Of the nodes that this one dialled: who delivered last, then who was connected the longest; of a public range one. */
function chooseAnchors(peers: readonly Pick<RemotePeer, 'hello' | 'standing' | 'connectedAt'>[]): readonly string[] {
  const usefulAt = ({ standing }: (typeof peers)[number]) => Math.max(standing.usefulAt, 0)
  const best = peers
    .filter(({ hello }) => hello.outgoing && hello.address !== undefined)
    .toSorted((a, b) => usefulAt(b) - usefulAt(a) || a.connectedAt - b.connectedAt)
  const chosen = new Map<string, string>()
  for (const { hello } of best) {
    const { address = '' } = hello
    const range = isPrivate(hello.host) ? address : rangeOf(hello.host)
    if (chosen.size < MAX_ANCHORS && !chosen.has(range)) chosen.set(range, address)
  }
  return [...chosen.values()].sort()
}

/** Whether an address that was found may be dialled besides those that are: not all of them, and few of one public range. See docs/network.md. */
export function mayBeDialled(
  address: string,
  dialled: readonly string[],
  { most, perRange }: { readonly most: number; readonly perRange: number },
): boolean {
  if (dialled.length >= most) return false
  const host = hostOf(address)
  const range = rangeOf(host)
  return isPrivate(host) || dialled.filter((other) => rangeOf(hostOf(other)) === range).length < perRange
}
