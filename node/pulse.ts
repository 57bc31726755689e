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

  constructor(log: Logger, status: () => Status) {
    this.#timer = setInterval(() => {
      if (!log.isLevelEnabled('info')) return
      try {
        log.info(describePulse(status()))
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

/** As in `2 peers, Ethereum block 123 (4 s behind), height 7, final 5, 3 transactions wait`. */
export function describePulse({ bridge, behind, peers, transactions, sync }: Status): string {
  const connected = peers.outgoing + peers.incoming
  const { unordered, waiting } = transactions
  return [
    ...(sync === undefined ? [] : [describeSync(sync)]),
    `${connected} ${connected === 1 ? 'peer' : 'peers'}`,
    ...describeBridge(bridge, behind),
    `${unordered} in no block`,
    ...(waiting === 0 ? [] : [`${waiting} without ancestors`]),
  ].join(', ')
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
