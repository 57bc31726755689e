// Pages of what a view holds: which part comes next, and what to say where the view has moved on since.

import { type BridgeBlock, type BridgeView, comparePublications, descent } from '../../bridge/view.ts'
import { OperationError } from '../../errors.ts'
import type { Hash } from '../../protocol/ids.ts'

type Listing = { readonly blocks: readonly BridgeBlock[]; readonly numbers: ReadonlyMap<Hash, number> }

const known = new WeakMap<BridgeView, Listing>()

/**
 * Up to `limit` of the final block and all above it, in the order of publication, after block `after`; and which one to go on after, if there are
 * more. Throws `OperationError('page-gone')`. Takes time for all of them once for each view, and then for those of the page.
 */
export function pageAboveFinal(view: BridgeView, after: Hash | undefined, limit: number) {
  const listing = known.get(view) ?? listingOf(view)
  known.set(view, listing)
  return pageOf(listing.blocks, after, after === undefined ? undefined : listing.numbers.get(after), limit)
}

/** The same of the children of one block. */
export function pageOfChildren(view: BridgeView, parent: BridgeBlock, after: Hash | undefined, limit: number) {
  const blocks = parent.children.flatMap((id) => view.blocks.get(id) ?? [])
  return pageOf(blocks, after, after === undefined ? undefined : parent.children.indexOf(after), limit)
}

/** The error where what a page is to follow is not there any more. */
export function pageGone(after: Hash): OperationError {
  return new OperationError(
    'page-gone',
    `expected to go on after block ${after}, which is not in the list any more: another block became final, or Ethereum was reorganised; begin again`,
    { facts: { after }, retry: true },
  )
}

function pageOf(
  blocks: readonly BridgeBlock[],
  after: Hash | undefined,
  number: number | undefined,
  limit: number,
): { readonly blocks: readonly BridgeBlock[]; readonly next?: Hash } {
  if (after !== undefined && (number === undefined || number < 0)) throw pageGone(after)
  const start = number === undefined ? 0 : number + 1
  const page = blocks.slice(start, start + limit)
  const last = page.at(-1)
  return { blocks: page, ...(last !== undefined && start + limit < blocks.length ? { next: last.id } : {}) }
}

function listingOf(view: BridgeView): Listing {
  const blocks = [...descent(view, view.final)].sort(comparePublications)
  return { blocks, numbers: new Map(blocks.map(({ id }, number) => [id, number])) }
}
