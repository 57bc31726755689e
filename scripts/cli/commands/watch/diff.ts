// ttx diff: the first step in which two rival blocks differ, what that means, and which of them is ahead.

import type { Command } from 'commander'
import { compareBlocks, type Difference } from '../../../../miner/watch/comparison.ts'
import { describeDoubt, rulesOf } from '../../../../miner/watch/judge.ts'
import { type Contender, findFork, type Lead, leadOf, type Place } from '../../../../miner/watch/rivalry.ts'
import { OperationError } from '../../../../node/errors.ts'
import { blockId, decodeSealed } from '../../../../node/protocol/header.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { BRANCH_SECONDS, MAX_DEPTH } from '../../../../node/protocol/rules.ts'
import { readAllBlocks, readAllChildren } from '../../../../node/rpc/all-blocks.ts'
import type { Result as RpcResult } from '../../../../node/rpc/api.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { type NodeLink, openNode } from '../../link.ts'
import { addSettings } from '../../setting-flags.ts'
import { describeFate, describeStep, stepData } from '../../step-words.ts'
import { formatMoment, formatSpan } from '../../time.ts'
import { parseBlockId } from './judging.ts'

type Block = RpcResult<'bridge_block'>
type Summary = RpcResult<'bridge_blocks'>['blocks'][number]

export function registerDiff(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('diff')
        .helpGroup(AUDIENCE.watch)
        .summary('in what two rival blocks differ')
        .description(
          'Compare two bridging blocks of rival branches: where the branches fork, the first step in which the blocks right above the fork differ, in words, what that difference means, which of them this node finds valid, and which is ahead in the race.',
        )
        .argument('<a>', 'id of a block, 0x and 64 hex digits', parseBlockId)
        .argument('<b>', 'id of another block', parseBlockId)
        .action(act(diff)),
      ['node'],
    ),
    `ttx diff 0x${'5'.repeat(64)} 0x${'6'.repeat(64)}`,
    `ttx diff 0x${'5'.repeat(64)} 0x${'6'.repeat(64)} --json`,
  )
}

async function diff(context: CliContext, a: Hash, b: Hash): Promise<Result> {
  const node = await openNode(context)
  const { status, blocks } = await readAllBlocks(node, context.signal)
  const now = status.ethereumTime ?? Math.floor(Date.now() / 1_000)
  const [blockA, blockB] = [await fetchBlock(context, node, a), await fetchBlock(context, node, b)]
  const known = new Map<Hash, Place>([...blocks, blockA, blockB].map((block) => [block.id, block]))
  const place = async (id: Hash) => known.get(id) ?? (await fetchBlock(context, node, id))
  const fork = await findFork(place, a, b, MAX_DEPTH)
  if (fork === undefined) throw tooFarApart(a, b)
  if (fork.aboveA === undefined || fork.aboveB === undefined) throw noRivals(a, b, fork.id)

  const of = async (id: Hash) => (id === a ? blockA : id === b ? blockB : await fetchBlock(context, node, id))
  const [rootA, rootB, parent] = [await of(fork.aboveA), await of(fork.aboveB), await of(fork.id)]
  const { common, stepsOfA, stepsOfB, difference } = compareBlocks(
    rulesOf(node.info),
    parent.queueCount,
    { steps: rootA.packedSteps, states: rootA.states },
    { steps: rootB.packedSteps, states: rootB.states },
  )
  const first = (await readAllChildren(node, fork.id, context.signal)).find(({ refuted }) => !refuted)
  const until = first === undefined ? Number.POSITIVE_INFINITY : first.publishedAt + Number(BRANCH_SECONDS)
  const isDecided = rootA.final || rootB.final || (status.final?.height ?? 0n) >= rootA.height
  const lead = leadOf(contenderOf(blockA, rootA), contenderOf(blockB, rootB), until, isDecided)
  const meaning = meaningOf(difference, { A: isWrong(rootA), B: isWrong(rootB) })
  const isDirect = rootA === blockA && rootB === blockB
  return {
    data: {
      node: status.state,
      fork: { id: fork.id, height: parent.height, isParent: isDirect },
      a: blockData(blockA, rootA, stepsOfA),
      b: blockData(blockB, rootB, stepsOfB),
      commonSteps: common,
      ...(difference.kind === 'none' ? {} : { firstDifference: common }),
      difference: differenceData(difference),
      meaning,
      race: lead,
    },
    text: formatTable([
      ...blockRows('A', blockA, now),
      ...blockRows('B', blockB, now),
      ['fork', isDirect ? `both stand on ${fork.id}` : `the branches fork above ${fork.id}, height ${parent.height}`],
      ...(isDirect ? [] : [['compared', `the blocks right above it: ${rootA.id} and ${rootB.id}`] as const]),
      ['steps', `${stepsOfA} in A, ${stepsOfB} in B, the first ${common} of them the same`],
      ...differenceRows(difference, common),
      ['means', meaning],
      ['race', describeLead(lead)],
      ...(status.state === 'live' ? [] : [['careful', describeDoubt(status)] as const]),
    ]),
  }
}

/** Checks that the node serves the block that was asked for. */
async function fetchBlock({ signal }: CliContext, node: NodeLink, id: Hash): Promise<Block> {
  const block = await node.call('bridge_block', { id }, signal)
  const sealed = decodeSealed(block.sealed)
  const { parent, height, queueCount } = sealed.header
  const isAsked = blockId(sealed) === id && block.id === id
  if (isAsked && block.parent === parent && block.height === height && block.queueCount === queueCount) return block
  throw new OperationError('bad-answer', `expected block ${id} from the node, got another one; ask another node`, {
    facts: { block: id },
  })
}

