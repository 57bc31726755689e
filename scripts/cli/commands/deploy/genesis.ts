// ttx genesis: the first transaction of a network, for whoever deploys it to be given.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { writeNew } from '../../files.ts'
import { unlockWallet } from '../../passphrase.ts'
import { makeGenesis } from './genesis-file.ts'

export function registerGenesis(program: Command, act: Act): void {
  addExamples(
    program
      .command('genesis')
      .helpGroup(AUDIENCE.network)
      .summary('make the first transaction of a network')
      .description(
        'Make the genesis of a network, which gives all 1,000,000,000 TTX to the wallet and is signed by it, and write it to a file for "ttx deploy --genesis". The key of the wallet is not needed where the bridge is deployed. Use a genesis for one network only.',
      )
      .argument('<file>', 'where to write it; nothing is overwritten')
      .action(act(run)),
    'ttx genesis genesis.json --wallet treasury',
  )
}

async function run(context: CliContext, name: string): Promise<Result> {
  using wallet = await unlockWallet(context)
  const genesis = makeGenesis(wallet, Date.now())
  const file = resolve(name)
  await writeNew(file, encodeTransaction(genesis))
  const infohash = genesisInfohash(genesis)
  return {
    data: { file, infohash, to: genesis.to },
    text: formatTable([
      ['genesis', infohash],
      ['gives', `all TTX to ${genesis.to}`],
      ['file', file],
    ]),
  }
}
