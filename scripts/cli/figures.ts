// Which figures the processes of a miner, a relayer and a watcher show, and when each is ready.

import { accountFigures, type DefenceCost, EMPTY_BLOCK, REFUTATION } from '../../miner/figures/account-figures.ts'
import { AccountWatch } from '../../miner/figures/account-watch.ts'
import { MINER_FIGURES } from '../../miner/figures/miner-figures.ts'
import { RELAYER_FIGURES } from '../../miner/figures/relayer-figures.ts'
import { WATCHER_FIGURES } from '../../miner/figures/watcher-figures.ts'
import type { Miner } from '../../miner/miner.ts'
import type { NetworkRateWatch } from '../../miner/network-rate.ts'
import type { Relayer } from '../../miner/relayer.ts'
import type { Watcher } from '../../miner/watch/watcher.ts'
import type { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import type { Logger } from '../../node/log.ts'
import type { Metrics } from '../../node/metrics/metrics.ts'
import { Verdicts } from '../../node/metrics/verdicts.ts'
import { problemOf } from './metrics.ts'

type Sends = { readonly sender: TransactionSender; readonly log: Logger }

export function showMiner(
  metrics: Metrics,
  { miner, network, ...sends }: Sends & { readonly miner: Miner; readonly network: Pick<NetworkRateWatch, 'rate'> },
): AsyncDisposable {
  metrics.started(() => {
    const { state, problem } = miner.status()
    return state === 'blocked' || state === 'starting' ? problemOf(problem ?? `it is ${state}`) : []
  })
  metrics.add(() => ({ status: miner.status(), network: network.rate }), MINER_FIGURES)
  return watchAccount(metrics, sends, EMPTY_BLOCK)
}

export function showRelayer(
  metrics: Metrics,
  { relayer, ...sends }: Sends & { readonly relayer: Relayer },
): AsyncDisposable {
  metrics.started(() => problemOf(relayer.status().problem))
  metrics.add(() => relayer.status(), RELAYER_FIGURES)
  return watchAccount(metrics, sends)
}

/** Without a sender it only looks. */
export function showWatcher(
  metrics: Metrics,
  {
    watcher,
    sender,
    log,
  }: Omit<Sends, 'sender'> & { readonly watcher: Watcher; readonly sender: Sends['sender'] | undefined },
): AsyncDisposable | undefined {
  metrics.started(() => {
    const { state, problem } = watcher.status()
    return state === 'watching' ? problemOf(problem) : problemOf(problem ?? `it is ${state}`)
  })
  metrics.add(() => ({ status: watcher.status(), nowMs: Date.now() }), WATCHER_FIGURES)
  return sender && watchAccount(metrics, { sender, log }, REFUTATION)
}

/** Those of a watcher. */
export function verdictsIn({ registry }: Metrics): Verdicts {
  return new Verdicts(registry)
}

function watchAccount(metrics: Metrics, { sender, log }: Sends, cost?: DefenceCost): AsyncDisposable {
  const watch = new AccountWatch({ ethereum: sender.ethereum, log, rounds: metrics.rounds })
  metrics.add(() => watch, accountFigures(cost))
  watch.start()
  return watch
}
