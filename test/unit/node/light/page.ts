// What a browser runs: a light peer that connects to a node, hears of a payment and fetches it, and says so.

import { LightPeer } from '../../../../node/light/light-peer.ts'
import type { LightRules } from '../../../../node/light/told-block.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'

export type Seen = {
  /** In the order in which they came. */
  readonly heard: readonly Infohash[]
  /** As text: of what it heard of first, and of what it asked for. */
  readonly files: readonly (string | undefined)[]
  /** Ids of blocks that it was told of. */
  readonly blocks: readonly string[]
  /** Globals of Node that there are. */
  readonly globals: readonly string[]
}

/** Resolves once it heard of a new transaction, was told of a block, and has the files. */
export async function look(
  url: string,
  rules: Omit<LightRules, 'chain' | 'easiestTarget'>,
  old: Infohash,
): Promise<Seen> {
  const heard = Promise.withResolvers<readonly Infohash[]>()
  const told = Promise.withResolvers<readonly string[]>()
  using peer = new LightPeer({
    url,
    rules: { ...rules, chain: 31_337n, easiestTarget: 2n ** 256n - 1n },
    onHave: heard.resolve,
    onBlocks: (blocks) => told.resolve(blocks.map(({ id }) => id)),
    onClosed: (reason) => {
      heard.reject(reason)
      told.reject(reason)
    },
  })
  await peer.start()
  const fresh = await heard.promise
  const files = await peer.get([...fresh, old])
  return {
    heard: fresh,
    files: files.map((file) => file && new TextDecoder().decode(file)),
    blocks: await told.promise,
    globals: ['process', 'Buffer', 'require', 'setImmediate'].filter((name) => name in globalThis),
  }
}
