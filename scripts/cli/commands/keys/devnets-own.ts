// Wallets that a devnet opens at each of its starts, which no command may take from it.

import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '../../../../node/errors.ts'
import { DEVNET_WALLETS } from '../../../devnet/wallets.ts'
import type { CliContext } from '../../context.ts'

/** Throws `OperationError('bad-arguments')` for a wallet that the devnet of this data folder made for itself. */
export async function checkNotDevnets({ folder: { root } }: CliContext, name: string): Promise<void> {
  if (!DEVNET_WALLETS.some((own) => own === name)) return
  // What a devnet leaves in its folder, and nothing else does: a network of one's own keeps no passphrase beside the keys.
  const left = await Promise.allSettled(['deployment.json', 'passphrase'].map((file) => access(join(root, file))))
  if (left.some(({ status }) => status === 'rejected')) return
  throw new OperationError(
    'bad-arguments',
    `expected a wallet of yours, got "${name}", which the devnet in ${root} opens at each start, with the passphrase in ${join(root, 'passphrase')}; make one of your own with "ttx wallet create"`,
    { facts: { name, folder: root } },
  )
}
