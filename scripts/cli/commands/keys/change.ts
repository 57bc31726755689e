// ttx wallet passphrase and rename: a wallet stays the same key.

import type { Command } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import { addressOfKey } from '../../../../node/protocol/ids.ts'
import { publicKeyOf } from '../../../../node/protocol/signature.ts'
import { changePassphrase, renameWallet } from '../../../../node/wallet/changing.ts'
import { checkPassphrase } from '../../../../node/wallet/keystore.ts'
import { checkThere, openKey, walletFile } from '../../../../node/wallet/wallet-folder.ts'
import { type Lock, takeLock } from '../../../lock.ts'
import { addExamples } from '../../audience.ts'
import { checkNoContact } from '../../contacts/names.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { askNewPassphrase, readPassphrase, readPassphraseFile } from '../../passphrase.ts'
import { checkNotDevnets } from './devnets-own.ts'

export function registerChanging(wallet: Command, act: Act): void {
  addExamples(
    wallet
      .command('passphrase')
      .summary('change the passphrase of a wallet')
      .description(
        'Put the key of a wallet under another passphrase. The old one is asked for, or set as everywhere; the new one is asked for twice, or read from --new-passphrase-file. Killed at any moment it leaves a file that one of the two opens. Copies of the old file, as in backups, still open with the old passphrase: if somebody has both, move the money to a new wallet.',
      )
      .option('--new-passphrase-file <file>', 'file that holds the new passphrase')
      .action(act(passphrase)),
    'ttx wallet passphrase --wallet alice',
    'ttx wallet passphrase --wallet alice --passphrase-file old.pass --new-passphrase-file new.pass --json',
  )
  addExamples(
    wallet
      .command('rename')
      .summary('give a wallet another name')
      .description(
        'Give a wallet another name. Key, address and passphrase stay as they are, and no name is taken twice.',
      )
      .argument('<from>', 'its name')
      .argument('<to>', 'its new name')
      .action(act(rename)),
    'ttx wallet rename default savings',
  )
}

async function passphrase(
  context: CliContext,
  { newPassphraseFile }: { readonly newPassphraseFile?: string },
): Promise<Result> {
  const { shell, folder, settings } = context
  const name = settings.wallet
  await checkThere(folder.wallets, name)
  await checkNotDevnets(context, name)
  // What is wrong with the new one is said before the old one is typed.
  const given =
    newPassphraseFile === undefined ? undefined : await readPassphraseFile(newPassphraseFile, context.signal)
  if (given !== undefined) checkPassphrase(given)
  if (given === undefined && !shell.stdin.isTTY) {
    throw new OperationError(
      'passphrase-missing',
      'expected a new passphrase, got none, and there is no terminal to ask on; set --new-passphrase-file to a file that holds it',
    )
  }
  await using _changing = await lockWallets(context)
  const old = await readPassphrase(context, `Present passphrase of wallet "${name}"`)
  const key = await openKey(folder.wallets, name, old)
  try {
    const next = given ?? (await askNewPassphrase(context))
    await changePassphrase(folder.wallets, name, key, next)
    const address = addressOfKey(publicKeyOf(key.privateKey))
    const file = walletFile(folder.wallets, name)
    const { passphraseFile } = settings
    return {
      data: { name, address, file },
      text: formatTable([
        ['wallet', name],
        ['address', address],
        ['changed', 'the new passphrase opens it; copies of the old file still open with the old one'],
        ['file', file],
        ...(passphraseFile === undefined || settings.passphrase !== undefined || next === old
          ? []
          : [['careful', `${passphraseFile} still has the old one: name another with --passphrase-file`] as const]),
      ]),
    }
  } finally {
    key.privateKey.fill(0)
  }
}

async function rename(context: CliContext, from: string, to: string): Promise<Result> {
  const { wallets } = context.folder
  await checkThere(wallets, from)
  await checkNotDevnets(context, from)
  await using _changing = await lockWallets(context)
  await checkNoContact(context, to)
  await renameWallet(wallets, from, to)
  const file = walletFile(wallets, to)
  return {
    data: { from, name: to, file },
    text: formatTable([
      ['wallet', to],
      ['was', from],
      ['file', file],
    ]),
  }
}

/** One change at a time: from reading the key until its file was replaced, no other command puts another wallet in its place. */
export function lockWallets({ folder }: CliContext): Promise<Lock> {
  return takeLock(folder.wallets, 'change')
}
