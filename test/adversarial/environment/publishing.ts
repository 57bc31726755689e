// How the driver puts a block anywhere: where it may stand, what it names, what it pays, and what the bridge said of it.

import { type BridgeCall, publishBlobsCall, publishCall } from '../../../node/ethereum/calls.ts'
import type { SealedHeader } from '../../../node/protocol/header.ts'
import {
  type Address,
  type BlockKey,
  type Hash,
  type Infohash,
  keyOf,
  toAddress,
  toInfohash,
  ZERO_HASH,
} from '../../../node/protocol/ids.ts'
import type { State } from '../../../node/protocol/state.ts'
import { decodeStep } from '../../../node/protocol/step.ts'
import { targetCeiling, targetFloor } from '../../../node/protocol/target.ts'
import { toSeconds } from '../../../node/protocol/units.ts'
import { verifyPacked } from '../../../node/protocol/verify.ts'
import type { DataMode } from '../../../scripts/devnet/drill/posting.ts'
import { EASIEST } from '../../support/stage.ts'
import type { Chance } from './chance.ts'
import { blindContent, emptyContent, type Plot, rightContent, wrongContent } from './contents.ts'
import type { Ground } from './ground.ts'
import type { ModelBlock } from './model.ts'
import { isCheap, type Posted, type Sealed, sealBlock } from './sealing.ts'

/** Where a block is put. The parent need not be on Ethereum yet. */
export type Site = {
  readonly parent: Hash
  readonly below: SealedHeader
  readonly bytes: Uint8Array
  readonly publishedAt: bigint
  readonly state?: State
  /** Its live children: the target that a further one must have, and the latest. */
  readonly children?: { readonly target: bigint; readonly last: Hash }
}

export type Made = Sealed & {
  readonly call: Pick<BridgeCall, 'data' | 'gas' | 'sidecar'> & { readonly value: bigint }
  readonly note: string
}

/** `empty`: no more than the queue rule asks for. `wrong` as far as there is something to lie about. */
export type Kind = 'right' | 'wrong' | 'empty'

/** As a name of something to leave out. */
const OTHER_TORRENTS = 'other torrents'
/** The torrent that many blocks name, and none has. */
const SHARED = toInfohash(new Uint8Array(20).fill(0x5a))
/** A target in range is the easiest one more often than not. */
const EASY = 0.8
const NODE_MS = 2_000

export function siteOn(ground: Ground, block: ModelBlock): Site {
  const { model } = ground
  const children = model.liveChildren(block.id)
  const [first] = children
  const last = children.at(-1)
  const { publishedAt } = model.standing(block.id)
  return {
    ...{ parent: block.id, below: block.sealed, bytes: block.bytes, publishedAt },
    ...(block.state === undefined ? {} : { state: block.state }),
    ...(first === undefined || last === undefined
      ? {}
      : { children: { target: model.of(first).sealed.header.target, last } }),
  }
}

/** A block that was made for a block of Ethereum of this time, as a parent of others in that same block. */
export function siteAbove({ id, sealed, bytes, state }: Sealed, time: bigint): Site {
  const site = { parent: id, below: sealed, bytes, publishedAt: time }
  return state === undefined ? site : { ...site, state }
}

/**
 * `undefined` if there is nothing to lie about, or if the work would take too long. `time` is that of the block of Ethereum. The publication names the
 * block's own torrent where `isHonest`.
 */
export async function makeBlock(
  ground: Ground,
  site: Site,
  kind: Kind,
  time: bigint,
  chance: Chance,
  isHonest = false,
): Promise<Made | undefined> {
  const target = targetOn(site, time, chance)
  if (!isCheap(target)) return undefined
  const data = ground.rows === 'both' ? chance.oneOf<DataMode>('calldata', 'blobs') : ground.rows
  const posted = await contentOn(ground, site, kind, data, time, chance)
  if (posted === undefined) return undefined
  const hint: Hint = isHonest ? { name: 'own' } : hintOf(ground, chance)
  const torrent = hint.torrent ?? (posted.state === undefined ? randomTorrent(chance) : undefined)
  const beside = besideOf(ground, site, chance)
  // A rival comes from its miner's own account, or is refused.
  const isOwn = beside !== ZERO_HASH && chance.isLucky(0.9)
  const miner = isOwn ? ground.caller.account : minerOf(ground, chance)
  const { parent, below, state: before } = site
  const draft = { ...posted, parent, below, before, target, miner, data }
  const block = await sealBlock(ground.rules, ground.kzg, torrent === undefined ? draft : { ...draft, torrent })
  ground.model.own(block.id, posted.state)
  noteSpending(ground, posted)
  const { bondGas, floors = 1, ...call } = publicationOf(site.bytes, block, keyOf(beside))
  const { price } = await ground.head()
  const where = 'blobs' in block.body ? `${block.body.blobs.length} blobs` : 'calldata'
  const note = `${block.id.slice(0, 10)} at ${below.header.height + 1n} (${kind}, ${posted.steps.length} steps in ${where}, torrent ${hint.name})`
  return { ...block, note, call: { ...call, value: bondGas * BigInt(floors) * price } }
}

