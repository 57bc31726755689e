// --asset and --units: which asset a command moves, and how many units of it an amount is.

import { type Command, InvalidArgumentError } from 'commander'
import { nameAmount, toUnits, type WrittenAmount } from '../../../node/client/amount.ts'
import type { AssetView } from '../../../node/client/assets/view.ts'
import { OperationError } from '../../../node/errors.ts'
import { gatewayOf } from '../../../node/ethereum/gateways/gateway.ts'
import { isKeyless } from '../../../node/ethereum/gateways/token.ts'
import { type Asset, isEntered } from '../../../node/protocol/asset.ts'
import { type Address, parseAddress, readInfohash, ZERO_ADDRESS } from '../../../node/protocol/ids.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { parseAmount, parseWritten } from '../amount.ts'
import type { CliContext } from '../context.ts'
import { type NodeLink, openOptionalEthereum } from '../link.ts'
import { assetViews } from './views.ts'
import { nameOf } from './words.ts'

export type AssetFlags = { readonly asset?: Asset; readonly units?: boolean; readonly unfinal?: boolean }

export type Chosen = {
  /** Base units. */
  readonly tokens: bigint
  /** `1.5 TTX`, or with the id of the asset. */
  readonly words: string
} & ({ readonly asset?: undefined; readonly view?: undefined } | { readonly asset: Asset; readonly view: AssetView })

const FETCH_MS = 5_000
export const ASSET_HELP =
  'another asset than TTX, by its id: the contract that entered it, or the infohash of its issuance'

export function addAssetOptions(command: Command): Command {
  return command
    .option('--asset <id>', ASSET_HELP, parseAsset)
    .option('--units', 'the amount is in base units of the asset, whatever decimals it says that it has')
}

/** For commander: an amount of TTX, unless the command was given another asset. */
export function amountFor(command: Command): (text: string) => bigint | WrittenAmount {
  return (text) => (command.opts<AssetFlags>().asset === undefined ? parseAmount(text) : parseWritten(text))
}

/** For commander. */
export function parseAsset(text: string): Asset {
  try {
    return /^0x/i.test(text.trim()) ? parseAddress(text.trim()) : readInfohash(text)
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    // Of 40 digits only their case can be wrong.
    if (/^0x[0-9a-f]{40}$/i.test(text.trim())) throw new InvalidArgumentError(`${error.message}.`)
    throw new InvalidArgumentError(
      `Expected the id of an asset: 0x and 40 hex digits for one that entered from Ethereum, 40 hex digits without 0x for one that was issued; got ${text.slice(0, 80)}. "ttx asset list" shows those of your wallet.`,
    )
  }
}

/**
 * The asset that is meant, or TTX, and how much of it. Throws `asset-not-final` for one whose issuance can still vanish unless `unfinal`,
 * `unknown-asset`, `decimals-unknown`, and `bad-arguments`.
 */
export async function chooseAsset(
  context: CliContext,
  node: NodeLink,
  amount: bigint | WrittenAmount,
  { asset, units, unfinal }: AssetFlags,
): Promise<Chosen> {
  if (typeof amount === 'bigint') {
    if (units === true || unfinal === true)
      throw new OperationError('bad-arguments', 'expected --asset along with --units and --unfinal, got none; name it')
    return { tokens: amount, words: nameAmount(amount) }
  }
  if (asset === undefined) throw new RangeError('an amount of another asset comes with the asset')
  // Of units nothing has to be known, so that no endpoint can keep them from being moved.
  const ethereum = isEntered(asset) && !units ? await openOptionalEthereum(context, node) : undefined
  const view = await assetViews(node, ethereum, FETCH_MS, context.signal).of(asset)
  checkFinal(view, unfinal === true)
  const tokens = unitsOf(view, amount, units === true)
  return { tokens, words: nameOf(tokens, view), asset, view }
}

/** Throws `asset-not-final` and `unknown-asset`. */
export function checkFinal(view: AssetView, isAccepted: boolean): void {
  if (view.kind === 2 || view.isFinal || isAccepted) return
  const { asset, status, unread } = view
  if (unread !== undefined) throw new OperationError('unknown-asset', unread, { facts: { asset }, retry: true })
  throw new OperationError(
    'asset-not-final',
    `expected an asset whose issuance is final, got ${asset}, which is ${status}: if its issuance loses, all of it is gone; wait with "ttx wait ${asset}", or take the risk with --unfinal`,
    { facts: { asset, status }, retry: true },
  )
}

