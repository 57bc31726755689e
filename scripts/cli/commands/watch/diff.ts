// ttx diff: the first step in which two rival blocks differ, what that means, and which of them is ahead.

import type { Command } from 'commander'
import { compareBlocks, type Difference } from '../../../../miner/watch/comparison.ts'
import type { PostedBlock } from '../../../../miner/watch/evidence/source.ts'
import type { Judgement } from '../../../../miner/watch/judge.ts'
import { type Contender, findFork, type Lead, leadOf, type Place } from '../../../../miner/watch/rivalry.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { describeProblem } from '../../../../node/protocol/problems.ts'
import { countsOf } from '../../../../node/protocol/queue.ts'
import { BRANCH_SECONDS, MAX_DEPTH } from '../../../../node/protocol/rules.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { addSettings } from '../../setting-flags.ts'
import { describeFate, describeStep, stepData } from '../../step-words.ts'
import { clockRows, formatMoment, formatSpan } from '../../time.ts'
import { openCourt, openJudgeAt } from './court.ts'
import { judgeAt, parseBlockId } from './judging.ts'
import { readStandings, type Standing } from './standings.ts'

type Seen = {
  readonly id: Hash
  readonly block: PostedBlock
  readonly standing: Standing
  /** Our own. */
  readonly verdict: 'valid' | 'invalid' | 'unknown'
  readonly problem?: string
}

export function registerDiff(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('diff')
        .helpGroup(AUDIENCE.watch)
        .summary('in what two rival blocks differ')
        .description(
          'Compare two bridging blocks of rival branches: where the branches fork, the first step in which the blocks right above the fork differ, in words, what that difference means, which of them a replay here finds valid, and which is ahead in the race. Which is ahead is read from the contract where --ethereum names an endpoint, else from the node.',
        )
        .argument('<a>', 'id of a block, 0x and 64 hex digits', parseBlockId)
        .argument('<b>', 'id of another block', parseBlockId)
        .action(act(diff)),
      ['node', 'ethereum', 'beacon', 'deployment'],
    ),
    `ttx diff 0x${'5'.repeat(64)} 0x${'6'.repeat(64)}`,
    `ttx diff 0x${'5'.repeat(64)} 0x${'6'.repeat(64)} --json`,
  )
}

async function diff(context: CliContext, a: Hash, b: Hash): Promise<Result> {
  const { signal } = context
  await using court = await openCourt(context)
  const judge = openJudgeAt(court, context)
  const posted = (id: Hash) => judge.posted(id, signal)
  const fork = await findFork(async (id) => placeOf(id, await posted(id)), a, b, MAX_DEPTH)
  if (fork === undefined) throw tooFarApart(a, b)
  const { aboveA, aboveB } = fork
  if (aboveA === undefined || aboveB === undefined) throw noRivals(a, b, fork.id)

  const ids = [a, b, aboveA, aboveB] as const
  const { blocks, final, firstAt, now, doubt } = await readStandings(court, fork.id, ids, signal)
  const seen: Seen[] = []
  for (const [i, id] of ids.entries()) {
    const standing = blocks[i]
    if (standing === undefined) throw new RangeError('each block has a standing')
    const judgement = await judgeAt(court, judge, id, signal)
    seen.push({ id, block: await posted(id), standing, ...verdictOf(judgement) })
  }
  const [blockA, blockB, rootA, rootB] = seen
  if (!blockA || !blockB || !rootA || !rootB) throw new RangeError('four blocks were asked for')
  const { header: below } = (await posted(fork.id)).sealed
  const [wholeA, wholeB] = [await judge.whole(aboveA, signal), await judge.whole(aboveB, signal)]
  const { common, stepsOfA, stepsOfB, difference } = compareBlocks(court.rules, below.lanes, wholeA, wholeB)
  const until = firstAt === undefined ? Number.POSITIVE_INFINITY : firstAt + Number(BRANCH_SECONDS)
  const height = final === undefined ? 0n : (await posted(final)).sealed.header.height
  const isDecided = rootA.standing.final || rootB.standing.final || height >= rootA.block.sealed.header.height
  const lead = leadOf(contenderOf(blockA, rootA), contenderOf(blockB, rootB), until, isDecided)
  const meaning = meaningOf(difference, { A: isWrong(rootA), B: isWrong(rootB) })
  const isDirect = aboveA === a && aboveB === b
  return {
    data: {
      fork: { id: fork.id, height: below.height, isParent: isDirect },
      a: blockData(blockA, rootA, stepsOfA),
      b: blockData(blockB, rootB, stepsOfB),
      commonSteps: common,
      ...(difference.kind === 'none' ? {} : { firstDifference: common }),
      difference: differenceData(difference),
      meaning,
      race: lead,
      ...(doubt === undefined ? {} : { doubt }),
    },
    text: formatTable([
      ...blockRows('A', blockA, now),
      ...blockRows('B', blockB, now),
      ['fork', isDirect ? `both build on ${fork.id}` : `the branches fork above ${fork.id}, height ${below.height}`],
      ...(isDirect ? [] : [['compared', `the blocks right above it: ${aboveA} and ${aboveB}`] as const]),
      ['steps', `${stepsOfA} in A, ${stepsOfB} in B, the first ${common} of them the same`],
      ...differenceRows(difference, common),
      ['means', meaning],
      ['race', describeLead(lead)],
      ...clockRows(now, Math.floor(Date.now() / 1_000)),
      ...(doubt === undefined ? [] : [['careful', doubt] as const]),
    ]),
  }
}

