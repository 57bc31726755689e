// A judge and all who can tell it about blocks.

import type { NodeClient } from '../../node/client/rpc.ts'
import { BlobSource, type BlobSupplier } from '../../node/ethereum/blobs/blob-source.ts'
import type { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import type { Logger } from '../../node/log.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import { BlobHashes } from './evidence/blob-hashes.ts'
import { EndpointSource, type Logs } from './evidence/endpoint-source.ts'
import { Evidence, type Genesis } from './evidence/evidence.ts'
import { NodeSource } from './evidence/node-source.ts'
import { Judge } from './judge.ts'
import { Names } from './names.ts'
import type { StatesOptions } from './states.ts'

export type JudgeParts = {
  readonly rules: Rules
  readonly log: Logger
  /** Asked first, since it is the fastest. */
  readonly node?: NodeClient
  readonly logs?: readonly Logs[]
  /** Who may have the blobs of a block, given where Ethereum has it, which the logs tell. */
  readonly beacons?: readonly BlobSupplier[]
  /** Its owner stops it once nothing is judged or proved any more. */
  readonly kzg: Pick<KzgPool, 'hashes' | 'openings'>
  readonly genesis?: Genesis
  /** Learns the whole ids of blocks that were asked for by a part of them. */
  readonly names?: Names
}

export type JudgeOptions = StatesOptions & {
  /** For one answer of the node. Default 10,000. */
  readonly patienceMs?: number
}

export function openJudge(
  { rules, log, node, logs = [], beacons = [], kzg, genesis, names = new Names() }: JudgeParts,
  options: JudgeOptions = {},
): Judge {
  const blobs = new BlobHashes(kzg)
  const nodes = node === undefined ? [] : [new NodeSource(node, options.patienceMs)]
  const endpoints = logs.map((each) => {
    const finder = new BlobSource({ log, now: () => performance.now(), pool: blobs, suppliers: beacons })
    return new EndpointSource(each, finder)
  })
  const sources = [...nodes, ...endpoints]
  const evidence = new Evidence({ sources, log, blobs, names, ...(genesis === undefined ? {} : { genesis }) })
  return new Judge({ evidence, rules, log, kzg }, options)
}
