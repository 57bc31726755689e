// A network at a final block with many outputs, for the bench of beginning: its genesis, the block, and an Ethereum that knows no other.

import { createHash } from 'node:crypto'
import type { FollowedNetwork } from '../../node/bridge/records/bridge-records.ts'
import type { Chain, ChainBlock } from '../../node/ethereum/chain.ts'
import { createGenesis, genesisState } from '../../node/protocol/genesis.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { blockId, genesisBlock, type SealedHeader } from '../../node/protocol/header.ts'
import { type Address, type Hash, type Infohash, toAddress, ZERO_HASH, ZERO_KEY } from '../../node/protocol/ids.ts'
import { ofLanes } from '../../node/protocol/queue.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import { publicKeyOf, signDigest } from '../../node/protocol/signature.ts'
import { type Output, stateRoot } from '../../node/protocol/state.ts'
import { toGasPrice, toTime, toWork } from '../../node/protocol/units.ts'

const EASIEST = 2n ** 243n
const DEPLOYED_AT = 1_800_000_000n
const HEIGHT = 1_000n
const HEAD = 1_000n
/** Outputs of one owner. */
const EACH = 4
const key = keccak(new TextEncoder().encode('bench'))

export const GENESIS = createGenesis(publicKeyOf(key), 1_767_225_600, (digest) => signDigest(digest, key))
const rules: Rules = {
  ...{ chain: 1n, minRequest: 1n },
  bridge: toAddress(new Uint8Array(20).fill(0xb1)),
  token: toAddress(new Uint8Array(20).fill(0x70)),
}

export function networkMade(): FollowedNetwork {
  const state = stateRoot(genesisState(GENESIS))
  const genesisHeader = genesisBlock({ ...rules, easiestTarget: EASIEST, state })
  return { rules, genesis: GENESIS, genesisBlock: genesisHeader, deployedBlock: 1n, deployedAt: toTime(DEPLOYED_AT) }
}

/** As many as asked for, the same each time. */
export function* outputsMade(count: number): Generator<Output> {
  for (let i = 0; i < count; i++) {
    const infohash = digest(`output ${i}`) as Infohash
    const owner = `0x${digest(`owner ${Math.floor(i / EACH)}`)}` as Address
    yield { infohash, owner, value: 1_000_000n + BigInt(i) }
  }
}

export function sealedOf(state: Hash): SealedHeader {
  const { genesisBlock: below } = networkMade()
  return { ...below, header: { ...below.header, parent: blockId(below), height: HEIGHT, state } }
}

/** Where the block is final, and nothing else ever happened. */
export function chainOf(sealed: SealedHeader): Chain {
  const id = blockId(sealed)
  const { genesisBlock: below } = networkMade()
  const at = (number: bigint): ChainBlock => ({
    ...{ number, hash: `0x${number.toString(16).padStart(64, '0')}` as Hash, parent: ZERO_HASH },
    time: toTime(DEPLOYED_AT + 12n * number),
  })
  return {
    parameters: async () => ({
      ...{ ...rules, minDeposit: 1n, floorPrice: toGasPrice(0n), easiestTarget: EASIEST, genesis: blockId(below) },
      deployedAt: toTime(DEPLOYED_AT),
    }),
    head: async () => at(HEAD),
    blockAt: async (number) => (number <= HEAD ? at(number) : undefined),
    events: async () => [],
    read: async (_, __, blocks) => ({
      finalBlock: id,
      lanes: ofLanes(() => ({ length: 0n, hash: undefined })),
      records: blocks.map((block) => ({
        ...{
          id: block,
          parent: ZERO_KEY,
          publishedAt: at(HEAD / 2n).time,
          work: toWork(1n),
          refuted: false,
          final: true,
        },
        ...{ firstChild: ZERO_KEY, nextSibling: ZERO_KEY, slot: ZERO_KEY },
      })),
    }),
    areClaimed: async (_, numbers) => numbers.map(() => false),
    queueTime: async () => at(HEAD).time,
    close: () => {},
  }
}

function digest(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