function placeOf(id: Hash, { sealed }: PostedBlock): Place {
  const { parent, height } = sealed.header
  return { id, parent, height }
}

function verdictOf(judgement: Judgement): Pick<Seen, 'verdict' | 'problem'> {
  switch (judgement.verdict) {
    case 'valid':
      return { verdict: 'valid' }
    case 'invalid':
      return { verdict: 'invalid', problem: describeProblem(judgement.step, judgement.problem) }
    case 'doomed':
      return { verdict: 'invalid', problem: `builds on the wrong block ${judgement.by}` }
    case 'unknown':
      return { verdict: 'unknown', problem: judgement.why }
  }
}

function contenderOf({ id, standing, verdict }: Seen, root: Seen): Contender {
  const { work, publishedAt, refuted } = standing
  return { id, work, publishedAt, isRight: verdict === 'valid' && !refuted, hasWon: root.standing.final }
}

function blockRows(name: string, seen: Seen, now: number): [string, string][] {
  const { header, seal } = seen.block.sealed
  const { work, publishedAt } = seen.standing
  return [
    [name, `${seen.id}, height ${header.height}, ${describeVerdict(seen)}`],
    ['', `published ${formatMoment(publishedAt, now)} by ${seal.miner}, ${work} hashes from genesis on`],
  ]
}

function describeVerdict({ standing, verdict, problem }: Seen): string {
  const why = problem === undefined ? '' : `: ${problem}`
  if (standing.refuted) return `refuted${why}`
  if (verdict !== 'valid') return `${verdict === 'invalid' ? 'INVALID' : 'not judged'}${why}`
  return standing.final ? 'final' : standing.preferred ? 'valid, on the branch that leads' : 'valid'
}

function blockData({ id, block, standing, verdict, problem }: Seen, root: Seen, steps: number) {
  const { parent, height, target, state, stepCount, lanes } = block.sealed.header
  const { publishedAt, work, refuted, final, preferred } = standing
  return {
    ...{
      id,
      parent,
      height,
      miner: block.sealed.seal.miner,
      target,
      work,
      state,
      steps: stepCount,
      lanes: countsOf(lanes),
    },
    ...{ publishedAt, verdict, ...(problem === undefined ? {} : { problem }), refuted, final },
    ...(preferred === undefined ? {} : { preferred }),
    compared: { id: root.id, steps },
  }
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
  if (wrong.A && wrong.B) return 'both are wrong: neither counts'
  if (!wrong.A && !wrong.B) return MEANINGS[kind]
  const [liar, other] = wrong.A ? ['A', 'B'] : ['B', 'A']
  return `${liar} is wrong, and nothing of it ever counts; ${other} is not known to be`
}

function isWrong({ verdict, standing }: Seen): boolean {
  return verdict === 'invalid' || standing.refuted
}

const MEANINGS: Readonly<Record<Difference['kind'], string>> = {
  none: 'the same steps and the same states: both move the same money, and only who is paid for the block differs',
  state: 'one step and two results: at least one of the two blocks is wrong; "ttx verify" says which',
  'double-spend': 'two spendings of the same money: only one of them can count, and the heavier branch decides which',
  order: 'the same transaction at another place: the order differs, and perhaps what is in between',
  'left-out': 'one of them has what the other leaves out: it can still come in a later block of that branch',
  'queue-later': 'one of them leaves a queue entry to a later block, which it may until the entry is an hour old',
  'void-or-applied':
    'they disagree on whether a forced transaction is valid: one of the two blocks is wrong; "ttx verify" says which',
  entry:
    'two entries at one place of the queue: a block in calldata is not published with a wrong one, and one in blobs is wrong; "ttx verify" says which',
  shapeless:
    'bytes that are not a step: a block in calldata is not published with them, and one in blobs is wrong; "ttx verify" says which',
}

/** Which of two blocks A and B is ahead, and why. */
function describeLead(lead: Lead): string {
  if (lead.ahead === 'neither') return NEITHER[lead.by]
  const [name, other] = lead.ahead === 'a' ? ['A', 'B'] : ['B', 'A']
  switch (lead.by) {
    case 'final':
      return `${name} has won: its branch is final`
    case 'life':
      return `${name} is ahead: ${other} is refuted, or was not found valid, and so it has no say`
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
  life: 'neither can win: none of the two was found valid, or both are refuted',
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
  const relation = a === b ? 'the same block twice' : `block ${fork === a ? b : a}, which builds on block ${fork}`
  return new OperationError('no-rivals', `expected two rival blocks, got ${relation}; choose blocks of two branches`, {
    facts: { a, b },
  })
}
