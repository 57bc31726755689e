// Blocks in blobs among those of a forge, and their publication: the blobs themselves come from elsewhere.

import type { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { encodeUint } from '../../../node/protocol/bytes.ts'
import { blockId, encodeSealed, type Header, type SealedHeader } from '../../../node/protocol/header.ts'
import { toHash, toInfohash } from '../../../node/protocol/ids.ts'
import { toTime } from '../../../node/protocol/units.ts'
import type { UnplacedEvent } from '../chain/fake-ethereum.ts'
import { assembleInBlobs, type InBlobs } from '../in-blobs.ts'
import type { Forge, MadeBlock } from './scenario.ts'

type MadeInBlobs = Pick<MadeBlock, 'id' | 'sealed' | 'torrent'> & Pick<InBlobs, 'posted' | 'state'>

/** A child of a block with these steps, whose header says what `change` says. */
export async function makeInBlobs(
  kzg: Pick<KzgPool, 'hashes'>,
  forge: Forge,
  parent: Pick<MadeBlock, 'id' | 'sealed' | 'state'>,
  steps: readonly Uint8Array[],
  change: Partial<Header> = {},
): Promise<MadeInBlobs> {
  const { header: below } = parent.sealed
  const above = { id: parent.id, header: below, state: parent.state }
  const { header, posted, state } = await assembleInBlobs(kzg, forge.network.rules, above, below.target, steps)
  const miner = forge.world.pick(forge.world.accounts).address
  const sealed: SealedHeader = {
    header: { ...header, ...change },
    seal: { miner, nonce: toHash(encodeUint(steps.length, 32)) },
  }
  return { id: blockId(sealed), sealed, torrent: toInfohash(new Uint8Array(20)), posted, state }
}

export function publishedInBlobs({ id, sealed, torrent, posted }: MadeInBlobs, time: bigint): UnplacedEvent {
  const { blobs: _, ...body } = posted
  const { parent } = sealed.header
  const { miner } = sealed.seal
  return { kind: 'published', id, parent, miner, torrent, sealed: encodeSealed(sealed), body, time: toTime(time) }
}
