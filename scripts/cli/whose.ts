// Whom a command means: an address, or a wallet by its name.

import { OperationError } from '../../node/errors.ts'
import { type Address, parseAddress } from '../../node/protocol/ids.ts'
import { listWallets } from '../../node/wallet/wallet-folder.ts'
import type { CliContext } from './context.ts'

/** For the help of arguments that `addressOf` reads. */
export const WHOSE = 'an address, or the name of a wallet of yours'

/** Throws `OperationError('bad-address')`. It needs no passphrase. */
export async function addressOf({ folder }: CliContext, text: string): Promise<Address> {
  if (/^0x[0-9a-f]{40}$/i.test(text.trim())) return parseAddress(text.trim())
  const wallets = await listWallets(folder.wallets)
  const address = wallets.find(({ name }) => name === text)?.address
  if (address !== undefined) return address
  const almost = wallets.find(({ name }) => name === text.trim().toLowerCase())?.name
  const advice = almost === undefined ? nameAdvice(text) : `; did you mean "${almost}"?`
  const names = wallets.map(({ name }) => name).join(', ') || 'none'
  throw new OperationError(
    'bad-address',
    `expected an address (0x and 40 hex digits) or the name of a wallet in ${folder.wallets}, got ${JSON.stringify(text.slice(0, 80))}; wallets there: ${names}${advice}`,
    { facts: { wallets: wallets.map(({ name }) => name) } },
  )
}

function nameAdvice(text: string): string {
  return /^[^\s/]+\.[a-z]{2,}$/i.test(text.trim())
    ? '; names of the ENS are not looked up: give the address itself'
    : ''
}
