// ttx wait: until a transaction has got to a stage.

import { type Command, Option } from 'commander'
import { type Progress, STAGES, type Stage, wait } from '../../../../node/client/wait.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openNode } from '../../link.ts'
import { parseInfohashArgument } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { formatUtc } from '../../time.ts'

export function registerWait(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('wait')
        .helpGroup(AUDIENCE.bridge)
        .summary('wait until a transaction has got to a stage')
        .description(
          'Wait until a payment, a bridge request or a deposit has got to a stage, through restarts of the node, and say what it waits for. It fails if that cannot come as things are: the transaction lost against another one, or nobody knows it.',
        )
        .argument('<infohash>', 'id of the transaction, 40 hex digits', parseInfohashArgument)
        .addOption(new Option('--until <stage>', 'how far').choices(STAGES).default('final'))
        .action(act(run)),
      ['node', 'deployment'],
    ),
    'ttx wait c12fe1c06bba254a9dc9f519b335aa7c1367a88a --until paid',
    'ttx wait c12fe1c06bba254a9dc9f519b335aa7c1367a88a --until ordered --json',
  )
}

async function run(context: CliContext, infohash: Infohash, { until }: { until: Stage }): Promise<Result> {
  const { signal, say } = context
  const node = await openNode(context)
  const { status, block, step } = await wait(node, infohash, {
    until,
    signal,
    onProgress: (progress) => say(describe(progress)),
  })
  return {
    data: { infohash, until, status, block, step },
    text: formatTable([
      ['infohash', infohash],
      ['reached', until === status ? until : `${until} (${status})`],
      ...(block === undefined ? [] : [['block', `${block}, step ${step}`] as const]),
    ]),
  }
}

function describe({ status, waitingFor, earliest, latest, away }: Progress): string {
  if (away !== undefined) return `the node is away: ${away}`
  const from = earliest === undefined ? '' : `, at the earliest ${formatUtc(earliest)}`
  const to = latest === undefined || latest === earliest ? '' : `, at the latest ${formatUtc(latest)}`
  return `${status}: waits for ${waitingFor}${from}${to}`
}