/** Throws `decimals-unknown` and `bad-arguments`. */
export function unitsOf(view: AssetView, amount: WrittenAmount, isUnits: boolean): bigint {
  const { asset, symbol = 'of it', unread } = view
  const decimals = isUnits ? 0 : view.decimals
  if (decimals === undefined) {
    const why = unread ?? 'it does not say'
    throw new OperationError(
      'decimals-unknown',
      `expected to know how many decimals an amount of ${asset} has, got nothing: ${why}; give the amount in base units, with --units`,
      { facts: { asset } },
    )
  }
  const tokens = toUnits(amount, decimals, isUnits ? 'units' : symbol)
  if (typeof tokens === 'bigint') return tokens
  throw new OperationError(
    'bad-arguments',
    `expected an amount of ${asset}, ${tokens.expected}; got ${tokens.got}; write it as in 1000${decimals > 0 ? ' or 1.5' : ''}`,
    { facts: { asset } },
  )
}

/** Throws `OperationError('bad-arguments')` where somebody names the token instead of the asset that its gateway is, and has that. */
export async function checkMeant(node: NodeLink, owner: Address, asset: Asset, signal: AbortSignal): Promise<void> {
  const factory = node.info.network.gatewayFactory
  if (factory === undefined || !isEntered(asset)) return
  const gateway = gatewayOf(factory, asset)
  const { spendable: own } = await node.call('account_balance', { owner, asset }, signal)
  if (own > 0n) return
  const { spendable } = await node.call('account_balance', { owner, asset: gateway }, signal)
  if (spendable === 0n) return
  throw new OperationError(
    'bad-arguments',
    `expected an asset of ${owner}, got ${asset}, which is a token on Ethereum: on TTX it is the asset of its gateway; use --asset ${gateway}`,
    { facts: { asset, gateway } },
  )
}

/** Throws `OperationError('bad-address')` for what nobody owns on any network, or on this one. */
export function checkOwnable({ info }: NodeLink, payee: Address): void {
  const { bridge, token, gatewayFactory } = info.network
  const what = new Map<Address | undefined, string>([
    [gatewayFactory, 'the contract that makes gateways'],
    [token, 'the contract of wTTX'],
    [bridge, 'the bridge itself ("ttx bridge" asks it for wTTX on Ethereum)'],
    [ZERO_ADDRESS, 'the zero address'],
  ]).get(payee)
  if (what === undefined) return
  throw new OperationError(
    'bad-address',
    `expected an address that somebody owns, got ${payee}, which is ${what}: nobody could spend what it is given; name another recipient`,
    { facts: { payee } },
  )
}

/**
 * Throws `OperationError('bad-address')` for a payee that is the asset or the token behind it: what contracts are given so, nobody can spend. Without an
 * asset also for one that the owner has: who forgets `--asset` may name it where the payee belongs. An account with a key that entered an asset of its
 * own is a payee like any other, as an endpoint of Ethereum can tell.
 */
export async function checkPayee(
  context: CliContext,
  node: NodeLink,
  owner: Address,
  { payee, asset }: { readonly payee: Address; readonly asset: Asset | undefined },
): Promise<void> {
  checkOwnable(node, payee)
  const factory = node.info.network.gatewayFactory
  const meant = [payee, ...(factory === undefined ? [] : [gatewayOf(factory, payee)])]
  const has = async (each: Address) => {
    const { spendable } = await node.call('account_balance', { owner, asset: each }, context.signal)
    return spendable > 0n
  }
  for (const each of meant) {
    if (asset === undefined ? !(await has(each)) : each !== asset) continue
    const ethereum = await openOptionalEthereum(context, node)
    if (ethereum !== undefined && !(await isKeyless(ethereum, payee))) return
    const what = each === payee ? 'an asset' : `the token behind the asset ${each}`
    const advice =
      ethereum === undefined ? '; if it has a key all the same, name an endpoint that can tell with --ethereum' : ''
    const flag = asset === undefined ? `, and the asset with --asset ${each}` : ''
    throw new OperationError(
      'bad-address',
      `expected an address that somebody owns, got ${payee}, which is ${what}: what it is given is gone; name another recipient${flag}${advice}`,
      { facts: { payee, asset: each } },
    )
  }
}
