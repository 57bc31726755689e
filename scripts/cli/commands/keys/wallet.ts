// ttx wallet: keys, and what is done with them; never their secrets, except the words of a new one, once, and what `export` is asked for.

import type { Command } from 'commander'
import { listWallets } from '../../../../node/wallet/wallet-folder.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { unlockWallet } from '../../passphrase.ts'
import { registerChanging } from './change.ts'
import { describeWallet } from './describe.ts'
import { registerExport } from './export.ts'
import { registerMaking } from './make.ts'
import { registerRemove } from './remove.ts'

export function registerWallet(program: Command, act: Act): void {
  const wallet = program
    .command('wallet')
    .helpGroup(AUDIENCE.bridge)
    .summary('keys: create, import, derive, show, list, passphrase, export, rename, remove')
    .description(
      'Keys that hold TTX and wTTX: one key, one address on both chains. Each lies encrypted in <data>/wallets as an Ethereum keystore (V3), which geth and MetaMask read too.',
    )
  addExamples(wallet, 'ttx wallet create --wallet alice', 'ttx wallet list')
  registerMaking(wallet, act)
  addExamples(
    wallet
      .command('show')
      .summary('address and public key of a wallet')
      .description(
        'Open a wallet and print its address and public key. It asks for the passphrase, so it also tells whether you still know it.',
      )
      .action(act(show)),
    'ttx wallet show --wallet alice',
  )
  addExamples(
    wallet
      .command('list')
      .summary('names and addresses of all wallets')
      .description(
        'Print the names and addresses of all wallets in the data folder, and of those that were made from words which words (by their fingerprint) and which index. It needs no passphrase.',
      )
      .action(act(list)),
    'ttx wallet list --json',
  )
  registerChanging(wallet, act)
  registerExport(wallet, act)
  registerRemove(wallet, act)
}

async function show(context: CliContext): Promise<Result> {
  using wallet = await unlockWallet(context)
  const { folder, settings } = context
  const entry = (await listWallets(folder.wallets)).find(({ name }) => name === settings.wallet)
  return describeWallet(context, wallet, entry?.origin)
}

async function list({ folder }: CliContext): Promise<Result> {
  const wallets = (await listWallets(folder.wallets)).map(({ origin, ...wallet }) => ({ ...wallet, ...origin }))
  const rows = wallets.map(({ name, address, problem, phrase, index }): [string, string] => {
    const from = phrase === undefined ? '' : `  index ${index} of words ${phrase}`
    return [name, `${address ?? problem ?? ''}${from}`]
  })
  const none = `no wallets in ${folder.wallets}; make one with "ttx wallet create"`
  return { data: { wallets }, text: rows.length === 0 ? none : formatTable(rows) }
}
