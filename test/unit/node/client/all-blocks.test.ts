// Reading a list of blocks to its end while it changes, by a node that says what a test wants it to say.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAllBlocks, readAllChildren } from '../../../../node/client/all-blocks.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { summariesOf } from '../../../../node/rpc/handlers/blocks.ts'
import { GROUND_TIME, plant, plantedId } from '../../../../scripts/bench/planted-view.ts'

type Page = Result<'bridge_blocks'>

const view = plant(Array.from({ length: 8 }, (_, i) => ({ on: i, at: i })))
const summaries = summariesOf(view, GROUND_TIME, [...view.blocks.values()])

/** A page of blocks `from` to `to`, of a view with these as final block and tip. */
function page(from: number, to: number, next?: number, [final, tip] = [0, 8]): Page {
  const refOf = (number: number) => ({ id: plantedId(number), height: BigInt(number) })
  const status = { state: 'live' as const, final: refOf(final), tip: refOf(tip) }
  return { status, blocks: summaries.slice(from, to), ...(next === undefined ? {} : { next: plantedId(next) }) }
}

/** Answers one after the other, the last one again and again, and keeps what was asked. */
function nodeOf(answers: readonly (Page | Error)[]) {
  const asked: (Hash | undefined)[] = []
  const node: NodeClient = {
    url: 'http://test',
    call: async (_, params) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)]
      asked.push('after' in params ? (params.after as Hash) : undefined)
      if (answer instanceof Error) throw answer
      // Of the one method that these tests call.
      return structuredClone(answer) as never
    },
  }
  return { node, asked }
}

const gone = new OperationError('page-gone', 'it is gone', { retry: true })
const idsOf = ({ blocks }: Pick<Page, 'blocks'>) => blocks.map(({ id }) => id)
const all = summaries.map(({ id }) => id)

test('pages are put together, each asked for after the last block of the one before', async () => {
  const { node, asked } = nodeOf([page(0, 3, 2), page(3, 6, 5), page(6, 9)])
  assert.deepEqual(idsOf(await readAllBlocks(node)), all)
  assert.deepEqual(asked, [undefined, plantedId(2), plantedId(5)])
})

test('where another block became final or another branch leads between two pages, all is read anew', async () => {
  const changes: [number, number][] = [
    [1, 8],
    [0, 7],
  ]
  for (const moved of changes) {
    const { node, asked } = nodeOf([
      page(0, 5, 4),
      page(5, 9, undefined, moved),
      page(1, 4, 3, moved),
      page(4, 9, undefined, moved),
    ])
    assert.deepEqual(idsOf(await readAllBlocks(node)), all.slice(1))
    assert.equal(asked.length, 4)
  }
})

test('where what was read is gone, all is read anew, and after five times that is an error', async () => {
  const once = nodeOf([page(0, 5, 4), gone, page(0, 9)])
  assert.deepEqual(idsOf(await readAllBlocks(once.node)), all)
  const always = nodeOf([
    page(0, 5, 4),
    gone,
    page(0, 5, 4),
    gone,
    page(0, 5, 4),
    gone,
    page(0, 5, 4),
    gone,
    page(0, 5, 4),
    gone,
  ])
  await assert.rejects(readAllBlocks(always.node), { code: 'page-gone', retry: true })
  assert.equal(always.asked.length, 10)
})

test('somebody who makes the branch change all the time keeps nobody from reading', async () => {
  let tip = 0
  const node: NodeClient = {
    url: 'http://test',
    call: async (_, params) =>
      ('after' in params ? page(5, 9, undefined, [0, ++tip]) : page(0, 5, 4, [0, ++tip])) as never,
  }
  assert.deepEqual(idsOf(await readAllBlocks(node)), all)
  assert.equal(tip, 10)
})

test('the last list that was read to its end counts if later ones are not', async () => {
  const moved = [page(0, 5, 4), page(5, 9, undefined, [0, 7])]
  const { node } = nodeOf([
    ...moved,
    page(0, 5, 4),
    gone,
    page(0, 5, 4),
    gone,
    page(0, 5, 4),
    gone,
    page(0, 5, 4),
    gone,
  ])
  assert.deepEqual(idsOf(await readAllBlocks(node)), all)
})

test('other errors are not waited out, and pages without end are no answer', async () => {
  const silent = new OperationError('node-unreachable', 'nobody answers', { retry: true })
  await assert.rejects(readAllBlocks(nodeOf([page(0, 5, 4), silent]).node), silent)
  await assert.rejects(readAllBlocks(nodeOf([page(0, 5, 4)]).node), { code: 'bad-answer' })
  await assert.rejects(readAllChildren(nodeOf([page(0, 5, 4)]).node, plantedId(0)), { code: 'bad-answer' })
})
