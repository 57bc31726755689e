// One plain line a minute in the log of a node: whoever looks at it sees that it lives, and how far it is.

import type { Logger } from './log.ts'
import type { Result } from './rpc/api.ts'

type Status = Omit<Result<'node_status'>, 'diskBytes'>

const EVERY_MS = 60_000
/** A chain makes a block in twelve seconds; what is further behind than some of them is worth a word. */
const BEHIND_SECONDS = 60

/** Until it is disposed of. What `status` throws is a minute without a line. */
export class Pulse implements Disposable {
  readonly #timer: NodeJS.Timeout

  /** `changes`: what else has changed since the last line, if anything. */
  constructor(log: Logger, status: () => Status, changes: () => string | undefined = () => undefined) {
    this.#timer = setInterval(() => {
      if (!log.isLevelEnabled('info')) return
      try {
        log.info(describePulse(status()))
        const changed = changes()
        if (changed !== undefined) log.info(changed)
      } catch {
        // It is a look at the node, and no part of its work.
      }
    }, EVERY_MS)
    this.#timer.unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** As in `in step with 1 of 2 peers, Ethereum block 123 (4 s behind), height 7, final 5, 3 transactions wait`. */
export function describePulse({ bridge, behind, peers, transactions, sync, past }: Status): string {
  const { unordered, waiting } = transactions
  return [
    ...(sync === undefined ? [] : [describeSync(sync)]),
    describePeers(peers),
    ...describeBridge(bridge, behind),
    `${unordered} in no block`,
    ...(waiting === 0 ? [] : [`${waiting} without ancestors`]),
    ...(past?.state === 'replaying' ? [`${past.replayed} of ${past.height} blocks of the past replayed`] : []),
  ].join(', ')
}

function describePeers({ outgoing, incoming, inStep, otherBranch }: Status['peers']): string {
  const connected = outgoing + incoming
  if (connected === 0) return 'no peers'
  const away = otherBranch === 0 ? '' : ` (${otherBranch} on another branch)`
  return `in step with ${inStep} of ${connected} ${connected === 1 ? 'peer' : 'peers'}${away}`
}

/** As in `syncing: 1200 of 100000 payments from 4 peers, 2300 a second`. */
function describeSync({ payments, of, peers, perSecond }: NonNullable<Status['sync']>): string {
  return `syncing: ${payments} of ${of} payments from ${peers} ${peers === 1 ? 'peer' : 'peers'}, ${perSecond} a second`
}

function describeBridge(bridge: Status['bridge'], behind: Status['behind']): string[] {
  const { state, ethereumBlock, tip, final } = bridge
  if (state === 'off') return ['no Ethereum']
  if (ethereumBlock === undefined) return ['Ethereum not read yet']
  const lag =
    behind === undefined || (behind.blocks === 0n && behind.seconds < BEHIND_SECONDS)
      ? ''
      : ` (${behind.blocks > 0n ? `${behind.blocks} blocks, ` : ''}${behind.seconds} s behind)`
  const doubt = { live: [], syncing: ['reading'], unknown: ['cannot see Ethereum now'], dead: ['the bridge is dead'] }
  return [
    `Ethereum block ${ethereumBlock}${lag}`,
    ...doubt[state],
    `height ${tip?.height ?? 0}`,
    `final ${final?.height ?? 0}`,
  ]
}
