// What the person who runs a devnet decides about it.

import type { RowsChoice } from '../../miner/rows-choice.ts'
import type { LogLevel } from '../../node/log.ts'

type DevnetPorts = {
  readonly ethereum: number
  readonly rpc: number
  /** Of the first node, for wallets that know Ethereum only. */
  readonly ethereumRpc: number
  readonly listen: number
  readonly peerRpc: number
  readonly peerListen: number
}

export type DevnetOptions = {
  /** Absolute. */
  readonly data: string
  readonly ports: DevnetPorts
  /** A development chain that runs already, instead of one of its own. */
  readonly ethereum?: string
  /** Seconds between blocks of Ethereum in which nothing happens. */
  readonly blockSeconds: number
  /** How often each process looks at Ethereum. */
  readonly pollMs: number
  readonly logLevel: LogLevel
  readonly logJson: boolean
  /** Without one of its own, blocks come from miners that somebody runs beside it. */
  readonly miner: boolean
  /** Where its miner posts the rows of blocks. */
  readonly rows: RowsChoice
  /** Without one of its own, wrong blocks live until somebody else kills them. */
  readonly watcher: boolean
  /** Called once the folder is ours and before anything runs. */
  readonly beforeStart?: () => Promise<void>
}
