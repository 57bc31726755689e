// ttx network join: a data folder becomes one of a network, once the chain has shown that its file says what is there.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { NODE_SETTINGS } from '../../../node-settings.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { addSettings } from '../../setting-flags.ts'
import { settle } from './settling.ts'

export function registerJoin(network: Command, act: Act): void {
  addExamples(
    addSettings(
      network
        .command('join')
        .summary('ready a data folder for a network')
        .description(
          'Compare the file of a network with the chain, on each endpoint of --ethereum, as "ttx verify-deployment" does; then bind the data folder to the network, and keep there the file and what a node is to run with: all flags that "ttx node" has. From then on "ttx node" needs no flags, nor does any command beside it. Nothing is kept unless everything was seen and is right. Run again, it brings the folder up to date.',
        )
        .argument('<file>', 'file of the network, as "ttx network create" writes it')
        .action(act(join)),
      NODE_SETTINGS.filter((key) => key !== 'deployment'),
    ),
    'ttx network join net.json --ethereum http://127.0.0.1:8545',
    'ttx --network ours network join net.json --ethereum https://eth.example.org,https://eth.example.net --network-profile public',
  )
}

async function join(context: CliContext, name: string): Promise<Result> {
  const { data, rows } = await settle(context, resolve(name))
  return { data, text: formatTable(rows) }
}
