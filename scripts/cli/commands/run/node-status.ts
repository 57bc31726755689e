// ttx node status: how a running node does.

import type { Command } from 'commander'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openNode } from '../../link.ts'
import { networkData, networkRow } from '../../moving/agree.ts'
import { addSettings } from '../../setting-flags.ts'
import { statusRows, troubleRows, troublesOf } from './node-words.ts'

export function registerNodeStatus(node: Command, act: Act): void {
  addExamples(
    addSettings(
      node
        .command('status')
        .summary('how a running node does')
        .description(
          'Ask the node of the data folder, or that of --node, how it does: version and network, how long it is up, peers, how far it follows Ethereum and how each endpoint answers, height and final height, transactions, disk and memory; and say what is wrong and what helps.',
        )
        .action(act(status)),
      ['node', 'deployment'],
    ),
    'ttx node status',
    'ttx node status --node http://127.0.0.1:7650 --json',
  )
}

async function status(context: CliContext): Promise<Result> {
  const node = await openNode(context)
  const found = await node.call('node_status', {}, context.signal)
  const { info } = node
  const troubles = troublesOf(info, found)
  return {
    data: {
      ...{ node: node.url, version: info.version, network: networkData(context, node), listenPort: info.listenPort },
      ...{ upSeconds: Math.floor((found.at - found.startedAt) / 1_000), ...found },
      ...{ ok: troubles.length === 0, troubles },
    },
    text: formatTable([
      ['node', node.url],
      networkRow(context, node),
      ...statusRows(info, found),
      ...(troubles.length === 0 ? ([['well', 'nothing is wrong']] as const) : troubleRows(troubles)),
    ]),
  }
}
