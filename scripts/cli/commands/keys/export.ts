// ttx wallet export: a copy of a wallet, encrypted as it is, or its key as it is.

import type { Command } from 'commander'
import { encodeText, formatHex } from '../../../../node/protocol/bytes.ts'
import { addressOfKey } from '../../../../node/protocol/ids.ts'
import { publicKeyOf } from '../../../../node/protocol/signature.ts'
import { checkThere, openKey } from '../../../../node/wallet/wallet-folder.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { writeNew } from '../../files.ts'
import { readPassphrase } from '../../passphrase.ts'
import { confirm } from '../../prompt.ts'

type Flags = { readonly key?: true; readonly save?: string; readonly yes?: true }

export function registerExport(wallet: Command, act: Act): void {
  addExamples(
    wallet
      .command('export')
      .summary('a copy for a backup or another program')
      .description(
        'Print the keystore of a wallet, which its passphrase opens anywhere, or with --key the private key itself: anyone who sees that has the money, on both chains. With --save it goes to a new file of mode 0600, and nothing is overwritten. It asks for the passphrase, so that no backup is made that does not open, and once more before anything goes to a terminal.',
      )
      .option('--key', 'the private key in hex instead of the keystore')
      .option('--save <file>', 'write it to a new file, which only you can read')
      .option('--yes', 'do not ask before it goes to a terminal')
      .action(act(exportWallet)),
    'ttx wallet export --wallet alice --save alice-backup.json',
    'ttx wallet export --wallet alice --key --save alice.key',
  )
}

async function exportWallet(context: CliContext, { key: isKey, save, yes }: Flags): Promise<Result> {
  const { folder, settings, shell } = context
  const name = settings.wallet
  await checkThere(folder.wallets, name)
  if (save === undefined && shell.stdout.isTTY && !yes) {
    const what = isKey ? 'private key' : 'keystore'
    const unchanged = 'nothing was shown; --save FILE writes it to a file'
    await confirm(shell, `Show the ${what} of wallet "${name}" on this terminal, which others may see or record?`, {
      unchanged,
    })
  }
  const passphrase = await readPassphrase(context, `Passphrase of wallet "${name}"`)
  const { privateKey, text } = await openKey(folder.wallets, name, passphrase)
  try {
    const address = addressOfKey(publicKeyOf(privateKey))
    const content = isKey ? `0x${formatHex(privateKey)}` : text.replace(/^\ufeff/, '').trim()
    const kind = isKey ? 'key' : 'keystore'
    if (save === undefined) return { data: { name, address, [kind]: content }, text: content }
    const bytes = encodeText(`${content}\n`)
    await writeNew(save, bytes, 0o600)
    bytes.fill(0)
    return {
      data: { name, address, kind, file: save },
      text: formatTable([
        ['wallet', name],
        ['address', address],
        ['written', isKey ? 'the private key, not encrypted: whoever reads the file has the money' : 'the keystore'],
        ['file', save],
      ]),
    }
  } finally {
    privateKey.fill(0)
  }
}
