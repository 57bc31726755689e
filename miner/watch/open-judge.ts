// A judge and all who can tell it about blocks.

import type { NodeClient } from '../../node/client/rpc.ts'
import type { Logger } from '../../node/log.ts'
import type { Rules } from '../../node/protocol/rules.ts'
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
  readonly genesis?: Genesis
  /** Learns the whole ids of blocks that were asked for by a part of them. */
  readonly names?: Names
}

export type JudgeOptions = StatesOptions & {
  /** For one answer of the node. Default 10,000. */
  readonly patienceMs?: number
}

export function openJudge(
  { rules, log, node, logs = [], genesis, names = new Names() }: JudgeParts,
  options: JudgeOptions = {},
): Judge {
  const nodes = node === undefined ? [] : [new NodeSource(node, options.patienceMs)]
  const sources = [...nodes, ...logs.map((each) => new EndpointSource(each))]
  const evidence = new Evidence({ sources, log, names, ...(genesis === undefined ? {} : { genesis }) })
  return new Judge({ evidence, rules, log }, options)
}
