// ttx wallet create, import and derive: what adds a wallet to the data folder.

import { type Command, InvalidArgumentError } from 'commander'
import { refusalOf } from '../../../../node/disk.ts'
import { OperationError } from '../../../../node/errors.ts'
import { addressOfKey } from '../../../../node/protocol/ids.ts'
import { publicKeyOf } from '../../../../node/protocol/signature.ts'
import { decryptKeystore, type Origin, parseKeystore } from '../../../../node/wallet/keystore.ts'
import { checkFree, listWallets, readKeystore, saveWallet, walletFile } from '../../../../node/wallet/wallet-folder.ts'
import { createWords, KEY_FOLDER, MAX_INDEX, openPhrase, parseWords } from '../../../../node/wallet/words.ts'
import { addExamples } from '../../audience.ts'
import { checkNoContact } from '../../contacts/names.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readNewPassphrase, readPassphrase, readPassphraseFile } from '../../passphrase.ts'
import { askHidden, readInput } from '../../prompt.ts'
import { describeWallet } from './describe.ts'

const MAX_WORDS_BYTES = 1_024
/** As far as the next address is looked for: other programs leave no such gap (BIP-44 stops after 20). */
const MOST_DERIVED = 1_000

type ImportOptions = {
  readonly keystore?: string
  readonly keystorePassphraseFile?: string
  readonly index?: number
}

const INDEX_HELP = `which address of the words, from 0 on: ${KEY_FOLDER}/N, as MetaMask and others count`

export function registerMaking(wallet: Command, act: Act): void {
  addExamples(
    wallet
      .command('create')
      .summary('make a new wallet')
      .description(
        'Make a new wallet and print its 12 words (BIP-39), once. Anyone who has the words has the money; without file and words it is gone. An existing wallet is never overwritten. More addresses of the same words: "ttx wallet derive".',
      )
      .option('--index <number>', INDEX_HELP, parseIndex, 0)
      .action(act(create)),
    'ttx wallet create',
    'ttx wallet create --wallet alice --passphrase-file ~/alice.pass --json',
  )
  addExamples(
    wallet
      .command('import')
      .summary('add a wallet from its words or a keystore')
      .description(
        `Add a wallet from its BIP-39 words (asked for, or read from standard input; account ${KEY_FOLDER}/0, or that of --index), or with --keystore from a keystore file of geth, MetaMask or another ttx.`,
      )
      .option('--keystore <file>', 'Ethereum keystore (V3) to import instead of words')
      .option('--keystore-passphrase-file <file>', "File with the keystore's passphrase, where it is not the wallet's")
      .option('--index <number>', INDEX_HELP, parseIndex)
      .action(act(importWallet)),
    'ttx wallet import --wallet alice < words.txt',
    'ttx wallet import --wallet savings --index 3 < words.txt',
    'ttx wallet import --wallet bob --keystore UTC--2026-01-01T00-00-00Z--5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
  )
  addExamples(
    wallet
      .command('derive')
      .summary('add the next address of words that you have')
      .description(
        'Add the next address of words that were used here before: the one after the highest index that a wallet of this data folder has. The words are asked for, or read from standard input, since no file keeps them.',
      )
      .action(act(derive)),
    'ttx wallet derive --wallet savings',
  )
}

async function create(context: CliContext, { index }: { readonly index: number }): Promise<Result> {
  await checkName(context)
  const passphrase = await readNewPassphrase(context)
  const words = createWords()
  using phrase = await openPhrase(words)
  const shown = await save(context, phrase.keyAt(index), passphrase, { phrase: phrase.fingerprint, index })
  return {
    data: { ...shown.data, words },
    text: `${shown.text}\n\nWrite down these words in their order, on paper. They are the wallet, and they are shown only this once:\n\n${formatWords(words)}`,
    onUnread: (cause) => wordsUnread(context, cause),
  }
}

