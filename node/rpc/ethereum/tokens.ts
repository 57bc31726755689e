// The token that an asset is to wallets, at the address that its id names.

import { type AssetClaim, parseClaim } from '../../asset-claim.ts'
import { answerTokenCall } from '../../ethereum/token-calls.ts'
import type { Asset } from '../../protocol/asset.ts'
import type { Address, Infohash } from '../../protocol/ids.ts'
import { readVerified } from '../../protocol/transaction.ts'
import { balanceAt } from './balances.ts'
import type { EthereumParts } from './call.ts'
import { reverted } from './errors.ts'
import { NO_BYTES } from './hex.ts'
import type { Place } from './places.ts'

/** One byte, which would do nothing: all that there is to see of a contract that is not one. */
const CODE = '0xfe'

type Issued = { readonly asset: Infohash; readonly supply: bigint; readonly claim: AssetClaim | undefined }

/** Of an issuance that counts, else `0x`: an address does not show whether a contract on Ethereum entered an asset of this name. */
export function codeAt(parts: EthereumParts, address: Address): string {
  return issuedAt(parts, address) === undefined ? NO_BYTES : CODE
}

/** Throws `EthereumError` (reverted). */
export async function callToken(
  parts: EthereumParts,
  address: Address,
  data: `0x${string}`,
  place: Place,
): Promise<string> {
  if (data === NO_BYTES) return NO_BYTES
  const issued = issuedAt(parts, address)
  const asset: Asset = issued?.asset ?? address
  const known = () => issued ?? throwUnnamed(address)
  const claim = () => known().claim ?? throwNameless()
  const answer = await answerTokenCall(data, {
    balanceOf: async (owner) => balanceAt(parts, owner, asset, place),
    totalSupply: () => known().supply,
    symbol: () => claim().symbol,
    name: () => claim().symbol,
    // Without any by convention it is counted in its units.
    decimals: () => known().claim?.decimals ?? 0,
  })
  if (answer !== undefined) return answer
  throw reverted(
    'there are no contracts here: an asset answers balanceOf, symbol, name, decimals, totalSupply, allowance and supportsInterface, and is paid with "ttx send --asset"',
  )
}

function issuedAt({ ledger }: EthereumParts, address: Address): Issued | undefined {
  const asset = address.slice(2) as Infohash
  const { status, file } = ledger.look(asset)
  if (file === undefined || !['accepted', 'ordered', 'final'].includes(status)) return undefined
  const tx = readVerified(file)
  if (tx.kind !== 'signed' || !tx.issuance) return undefined
  return { asset, supply: tx.tokens, claim: parseClaim(tx.memo) }
}

function throwUnnamed(address: Address): never {
  throw reverted(
    `no asset was issued as ${address.slice(2)}; one that came from Ethereum has its name and decimals there, at this address or at the token of this gateway`,
  )
}

function throwNameless(): never {
  throw reverted('the issuance of this asset gives it no symbol: enter one of your own')
}
