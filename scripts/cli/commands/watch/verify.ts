// ttx verify: replays one bridging block here, and says what is wrong with a wrong one.

import type { Command } from 'commander'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { addSettings } from '../../setting-flags.ts'
import { openCourt, openJudgeAt } from './court.ts'
import { describeJudgement, judgeAt, parseBlockId, wordsOf } from './judging.ts'

export function registerVerify(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('verify')
        .helpGroup(AUDIENCE.watch)
        .summary('replay a block and say whether it is right')
        .description(
          'Replay a bridging block on the state of its parent, apart from the replay of the node: valid, or invalid at a step, with the reason and the state that the block states beside the one it should. What the node does not serve is read from the endpoints of --ethereum, and with --deployment it needs no node at all. It needs no key, and sends nothing.',
        )
        .argument('<block>', 'id of the block, 0x and 64 hex digits', parseBlockId)
        .action(act(verify)),
      ['node', 'ethereum', 'beacon', 'deployment'],
    ),
    `ttx verify 0x${'5'.repeat(64)}`,
    `ttx verify 0x${'5'.repeat(64)} --json`,
    `ttx verify 0x${'5'.repeat(64)} --deployment net.json --ethereum https://eth.example.org`,
  )
}

async function verify(context: CliContext, id: Hash): Promise<Result> {
  await using court = await openCourt(context)
  const judgement = await judgeAt(court, openJudgeAt(court, context), id, context.signal)
  return {
    data: { block: id, ...judgement, ...wordsOf(judgement) },
    text: formatTable([['block', id], ...describeJudgement(judgement)]),
  }
}