/** The call that publishes a sealed block on a parent of this sealed header. */
export function publicationOf(
  parent: Uint8Array,
  { sealed, torrent, body }: Sealed,
  beside?: BlockKey,
): Pick<BridgeCall, 'data' | 'gas' | 'bondGas' | 'floors' | 'sidecar'> {
  return 'sidecar' in body
    ? publishBlobsCall(parent, { sealed, torrent, ...body }, body.sidecar, beside)
    : publishCall(parent, { sealed, torrent, ...body }, beside)
}

function targetOn({ below, publishedAt, children }: Site, time: bigint, chance: Chance): bigint {
  const floor = targetFloor(below.header.target)
  const ceiling = targetCeiling(below.header.target, toSeconds(time - publishedAt), EASIEST)
  const luck = chance.number()
  const part = BigInt(chance.whole(0, 100))
  if (children !== undefined) return children.target
  if (luck < EASY || ceiling <= floor) return ceiling
  return floor + ((ceiling - floor) * part) / 100n
}

async function contentOn(
  ground: Ground,
  site: Site,
  kind: Kind,
  data: DataMode,
  time: bigint,
  chance: Chance,
): Promise<Posted | undefined> {
  const { model, world, rules, spent } = ground
  const { below, parent: id, state } = site
  const queue = model.waitingAfter(below.header.lanes)
  if (state === undefined) return blindContent({ below, queue, time }, chance)
  const parent = { id, header: below.header, state }
  const plot: Plot = { rules, parent, below, data, queue, time, world, waiting: [], spent: [...spent] }
  if (kind === 'wrong') return wrongContent(plot, chance)
  if (kind === 'empty') return emptyContent(plot)
  return rightContent(chance.isLucky(0.3) ? { ...plot, waiting: await waitingAt(ground) } : plot, chance)
}

/** What anybody can read at a node; nothing while it does not answer. */
async function waitingAt({ honest }: Ground): Promise<Uint8Array[]> {
  const signal = AbortSignal.timeout(NODE_MS)
  const template = await honest.nodes['node-0'].call('bridge_template', {}, signal).catch(() => undefined)
  return template?.candidates.map(({ packed }) => packed) ?? []
}

type Hint = { readonly name: string; readonly torrent?: Infohash }

/** A torrent is a hint that nobody checks. By default it is the block's own. */
function hintOf({ model, without }: Ground, chance: Chance): Hint {
  const blocks = [...model.blocks.values()]
  const kind = chance.number()
  const place = chance.number()
  if (kind < 0.55 || without.has(OTHER_TORRENTS)) return { name: 'own' }
  if (kind < 0.7) {
    const other = blocks[Math.floor(place * blocks.length)]
    return other === undefined ? { name: 'own' } : { name: 'borrowed', torrent: other.torrent }
  }
  if (kind < 0.8) return { name: 'shared', torrent: SHARED }
  if (kind < 0.85) return { name: 'zero', torrent: toInfohash(new Uint8Array(20)) }
  return { name: 'to nowhere', torrent: randomTorrent(chance) }
}

function randomTorrent(chance: Chance): Infohash {
  return toInfohash(Uint8Array.from({ length: 20 }, () => chance.whole(0, 255)))
}

/** Whose account gets what the block earns: nobody is asked. */
function minerOf({ honest, caller, rules, world }: Ground, chance: Chance): Address {
  const someone = toAddress(Uint8Array.from({ length: 20 }, () => chance.whole(1, 255)))
  const others = [
    ...honest.accounts,
    rules.bridge,
    rules.token,
    someone,
    ...world.accounts.map(({ address }) => address),
  ]
  return chance.isLucky(0.5) ? caller.account : chance.oneOf(caller.account, ...others)
}

function besideOf({ model }: Ground, { parent, children }: Site, chance: Chance): Hash {
  if (children === undefined || chance.isLucky(0.97)) return children?.last ?? ZERO_HASH
  return chance.pick(model.standing(parent).children) ?? ZERO_HASH
}

/** Remembers what the liar has spent, since lies are told about that too. */
function noteSpending({ rules, liar, spent }: Ground, { steps }: Posted): void {
  for (const step of steps) {
    const decoded = decodeStep(step)
    if (decoded?.kind !== 'transaction') continue
    const verified = verifyPacked(rules, decoded.packed)
    if (typeof verified === 'string' || verified.tx.from !== liar) continue
    for (const infohash of verified.tx.prev) spent.add(infohash)
  }
}
