// The connected wallet as what signs payments of TTX: typed data without a chain, so that it does not matter on which one the wallet is.

import { type Config, useConfig, useConnection } from 'wagmi'
import { signTypedData } from 'wagmi/actions'
import type { Signer } from '../../../client/pay.ts'
import { OperationError } from '../../../errors.ts'
import { type Address, parseAddress } from '../../../protocol/ids.ts'
import { readSignature, recoverSender } from '../../../protocol/signature.ts'
import type { TypedMessage } from '../../../protocol/typed-data.ts'

/** Undefined while no wallet is connected. Only below what knows that the chain is known. */
export function useSigner(): Signer | undefined {
  const config = useConfig()
  const { address } = useConnection()
  return address === undefined ? undefined : signerOf(config, parseAddress(address))
}

function signerOf(config: Config, address: Address): Signer {
  return { address, sign: async (digest, message) => checked(await ask(config, address, message), digest, address) }
}

async function ask(config: Config, account: Address, message: TypedMessage): Promise<string> {
  const { domain, types, primaryType } = message
  // One of the types at a time, as its owner is shown it.
  const one = { [primaryType]: types[primaryType] }
  const typed = { account, domain, types: one, primaryType, message: message.message }
  return await signTypedData(config, typed as Parameters<typeof signTypedData>[1])
}

/** A payment with a wrong signature is nobody's. Throws `OperationError('bad-signature')`. */
function checked(text: string, digest: Uint8Array, address: Address): Uint8Array {
  const signature = readSignature(text)
  const signer = signature && recoverSender(digest, signature)
  if (signature !== undefined && signer === address) return signature
  throw new OperationError(
    'bad-signature',
    `expected a signature by ${address} of what was asked, got one by ${signer ?? 'nobody'}: a contract wallet cannot sign payments of TorrentTX, and a wallet that changes what it signs cannot either`,
    { facts: { address } },
  )
}
