// ttx block: bridging blocks: which there are, what is in them, when they become final.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { readAllBlocks, readHistory } from '../../../../node/client/all-blocks.ts'
import type { AnyId } from '../../../../node/client/any-id.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { describeLoss } from '../../../../node/protocol/problems.ts'
import { LANES } from '../../../../node/protocol/queue.ts'
import { decodeStep, splitSteps } from '../../../../node/protocol/step.ts'
import type { Result as RpcResult } from '../../../../node/rpc/api.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { describeMoney, describeState, formatBlocks } from '../../block-words.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { writeNew } from '../../files.ts'
import { BLOCK_HELP, parseIdOf } from '../../ids/id-argument.ts'
import { blockOf } from '../../ids/named.ts'
import { type NodeLink, openNode } from '../../link.ts'
import { showWhile } from '../../live-line.ts'
import { addSettings } from '../../setting-flags.ts'
import { clockRows, formatMoment } from '../../time.ts'

type Summary = RpcResult<'bridge_blocks'>['blocks'][number]
type ListFlags = { readonly from?: bigint; readonly all?: boolean }

export function registerBlock(program: Command, act: Act): void {
  const block = program
    .command('block')
    .helpGroup(AUDIENCE.watch)
    .summary('bridging blocks: list, show')
    .description(
      'Bridging blocks as this node judges them: it replays each one that Ethereum has, and says what is wrong with a wrong one.',
    )
  addExamples(block, 'ttx block list', `ttx block show 0x${'5'.repeat(64)}`)
  addExamples(
    addSettings(
      block
        .command('list')
        .summary('the last final block and all above it')
        .description(
          'List the last final block and all blocks above it, by height, with what this node makes of each, when and by whom it was published, and the money that it moves. Wrong and refuted blocks are at their height. --from and --all go further back, as far as this node knows.',
        )
        .option('--from <height>', 'all blocks from this height on', parseHeight)
        .option('--all', 'all blocks since this node began')
        .action(act(list)),
      ['node', 'deployment'],
    ),
    'ttx block list --from 20',
    'ttx block list --all --json',
  )
  addExamples(
    addSettings(
      block
        .command('show')
        .summary('one block')
        .description('Show a bridging block: its header, its steps, and when it becomes final.')
        .argument('<id>', BLOCK_HELP, parseIdOf('block'))
        .option('--save <folder>', 'also write the files of its torrent, and its sealed header, into a new folder')
        .action(act(show)),
      ['node', 'deployment', 'ethereum'],
    ),
    `ttx block show 0x${'5'.repeat(64)}`,
    `ttx block show 0x${'5'.repeat(64)} --save block-5`,
  )
}

async function list(context: CliContext, { from, all = false }: ListFlags): Promise<Result> {
  const node = await openNode(context)
  const start = from ?? (all ? 0n : undefined)
  const { signal } = context
  const { status, blocks } = await showWhile(
    context.shell,
    'the node tells of its blocks',
    start === undefined ? readAllBlocks(node, signal) : readHistory(node, start, signal),
  )
  const localNow = Math.floor(Date.now() / 1_000)
  // Siblings stay in the order in which they were published.
  const inOrder = blocks.toSorted((a, b) => (a.height < b.height ? -1 : a.height > b.height ? 1 : 0))
  const problem = status.problem === undefined ? '' : `: ${status.problem}`
  const head = `bridge: ${status.state}${problem}`
  const clock = clockRows(status.ethereumTime, localNow).map(([name, words]) => `${name}: ${words}`)
  const lines = formatBlocks(inOrder, status.ethereumTime ?? localNow)
  return { data: { status, blocks: inOrder }, text: [head, ...lines, ...clock].join('\n') }
}

async function show(context: CliContext, named: AnyId, { save }: { save?: string }): Promise<Result> {
  const node = await openNode(context)
  const id = await blockOf(context, node, named)
  const shown = await showBlock(context, node, id)
  if (save !== undefined) await saveBlock(context, id, shown.sealed, save)
  return shown
}

/** Throws `OperationError('unknown-block')`. */
export async function showBlock(
  { signal }: CliContext,
  node: NodeLink,
  id: Hash,
): Promise<Result & { readonly sealed: Uint8Array }> {
  const {
    sealed,
    packedSteps,
    states: _states,
    entries: _entries,
    requestRecords: _records,
    ...block
  } = await node.call('bridge_block', { id }, signal)
  const { ethereumTime } = node.info.bridge
  const localNow = Math.floor(Date.now() / 1_000)
  const now = ethereumTime ?? localNow
  const kinds = splitSteps(packedSteps).map((step) => decodeStep(step)?.kind ?? 'malformed')
  return {
    sealed,
    data: { ...block, sealed: `0x${Buffer.from(sealed).toString('hex')}`, kinds },
    text: formatTable([
      ['block', id],
      ['height', `${block.height}`],
      ['parent', block.parent],
      ['state', describeState(block, now)],
      ...(block.wrong === undefined ? [] : [['loss', describeLoss(block.wrong.code)] as const]),
      ['miner', block.miner],
      ['published', formatMoment(block.publishedAt, now)],
      ['steps', stepWords(block, kinds)],
      ['rows', describeRows(block)],
      ['requests', `${block.requests}`],
      ['money', describeMoney(block)],
      ['queue after', LANES.map((lane) => `${block.lanes[lane]} ${lane}`).join(', ')],
      ['state root', block.state],
      ['torrent', block.torrent ?? 'none: it is the block with which the node began'],
      ...clockRows(ethereumTime, localNow),
    ]),
  }
}

async function saveBlock(context: CliContext, id: Hash, sealed: Uint8Array, folder: string): Promise<void> {
  const node = await openNode(context)
  const { files } = await node.call('bridge_files', { id }, context.signal)
  await mkdir(folder).catch((cause) => {
    throw new OperationError(
      'file-not-written',
      `expected to make the folder ${folder}, got ${cause instanceof Error ? cause.message : String(cause)}; choose another name`,
      { facts: { folder }, cause },
    )
  })
  await writeNew(join(folder, 'sealed-header.bin'), sealed)
  for (const { name, bytes } of files) await writeNew(join(folder, name), bytes)
}

/** Where the steps of a block and the states after them were posted on Ethereum. */
function describeRows({ blobs }: Pick<Summary, 'blobs'>): string {
  if (blobs === 0) return 'in calldata'
  return blobs === 1 ? 'in 1 blob' : `in ${blobs} blobs`
}

/** Of a block in blobs the node tells the steps once it has found it right. */
function stepWords({ steps, blobs, verdict }: Summary, kinds: readonly string[]): string {
  const isUntold = blobs > 0 && verdict !== 'valid' && kinds.length === 0
  return isUntold ? `${steps}` : `${steps} (${summary(kinds)})`
}

function summary(kinds: readonly string[]): string {
  const counts = Object.entries(Object.groupBy(kinds, (kind) => kind)).map(([kind, all]) => `${all?.length} ${kind}`)
  return counts.length === 0 ? 'empty' : counts.join(', ')
}

function parseHeight(text: string): bigint {
  if (/^[0-9]{1,15}$/.test(text)) return BigInt(text)
  throw new InvalidArgumentError(`Expected the height of a block, as in 20; got ${JSON.stringify(text.slice(0, 40))}.`)
}
