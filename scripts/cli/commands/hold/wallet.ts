// ttx wallet: keys that are made, brought along, shown and listed; never their secrets, except the words of a new one, once.

import type { Command } from 'commander'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { decryptKeystore, parseKeystore } from '../../../../node/wallet/keystore.ts'
import type { Wallet } from '../../../../node/wallet/wallet.ts'
import { checkFree, listWallets, readKeystore, saveWallet, walletFile } from '../../../../node/wallet/wallet-folder.ts'
import { createWords, keyOfWords, parseWords } from '../../../../node/wallet/words.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readNewPassphrase, readPassphrase, readPassphraseFile, unlockWallet } from '../../passphrase.ts'
import { askHidden, readInput } from '../../prompt.ts'

const MAX_WORDS_BYTES = 1_024

type ImportOptions = { readonly keystore?: string; readonly keystorePassphraseFile?: string }

export function registerWallet(program: Command, act: Act): void {
  const wallet = program
    .command('wallet')
    .helpGroup(AUDIENCE.bridge)
    .summary('keys: create, import, show, list')
    .description(
      'Keys that hold TTX and wTTX: one key, one address on both chains. Each lies encrypted in <data>/wallets as an Ethereum keystore (V3), which geth and MetaMask read too.',
    )
  addExamples(wallet, 'ttx wallet create --wallet alice', 'ttx wallet list')

  addExamples(
    wallet
      .command('create')
      .summary('make a new wallet')
      .description(
        'Make a new wallet and print its 12 words (BIP-39), once. Anyone who has the words has the money; without file and words it is gone. An existing wallet is never overwritten.',
      )
      .action(act(create)),
    'ttx wallet create',
    'ttx wallet create --wallet alice --passphrase-file ~/alice.pass --json',
  )
  addExamples(
    wallet
      .command('import')
      .summary('add a wallet from its words or a keystore')
      .description(
        "Add a wallet from its BIP-39 words (asked for, or read from standard input; account m/44'/60'/0'/0/0), or with --keystore from a keystore file of geth, MetaMask or another ttx.",
      )
      .option('--keystore <file>', 'Ethereum keystore (V3) to import instead of words')
      .option('--keystore-passphrase-file <file>', "File with the keystore's passphrase, where it is not the wallet's")
      .action(act(importWallet)),
    'ttx wallet import --wallet alice < words.txt',
    'ttx wallet import --wallet bob --keystore UTC--2026-01-01T00-00-00Z--5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
  )
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
      .description('Print the names and addresses of all wallets in the data folder. It needs no passphrase.')
      .action(act(list)),
    'ttx wallet list --json',
  )
}

async function create(context: CliContext): Promise<Result> {
  const { folder, settings } = context
  await checkFree(folder.wallets, settings.wallet)
  const passphrase = await readNewPassphrase(context)
  const words = createWords()
  const shown = await save(context, await keyOfWords(words), passphrase)
  return {
    data: { ...shown.data, words },
    text: `${shown.text}\n\nWrite down these words in their order, on paper. They are the wallet, and they are shown only this once:\n\n${formatWords(words)}`,
  }
}

async function importWallet(context: CliContext, options: ImportOptions): Promise<Result> {
  await checkFree(context.folder.wallets, context.settings.wallet)
  if (options.keystore === undefined) {
    const key = await keyOfWords(parseWords(await readWords(context)))
    return save(context, key, await readNewPassphrase(context))
  }
  const keystore = parseKeystore(await readKeystore(options.keystore), options.keystore)
  const passphrase =
    options.keystorePassphraseFile === undefined
      ? await readPassphrase(context, `Passphrase of ${options.keystore}`)
      : await readPassphraseFile(options.keystorePassphraseFile)
  const key = await decryptKeystore(keystore, passphrase, options.keystore)
  return save(context, key, await readNewPassphrase(context))
}

async function show(context: CliContext): Promise<Result> {
  using wallet = await unlockWallet(context)
  return describe(context, wallet)
}

async function list({ folder }: CliContext): Promise<Result> {
  const wallets = await listWallets(folder.wallets)
  const rows = wallets.map(({ name, address, problem }): [string, string] => [name, address ?? problem ?? ''])
  const none = `no wallets in ${folder.wallets}; make one with "ttx wallet create"`
  return { data: { wallets }, text: rows.length === 0 ? none : formatTable(rows) }
}

async function save(context: CliContext, key: Uint8Array, passphrase: string): Promise<Result> {
  using wallet = await saveWallet(context.folder.wallets, context.settings.wallet, key, passphrase)
  key.fill(0)
  return describe(context, wallet)
}

function describe({ folder, settings }: CliContext, wallet: Wallet): Result {
  const { address } = wallet
  const publicKey = `0x${formatHex(wallet.publicKey)}`
  const file = walletFile(folder.wallets, settings.wallet)
  return {
    data: { name: settings.wallet, address, publicKey, file },
    text: formatTable([
      ['wallet', settings.wallet],
      ['address', address],
      ['public key', publicKey],
      ['file', file],
    ]),
  }
}

async function readWords({ shell, log }: CliContext): Promise<string> {
  if (shell.stdin.isTTY) return askHidden(shell, 'Words, separated by spaces (not shown)')
  log.debug('reading words from standard input')
  return readInput(shell, MAX_WORDS_BYTES)
}

function formatWords(words: string): string {
  const cells = words.split(' ').map((word, i) => `${String(i + 1).padStart(4)} ${word.padEnd(10)}`)
  const rows = Array.from({ length: Math.ceil(cells.length / 4) }, (_, row) =>
    cells
      .slice(4 * row, 4 * row + 4)
      .join('')
      .trimEnd(),
  )
  return rows.join('\n')
}
