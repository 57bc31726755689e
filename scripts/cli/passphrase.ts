// Where a passphrase comes from: TTX_PASSPHRASE, else a file, else a hidden prompt.

import { readAtMost } from '../../node/disk.ts'
import { OperationError } from '../../node/errors.ts'
import { decodeWritten } from '../../node/wallet/as-written.ts'
import { checkPassphrase, MIN_PASSPHRASE_LENGTH } from '../../node/wallet/keystore.ts'
import type { Wallet } from '../../node/wallet/wallet.ts'
import { checkThere, openWallet } from '../../node/wallet/wallet-folder.ts'
import type { CliContext } from './context.ts'
import { askHidden } from './prompt.ts'

const MAX_FILE_BYTES = 4_096

/** Opens a wallet, that which `--wallet` names if no other is named. Throws what `openWallet` and `readPassphrase` throw. */
export async function unlockWallet(context: CliContext, name = context.settings.wallet): Promise<Wallet> {
  // Nobody types a passphrase for what is not there.
  await checkThere(context.folder.wallets, name)
  return openWallet(context.folder.wallets, name, await readPassphrase(context, `Passphrase of wallet "${name}"`))
}

/** The passphrase of a wallet that exists. Throws `OperationError`: 'passphrase-missing', 'bad-passphrase-file'. */
export async function readPassphrase(context: CliContext, question: string): Promise<string> {
  const set = await readSetPassphrase(context)
  if (set !== undefined) return set
  if (context.shell.stdin.isTTY) return askHidden(context.shell, question)
  throw new OperationError(
    'passphrase-missing',
    'expected a passphrase, got none, and there is no terminal to ask on; set TTX_PASSPHRASE, or TTX_PASSPHRASE_FILE or --passphrase-file to a file that holds it',
  )
}

/** The passphrase for a new wallet, typed twice where it is typed. Throws also 'weak-passphrase' and 'passphrases-differ'. */
export async function readNewPassphrase(context: CliContext): Promise<string> {
  const set = await readSetPassphrase(context)
  if (set === undefined && context.shell.stdin.isTTY) return await askNewPassphrase(context)
  const passphrase = set ?? (await readPassphrase(context, ''))
  checkPassphrase(passphrase)
  return passphrase
}

/** Typed twice at a terminal, whatever is set. Throws `OperationError`: 'weak-passphrase', 'passphrases-differ'. */
export async function askNewPassphrase({ shell }: CliContext): Promise<string> {
  const passphrase = await askHidden(shell, `New passphrase (at least ${MIN_PASSPHRASE_LENGTH} characters)`)
  checkPassphrase(passphrase)
  if ((await askHidden(shell, 'The same again')) === passphrase) return passphrase
  throw new OperationError('passphrases-differ', 'expected the same passphrase twice, got two; run the command again')
}

/** The content of a file without the end of its last line, in any encoding that `decodeWritten` knows. Throws `OperationError('bad-passphrase-file')`. */
export async function readPassphraseFile(file: string, signal?: AbortSignal): Promise<string> {
  const bytes = await readAtMost(file, MAX_FILE_BYTES + 1, signal).catch((cause) => {
    signal?.throwIfAborted()
    const came = cause instanceof Error ? cause.message : String(cause)
    throw badFile(file, came, cause)
  })
  if (bytes.length > MAX_FILE_BYTES) throw badFile(file, `more than ${MAX_FILE_BYTES} bytes`)
  const passphrase = decodeWritten(bytes).replace(/\r?\n$/, '')
  if (passphrase === '') throw badFile(file, 'an empty file')
  if (/[\r\n]/.test(passphrase)) throw badFile(file, 'several lines')
  return passphrase
}

async function readSetPassphrase({ settings, signal }: CliContext): Promise<string | undefined> {
  if (settings.passphrase !== undefined) return settings.passphrase
  return settings.passphraseFile === undefined ? undefined : readPassphraseFile(settings.passphraseFile, signal)
}

function badFile(file: string, came: string, cause?: unknown): OperationError {
  return new OperationError(
    'bad-passphrase-file',
    `expected one line with the passphrase in ${file}, got ${came}; correct the file or the setting`,
    { facts: { file }, cause },
  )
}
