// ttx relay: claims what is payable for its recipients, until Ctrl-C.

import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Relayer } from '../../../../miner/relayer.ts'
import { formatAmount } from '../../../../node/client/amount.ts'
import type { Logger } from '../../../../node/log.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable } from '../../context.ts'
import { openMetrics } from '../../metrics.ts'
import { addSettings } from '../../setting-flags.ts'

const TELL_MS = 1_000

export function registerRelay(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('relay')
        .helpGroup(AUDIENCE.mine)
        .summary('claim matured requests for their recipients')
        .description(
          'Run a relayer until Ctrl-C: whenever a block is final, it claims the requests in it for their recipients, many in one transaction. The recipients get the wTTX, the wallet pays the gas: a service, not a business.',
        )
        .action(act(run)),
      ['node', 'deployment', 'ethereum', 'courtesy', 'maxGasPrice', 'confirmations', 'pollMs', 'metrics'],
    ),
    'ttx relay --wallet relayer',
  )
}

async function run(context: CliContext): Promise<undefined> {
  const { settings, log, signal } = context
  const { courtesy, pollMs } = settings
  // Loaded only here: other commands start sooner without it.
  const [{ Relayer }, { openSender }, figures] = await Promise.all([
    import('../../../../miner/relayer.ts'),
    import('../../sender.ts'),
    import('../../figures.ts'),
  ])
  await using sending = await openSender(context)
  const { sender, node } = sending
  const options = { pollMs, courtesyMs: 1_000 * courtesy }
  await using stack = new AsyncDisposableStack()
  const metrics = stack.use(await openMetrics(context, 'relay'))
  const turning = metrics === undefined ? {} : { rounds: metrics.rounds }
  await using relayer = new Relayer({ log, now: Date.now, random: Math.random, node, sender, ...turning }, options)
  await relayer.start()
  if (metrics !== undefined) stack.use(figures.showRelayer(metrics, { relayer, sender, log }))
  context.say(
    formatTable([
      ['account', sender.ethereum.account],
      ['node', node.url],
      ['Ethereum', sender.ethereum.name],
    ]),
  )
  await tell(relayer, log, signal)
  return undefined
}

async function tell(relayer: Relayer, log: Logger, signal: AbortSignal): Promise<void> {
  let told = ''
  while (!signal.aborted) {
    const { claimed, paid, waiting, problem, reason } = relayer.status()
    const line = `${claimed} ${waiting} ${problem ?? ''}`
    if (line !== told) log.info({ claimed, paid: formatAmount(paid), waiting }, problem ?? reason)
    told = line
    await delay(TELL_MS, undefined, { signal }).catch(() => undefined)
  }
}
