// Tells the feed what becomes of blocks on Ethereum: the difference between what it was told last, which is on disk, and what the follower knows.

import { ancestry, type BridgeBlock, type BridgeView } from '../bridge/view.ts'
import type { BlockFacts, BlockState } from '../ledger/feed/events.ts'
import type { LedgerFeed } from '../ledger/feed/feed.ts'
import type { Hash } from '../protocol/ids.ts'

type Feed = Pick<LedgerFeed, 'tellBlocks' | 'toldBlocks' | 'forgetBlocks'>

/** Brings the feed up to this view. One call after another. */
export async function tellView(feed: Feed, view: BridgeView): Promise<void> {
  const final = new Set<Hash>()
  for (const { id } of ancestry(view, view.final)) final.add(id)
  const now = [...view.blocks.values()].map((block) => ({ block: factsOf(block), state: stateOf(block, final) }))
  const lowest = view.blocks.get(view.root)?.sealed.header.height ?? 0n
  const left = (await feed.toldBlocks()).filter(({ id }) => !view.blocks.has(id))
  // What is not above the oldest block that the view holds is decided for good.
  const [gone, past] = [left.filter(({ height }) => height > lowest), left.filter(({ height }) => height <= lowest)]
  if (past.length > 0) await feed.forgetBlocks(past.map(({ id }) => id))
  await feed.tellBlocks([...gone.map((block) => ({ block, state: undefined })), ...now])
}

function factsOf({ id, sealed, publishedAt, torrent }: BridgeBlock): BlockFacts {
  const { height, parent } = sealed.header
  const facts = { id, height, parent, miner: sealed.seal.miner, publishedAt: Number(publishedAt) }
  return torrent === undefined ? facts : { ...facts, torrent }
}

function stateOf({ id, verdict, refuted }: BridgeBlock, final: ReadonlySet<Hash>): BlockState {
  const said = verdict.verdict === 'doomed' ? 'invalid' : verdict.verdict
  return { verdict: said, refuted, final: final.has(id) }
}
