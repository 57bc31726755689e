// ttx network: a network of one's own is made with one command, and joined with one.

import type { Command } from 'commander'
import { AUDIENCE, addExamples } from '../../audience.ts'
import type { Act } from '../../context.ts'
import { registerCreate } from './create.ts'
import { registerJoin } from './join.ts'

export function registerNetwork(program: Command, act: Act): void {
  const network = program
    .command('network')
    .helpGroup(AUDIENCE.network)
    .summary('make a network of your own, or join one')
    .description(
      'A network is one file: it says where the bridge is, what it was deployed with, what genesis is, and perhaps nodes to begin with. "create" makes it and everything that it describes; "join" checks it against the chain, and readies a data folder for a node and wallets.',
    )
  addExamples(
    network,
    'ttx network create net.json --ethereum http://127.0.0.1:8545 --wallet treasury --make-wallets',
    'ttx network join net.json --ethereum http://127.0.0.1:8545',
  )
  registerCreate(network, act)
  registerJoin(network, act)
}
