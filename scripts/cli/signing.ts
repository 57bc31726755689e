// Who signs on the TTX side: a wallet of the data folder, or a signer elsewhere.

import type { Signer } from '../../node/client/pay.ts'
import { OperationError } from '../../node/errors.ts'
import { openSigner } from '../../node/wallet/external-signer.ts'
import type { SettingKey } from '../settings.ts'
import type { CliContext } from './context.ts'
import { showWhile } from './live-line.ts'
import { unlockWallet } from './passphrase.ts'

const PAYING = 'paying; where many payments hang on a coin, nodes ask for work'

/** Of a command that signs, for `addSettings`. */
export const SIGNING_SETTINGS: readonly SettingKey[] = ['signer', 'account', 'signerPlainHttp']

/** That of `--signer` if there is one, else the wallet of `--wallet`. Throws what opening them throws. */
export async function openSigning(context: CliContext): Promise<Signer & Disposable> {
  const { signer: url, account, signerPlainHttp: isPlainHttpAllowed = false } = context.settings
  if (url === undefined) {
    if (account === undefined) return await unlockWallet(context)
    throw new OperationError(
      'bad-setting',
      `expected --signer along with --account ${account}, got none; name the signer, or a wallet of this data folder with --wallet`,
      { facts: { account } },
    )
  }
  const onWait = () =>
    context.log.info('waiting for the signer: look there, and compare what it shows before you agree')
  const signer = await openSigner(url, { account, isPlainHttpAllowed, onWait }, context.signal)
  return { ...signer, [Symbol.dispose]: () => undefined }
}

/** What a payment comes to; one that takes long looks for the work that nodes ask for. A signer elsewhere says itself what it waits for. */
export async function showPaying<T>({ shell }: CliContext, signer: Signer, work: Promise<T>): Promise<T> {
  return signer.signVariant === undefined ? await work : await showWhile(shell, PAYING, work)
}

/** For what is sent on Ethereum. Throws `OperationError('bad-setting')` where a signer is set. */
export function checkNoSigner({ settings }: CliContext): void {
  if (settings.signer === undefined) return
  throw new OperationError(
    'bad-setting',
    'expected a wallet of this data folder for what is sent on Ethereum, got a signer, which signs on the TTX side only; unset TTX_SIGNER for this command, and name the wallet with --wallet',
  )
}
