// ttx refute: kills one wrong block.

import type { Command } from 'commander'
import type { Judgement } from '../../../../miner/watch/judge.ts'
import { type Prepared, sendRefutation, tryRefutation } from '../../../../miner/watch/refuter.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Refutation } from '../../../../node/ethereum/refute-call.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openDefender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'
import { type Court, openCourt, openJudgeAt, requireReaders } from './court.ts'
import { describeJudgement, judgeAt, parseBlockId, wordsOf } from './judging.ts'

type Invalid = Extract<Judgement, { verdict: 'invalid' }>

export function registerRefute(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('refute')
        .helpGroup(AUDIENCE.watch)
        .summary('kill a wrong block')
        .description(
          'Replay a bridging block, and kill it by a proof of its first wrong step, which the wallet pays for; half of the bond of its publisher is the reward. A right block is left alone. A block that somebody else has killed is a success.',
        )
        .argument('<block>', 'id of the block, 0x and 64 hex digits', parseBlockId)
        .option('--dry-run', 'try it out without a wallet: show calldata, gas and reward, and send nothing')
        .action(act(refute)),
      ['node', 'ethereum', 'beacon', 'deployment', 'maxGasPrice', 'confirmations', 'pollMs'],
    ),
    `ttx refute 0x${'5'.repeat(64)} --dry-run`,
    `ttx refute 0x${'5'.repeat(64)} --wallet watcher`,
  )
}

async function refute(context: CliContext, id: Hash, { dryRun = false }: { dryRun?: boolean }): Promise<Result> {
  const { signal } = context
  await using court = await openCourt(context)
  const judge = openJudgeAt(court, context)
  const judgement = await judgeAt(court, judge, id, signal)
  if (judgement.verdict !== 'invalid') throw notWrong(id, judgement)
  if (!dryRun) return await send(context, court, id, judgement, await judge.prove(id, signal))
  const prepared = await tryRefutation(requireReaders(court), id, await judge.prove(id, signal))
  return prepared === undefined ? dead(id, judgement) : tried(id, judgement, prepared)
}

async function send(
  context: CliContext,
  court: Court,
  id: Hash,
  judgement: Invalid,
  refutation: Refutation,
): Promise<Result> {
  await using sending = await openDefender(context, court.rules)
  const { sender } = sending
  const prepared = await tryRefutation([sender.ethereum], id, refutation)
  if (prepared === undefined) return dead(id, judgement)
  const kill = await sendRefutation(sender, id, prepared.call, context)
  if (kill.by === 'others') return dead(id, judgement)
  const { hash, gasUsed } = kill.receipt
  const { reward } = prepared
  return {
    data: { ...dataOf(id, judgement), refuted: true, by: 'us', transaction: hash, gas: gasUsed, reward },
    text: formatTable([
      ['block', id],
      ...describeJudgement(judgement),
      ['killed by', hash],
      ['gas', `${gasUsed}`],
      ['reward', `${reward} wei`],
    ]),
  }
}

function tried(id: Hash, judgement: Invalid, { call, gas, reward }: Prepared): Result {
  return {
    data: { ...dataOf(id, judgement), refuted: false, dryRun: true, gas, gasLimit: call.gas, reward, data: call.data },
    text: formatTable([
      ['block', id],
      ...describeJudgement(judgement),
      ['would', 'kill the block; nothing was sent'],
      ['gas', `${gas} (limit ${call.gas})`],
      ['reward', `${reward} wei`],
      ['calldata', call.data],
    ]),
  }
}

function dead(id: Hash, judgement: Invalid): Result {
  return {
    data: { ...dataOf(id, judgement), refuted: true, by: 'others' },
    text: formatTable([
      ['block', id],
      ...describeJudgement(judgement),
      ['dead', 'since before this command: by somebody else, or by an earlier one of yours'],
    ]),
  }
}

function dataOf(block: Hash, judgement: Invalid) {
  const { step, problem } = judgement
  return { block, step, problem, ...wordsOf(judgement) }
}

function notWrong(id: Hash, judgement: Exclude<Judgement, Invalid>): OperationError {
  const [[, verdict] = ['', '']] = describeJudgement(judgement)
  return new OperationError('nothing-to-refute', `expected a wrong block on a right one, got block ${id}: ${verdict}`, {
    facts: { block: id, verdict: judgement.verdict },
  })
}