function contenderOf({ id, work, publishedAt, verdict, refuted }: Block, root: Summary): Contender {
  return { id, work, publishedAt, isRight: verdict === 'valid' && !refuted, hasWon: root.final }
}

function blockRows(name: string, block: Block, now: number): [string, string][] {
  const { id, height, work, miner, publishedAt } = block
  return [
    [name, `${id}, height ${height}, ${describeVerdict(block)}`],
    ['', `published ${formatMoment(publishedAt, now)} by ${miner}, ${work} hashes from genesis on`],
  ]
}

function describeVerdict({ refuted, verdict, problem, final, preferred }: Block): string {
  const why = problem === undefined ? '' : `: ${problem}`
  if (refuted) return `refuted${why}`
  if (verdict === 'invalid') return `INVALID${why}`
  if (verdict !== 'valid') return `${verdict === 'displaced' ? 'displaced' : 'not judged'}${why}`
  return final ? 'final' : preferred ? 'valid, on the branch that leads' : 'valid'
}

function blockData({ sealed: _, packedSteps: __, states: ___, ...block }: Block, root: Summary, steps: number) {
  return { ...block, compared: { id: root.id, steps } }
}

function differenceData(difference: Difference): object {
  if (difference.kind === 'none') return difference
  const { kind, a, b } = difference
  return {
    kind,
    ...(a ? { a: { ...a, reading: stepData(a.reading) } } : {}),
    ...(b ? { b: { ...b, reading: stepData(b.reading) } } : {}),
  }
}

function differenceRows(difference: Difference, step: number): [string, string][] {
  if (difference.kind === 'none') return []
  const { a, b } = difference
  const rows: [string, string][] = []
  for (const [name, side, other] of [
    ['A', a, 'B'],
    ['B', b, 'A'],
  ] as const) {
    rows.push([`step ${step}, ${name}`, side ? describeStep(side.reading) : 'there is no such step'])
    const fate = side && describeFate(side, other)
    if (difference.kind === 'state' && side?.state !== undefined) rows.push(['', `leads to the state ${side.state}`])
    if (fate !== undefined) rows.push(['', fate])
  }
  return rows
}

/** In plain words, what a person has to make of it. A block that is known to be wrong settles it, whatever the two disagree on. */
function meaningOf({ kind }: Difference, wrong: Readonly<Record<'A' | 'B', boolean>>): string {
  if (wrong.A && wrong.B) return 'both are wrong: nothing of either counts'
  if (!wrong.A && !wrong.B) return MEANINGS[kind]
  const [liar, other] = wrong.A ? ['A', 'B'] : ['B', 'A']
  return `${liar} is wrong, and nothing of it ever counts; ${other} is not known to be`
}

function isWrong({ verdict, refuted }: Summary): boolean {
  return verdict === 'invalid' || refuted
}

const MEANINGS: Readonly<Record<Difference['kind'], string>> = {
  none: 'the same steps and the same states: both move the same money, and only who is paid for the block differs',
  state: 'one step and two results: at least one of the two blocks is wrong; "ttx verify" says which',
  'double-spend': 'two spendings of the same money: only one of them can count, and the heavier branch decides which',
  order: 'the same transaction at another place: the order differs, and perhaps what stands between',
  'left-out': 'one of them has what the other leaves out: it can still come in a later block of that branch',
  'queue-later': 'one of them leaves a queue entry to a later block, which it may until the entry is an hour old',
  'void-or-applied':
    'they disagree on whether a forced transaction is valid: one of the two blocks is wrong; "ttx verify" says which',
  entry:
    'two entries at one place of the queue: the bridge publishes no such block, so this node does not tell the truth',
  shapeless: 'bytes that are no step: the bridge publishes no such block, so this node does not tell the truth',
}

/** Which of two blocks A and B is ahead, and why. */
function describeLead(lead: Lead): string {
  if (lead.ahead === 'neither') return NEITHER[lead.by]
  const [name, other] = lead.ahead === 'a' ? ['A', 'B'] : ['B', 'A']
  switch (lead.by) {
    case 'final':
      return `${name} has won: its branch is final`
    case 'life':
      return `${name} is ahead: ${other} is refuted, or this node does not find it valid, and so it has no say`
    case 'window':
      return `${name} is ahead: ${other} was published more than 22 hours after the first block of the race, and does not count`
    case 'work':
      return `${name} is ahead by ${lead.margin} hashes of work`
    case 'time':
      return `${name} is ahead: both branches hold the same work, and it was published ${formatSpan(Number(lead.margin))} earlier`
    case 'id':
      return `${name} is ahead: the same work in the same second, and it has the smaller id`
  }
}

const NEITHER: Readonly<Record<Extract<Lead, { ahead: 'neither' }>['by'], string>> = {
  final: 'neither can win: another branch is final',
  life: 'neither can win: this node finds none of the two valid, or both are refuted',
  window: 'neither counts: both were published more than 22 hours after the first block of the race',
}

function tooFarApart(a: Hash, b: Hash): OperationError {
  return new OperationError(
    'no-common-block',
    `expected two blocks whose branches meet at most ${MAX_DEPTH} blocks below, got ${a} and ${b}, which do not; no race goes deeper`,
    { facts: { a, b } },
  )
}

function noRivals(a: Hash, b: Hash, fork: Hash): OperationError {
  const relation = a === b ? 'the same block twice' : `block ${fork === a ? b : a}, which stands on block ${fork}`
  return new OperationError('no-rivals', `expected two rival blocks, got ${relation}; choose blocks of two branches`, {
    facts: { a, b },
  })
}