/** The key is safe in its file, but its owner believes in words that nobody has. */
function wordsUnread({ folder, settings: { wallet: name } }: CliContext, cause: unknown): OperationError {
  const file = walletFile(folder.wallets, name)
  const got = refusalOf(cause)?.is ?? (cause instanceof Error ? cause.message : String(cause))
  return new OperationError(
    'write-failed',
    `expected to show the words of wallet "${name}", got ${got}: the wallet is in ${file}, and its words are lost; run "ttx wallet remove ${name}" and make another one, or back up the file together with its passphrase`,
    { facts: { file }, cause },
  )
}

async function importWallet(context: CliContext, options: ImportOptions): Promise<Result> {
  const { keystore: file, keystorePassphraseFile, index = 0 } = options
  if (file !== undefined && options.index !== undefined) {
    throw new OperationError(
      'bad-arguments',
      'expected --index along with words, got it with --keystore: a keystore holds one key; leave one of them out',
    )
  }
  await checkName(context)
  if (file === undefined) {
    using phrase = await openPhrase(parseWords(await readWords(context)))
    const origin = { phrase: phrase.fingerprint, index }
    return await save(context, phrase.keyAt(index), await readNewPassphrase(context), origin)
  }
  const keystore = parseKeystore(await readKeystore(file, context.signal), file)
  const passphrase =
    keystorePassphraseFile === undefined
      ? await readPassphrase(context, `Passphrase of ${file}`)
      : await readPassphraseFile(keystorePassphraseFile, context.signal)
  const key = await decryptKeystore(keystore, passphrase, file)
  return await save(context, key, await readNewPassphrase(context), keystore.ttx)
}

async function derive(context: CliContext): Promise<Result> {
  const { folder } = context
  await checkName(context)
  using phrase = await openPhrase(parseWords(await readWords(context)))
  const wallets = await listWallets(folder.wallets)
  const own = new Set(wallets.map(({ address }) => address))
  // Wallets from before indexes were kept are known by their addresses.
  const isOurs = (index: number) => {
    const key = phrase.keyAt(index)
    const address = addressOfKey(publicKeyOf(key))
    key.fill(0)
    return own.has(address)
  }
  const kept = wallets.flatMap(({ origin }) => (origin?.phrase === phrase.fingerprint ? [origin.index] : []))
  let index = Math.max(-1, ...kept.filter(isOurs)) + 1
  while (index < MOST_DERIVED && isOurs(index)) index += 1
  if (index === 0 || index > MAX_INDEX) {
    throw new OperationError(
      'wallet-missing',
      `expected a wallet of these words in ${folder.wallets}, got none; import the first one with "ttx wallet import"`,
      { facts: { folder: folder.wallets } },
    )
  }
  const origin = { phrase: phrase.fingerprint, index }
  return await save(context, phrase.keyAt(index), await readNewPassphrase(context), origin)
}

/** Before anybody types anything. */
async function checkName(context: CliContext): Promise<void> {
  await checkFree(context.folder.wallets, context.settings.wallet)
  await checkNoContact(context, context.settings.wallet)
}

async function save(
  context: CliContext,
  key: Uint8Array,
  passphrase: string,
  origin: Origin | undefined,
): Promise<Result> {
  const { folder, settings } = context
  try {
    using wallet = await saveWallet(folder.wallets, settings.wallet, key, passphrase, origin ? { origin } : {})
    const shown = describeWallet(context, wallet, origin)
    const { passphrase: set, passphraseFile } = settings
    if (set !== undefined || passphraseFile === undefined) return shown
    return {
      data: { ...shown.data, passphraseFile },
      text: `${shown.text}\n${formatTable([['opened by', `the passphrase in ${passphraseFile}; "ttx wallet passphrase" sets another`]])}`,
    }
  } finally {
    key.fill(0)
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

function parseIndex(text: string): number {
  if (/^(0|[1-9][0-9]{0,9})$/.test(text) && Number(text) <= MAX_INDEX) return Number(text)
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${MAX_INDEX}; got ${text.slice(0, 40)}.`)
}
