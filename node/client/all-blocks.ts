// All blocks that a node lists, or all children of one, read page by page.

import { OperationError } from '../errors.ts'
import type { Hash } from '../protocol/ids.ts'
import type { Result } from '../rpc/api.ts'
import type { NodeClient } from './rpc.ts'

type Page = Result<'bridge_blocks'>
export type AllBlocks = Pick<Page, 'status' | 'blocks'>

/** The list may change this often while it is read. */
const TRIES = 5
/** More than that is not a list of blocks: a node that lies must not be read forever. */
const MOST_PAGES = 1_000

/**
 * The last final block and all above it, in the order of publication, with the node's status at the end. Where another block became final or the
 * preferred branch changed between two pages, it is read again, so that all of it is of one branch; not forever: somebody may publish all the time.
 * Throws what the node throws, `OperationError('page-gone')` (retry) if it could not be read to the end, and `OperationError('bad-answer')`.
 */
export async function readAllBlocks(node: NodeClient, signal?: AbortSignal): Promise<AllBlocks> {
  let last: AllBlocks | undefined
  for (let tries = 1; ; tries++) {
    try {
      const { isSteady, ...all } = await readOnce(node, signal)
      if (isSteady || tries >= TRIES) return all
      last = all
    } catch (error) {
      if (!isGone(error)) throw error
      if (tries < TRIES) continue
      if (last === undefined) throw error
      return last
    }
  }
}

/**
 * All blocks that the node knows from a height on, refuted and displaced ones too, by height, those of one height in the order of publication; with
 * the node's status at the end. Throws what the node throws, and `OperationError('bad-answer')`.
 */
export async function readHistory(node: NodeClient, from: bigint, signal?: AbortSignal): Promise<AllBlocks> {
  for (let tries = 1; ; tries++) {
    try {
      let { status, blocks, next } = await node.call('bridge_history', { from }, signal)
      for (let pages = 2; next !== undefined; pages++) {
        if (pages > MOST_PAGES) throw endless(node)
        const page: Page = await node.call('bridge_history', { after: next }, signal)
        for (const block of page.blocks) blocks.push(block)
        ;({ status, next } = page)
      }
      return { status, blocks }
    } catch (error) {
      if (!isGone(error) || tries >= TRIES) throw error
    }
  }
}

/** All blocks that were published on `parent`, refuted ones too, in the order of publication. Throws what the node throws. */
export async function readAllChildren(node: NodeClient, parent: Hash, signal?: AbortSignal): Promise<Page['blocks']> {
  for (let tries = 1; ; tries++) {
    try {
      const blocks: Page['blocks'] = []
      let next: Hash | undefined
      for (let pages = 1; pages === 1 || next !== undefined; pages++) {
        if (pages > MOST_PAGES) throw endless(node)
        const page = await node.call('bridge_children', { parent, ...(next ? { after: next } : {}) }, signal)
        for (const block of page.blocks) blocks.push(block)
        next = page.next
      }
      return blocks
    } catch (error) {
      if (!isGone(error) || tries >= TRIES) throw error
    }
  }
}

async function readOnce(node: NodeClient, signal: AbortSignal | undefined): Promise<AllBlocks & { isSteady: boolean }> {
  let { status, blocks, next } = await node.call('bridge_blocks', {}, signal)
  const first = status
  for (let pages = 2; next !== undefined; pages++) {
    if (pages > MOST_PAGES) throw endless(node)
    const page: Page = await node.call('bridge_blocks', { after: next }, signal)
    for (const block of page.blocks) blocks.push(block)
    ;({ status, next } = page)
  }
  return { status, blocks, isSteady: first.final?.id === status.final?.id && first.tip?.id === status.tip?.id }
}

function endless({ url }: NodeClient): OperationError {
  return new OperationError('bad-answer', `expected the node at ${url} to list its blocks, got pages without end`, {
    facts: { url },
  })
}

function isGone(error: unknown): boolean {
  return error instanceof OperationError && error.code === 'page-gone'
}
