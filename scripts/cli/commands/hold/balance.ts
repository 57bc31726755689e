// ttx balance: what an address holds on both sides.

import type { Command } from 'commander'
import { formatEther } from 'viem'
import { formatAmount } from '../../../../node/client/amount.ts'
import { namesOf } from '../../../../node/client/assets/view.ts'
import { gatewayOf } from '../../../../node/ethereum/gateways/gateway.ts'
import { owedByGateway, tokenBalanceOf } from '../../../../node/ethereum/gateways/token.ts'
import { type Asset, isEntered } from '../../../../node/protocol/asset.ts'
import { type Address, parseAddress } from '../../../../node/protocol/ids.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import type { Result as RpcResult } from '../../../../node/rpc/api.ts'
import { parseKeystore } from '../../../../node/wallet/keystore.ts'
import { readKeystore, walletFile } from '../../../../node/wallet/wallet-folder.ts'
import { ASSET_HELP, parseAsset } from '../../assets/asset-option.ts'
import { assetViews } from '../../assets/views.ts'
import { formatOf, nameOf, warningRows, warningsOf } from '../../assets/words.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { type NodeLink, openNode, openOptionalEthereum } from '../../link.ts'
import { boundOutputs } from '../../offers/book.ts'
import { unlockWallet } from '../../passphrase.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'

/** Other assets beside TTX; all are in `ttx asset list`. */
const SHOWN = 10
const FETCH_MS = 5_000
/** As many outputs a node tells of at once where they are named. */
const AT_ONCE = 8
const LIVE: ReadonlySet<RpcResult<'tx_get'>['status']> = new Set(['accepted', 'ordered', 'final'])
const LEFT_ALONE = 'no payment from this folder spends them: ttx offer list'

export function registerBalance(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('balance')
        .helpGroup(AUDIENCE.bridge)
        .summary('what an address holds on both sides')
        .description(
          'Show what an address holds: TTX that can be spent now, and line by line what that is made of: what is final (only final is final), what a block orders, change of its own payments, and what others paid that no block has ordered; its first other assets, and with an Ethereum endpoint its wTTX and ETH. With --asset it shows that asset alone, and of a gateway also its token on Ethereum, and what it owes for blocks that were mined. It needs no passphrase.',
        )
        .argument('[address]', `whose money: ${WHOSE}; without it that of --wallet`)
        .option('--asset <id>', ASSET_HELP, parseAsset)
        .action(act(balance)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx balance --wallet alice',
    'ttx balance 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --json',
    `ttx balance --asset ${'c12fe1c06b'.repeat(4)} --wallet alice`,
  )
}

async function balance(
  context: CliContext,
  whose: string | undefined,
  { asset }: { readonly asset?: Asset },
): Promise<Result> {
  const owner = whose === undefined ? await walletAddress(context) : await addressOf(context, whose)
  const node = await openNode(context)
  return asset === undefined ? await balanceOf(context, node, owner) : await balanceOfAsset(context, node, owner, asset)
}

/** On both sides, of TTX and the first other assets. */
export async function balanceOf(context: CliContext, node: NodeLink, owner: Address): Promise<Result> {
  const { spendable, ordered, final, outputs } = await node.call('account_balance', { owner }, context.signal)
  const inOffers = await sumInOffers(context, node, owner, undefined, { spendable, outputs })
  const { assets, next } = await node.call('account_assets', { owner, limit: SHOWN }, context.signal)
  const ethereum = await openOptionalEthereum(context, node)
  const token = await ethereum?.tokenBalance(owner)
  const wei = await ethereum?.balance(owner)
  const rows: [string, string][] = [
    ['address', owner],
    ['TTX', formatAmount(spendable)],
    ...partRows({ spendable, ordered, final, outputs }, formatAmount),
    ...(inOffers === 0n ? [] : [['of it', `${formatAmount(inOffers)} in offers (${LEFT_ALONE})`] as [string, string]]),
    ['outputs', `${outputs.length}`],
    ...refusableRows(outputs, formatAmount),
  ]
  if (token !== undefined) rows.push(['wTTX', formatAmount(token)])
  if (wei !== undefined) rows.push(['ETH', formatEther(wei)])
  const seen = await assetViews(node, ethereum, 0, context.signal).ofAll(assets)
  const known = namesOf(seen.map(([, view]) => view))
  for (const [each, view] of seen) rows.push(['asset', nameOf(each.spendable, view)], ...warningRows(view, known))
  if (assets.length > 0) rows.push([next === undefined ? 'of these' : 'and more', 'ttx asset list'])
  return {
    data: { owner, spendable, inOffers, ordered, final, change: changeIn(outputs), outputs, assets, wttx: token, wei },
    text: formatTable(rows),
  }
}

async function balanceOfAsset(context: CliContext, node: NodeLink, owner: Address, asset: Asset): Promise<Result> {
  const { spendable, ordered, final, outputs } = await node.call('account_balance', { owner, asset }, context.signal)
  const inOffers = await sumInOffers(context, node, owner, asset, { spendable, outputs })
  const ethereum = await openOptionalEthereum(context, node)
  const view = await assetViews(node, ethereum, FETCH_MS, context.signal).of(asset)
  const token = view.kind === 2 ? view.token : undefined
  const onEthereum = ethereum && token && (await tokenBalanceOf(ethereum, token, owner))
  const owed = ethereum && token && isEntered(asset) ? await owedByGateway(ethereum, asset, owner) : 0n
  const warnings = warningsOf(view, [])
  const rows: [string, string][] = [
    ['address', owner],
    ['asset', asset],
    ['spendable', formatOf(spendable, view)],
    ...partRows({ spendable, ordered, final, outputs }, (amount) => formatOf(amount, view)),
    ...(inOffers === 0n
      ? []
      : [['of it', `${formatOf(inOffers, view)} in offers (${LEFT_ALONE})`] as [string, string]]),
    ['outputs', `${outputs.length}`],
    ...refusableRows(outputs, (amount) => formatOf(amount, view)),
    ...(onEthereum === undefined
      ? []
      : [['on Ethereum', `${formatOf(onEthereum, view)} of token ${token}`] as [string, string]]),
    ...(owed === 0n
      ? []
      : [
          ['owed', `${formatOf(owed, view)} for blocks mined: "ttx asset withdraw ${asset} ${owner}" sends it`] as [
            string,
            string,
          ],
        ]),
    ...warnings.map((warning): [string, string] => ['careful', warning]),
    ...(view.unread === undefined ? [] : [['not known', view.unread] as [string, string]]),
    ...(spendable > 0n ? [] : await meantRows(node, owner, asset, context.signal)),
  ]
  const { symbol, decimals } = view
  return {
    data: {
      owner,
      asset,
      symbol,
      decimals,
      spendable,
      inOffers,
      ordered,
      final,
      change: changeIn(outputs),
      outputs,
      token,
      onEthereum,
      owed,
      warnings,
    },
    text: formatTable(rows),
  }
}

type Balance = Pick<RpcResult<'account_balance'>, 'spendable' | 'ordered' | 'final' | 'outputs'>

/** Parts that add up to what can be spent, line by line. */
function partRows(
  { spendable, ordered, final, outputs }: Balance,
  format: (amount: bigint) => string,
): [string, string][] {
  const change = changeIn(outputs)
  const received = spendable - ordered - final - change
  return [
    ['  final', `${format(final)}  (in a final block: nothing can reverse it)`],
    ['  ordered', `${format(ordered)}  (in a block that is not final yet)`],
    ...(change === 0n
      ? []
      : [
          ['  change', `${format(change)}  (of your own payments, which no block has ordered yet)`] as [string, string],
        ]),
    ...(received === 0n
      ? []
      : [
          ['  received', `${format(received)}  (from others, in no block yet: they could still reverse it)`] as [
            string,
            string,
          ],
        ]),
  ]
}

/** What own payments gave back that no block has ordered; of the outputs that the node tells of, which are the first thousand. */
function changeIn(outputs: Balance['outputs']): bigint {
  return outputs.reduce((sum, { own, value }) => (own ? sum + value : sum), 0n)
}

/** What other nodes may never hear of: see `relayRows`. */
function refusableRows(outputs: Balance['outputs'], format: (amount: bigint) => string): [string, string][] {
  const refusable = outputs.filter(({ relayBits }) => relayBits !== undefined)
  if (refusable.length === 0) return []
  const sum = refusable.reduce((sum, { value }) => sum + value, 0n)
  const [first] = refusable
  const what = `${format(sum)} of it came in payments that other nodes may refuse, since they lack work`
  return [['careful', `${what}: count on it when it is ordered ("ttx status ${first?.infohash}" says more)`]]
}

/** What the outputs hold that open offers of the data folder give: also those that a node does not tell of among so many that others paid. */
async function sumInOffers(
  { folder, signal }: CliContext,
  node: NodeLink,
  owner: Address,
  asset: Asset | undefined,
  { spendable, outputs }: Pick<RpcResult<'account_balance'>, 'spendable' | 'outputs'>,
): Promise<bigint> {
  const bound = (await boundOutputs(folder.offers)).filter((each) => each.owner === owner && each.asset === asset)
  const names = new Set(bound.map(({ infohash }) => infohash))
  const there = new Map(outputs.map(({ infohash, value }) => [infohash, value]))
  const isAll = [...there.values()].reduce((sum, value) => sum + value, 0n) >= spendable
  const untold = isAll ? [] : [...names].filter((infohash) => !there.has(infohash))
  for (let at = 0; at < untold.length; at += AT_ONCE) {
    const of = untold.slice(at, at + AT_ONCE)
    const answer = await node.call('account_outputs', ofAsset({ owner, of }, asset), signal)
    for (const { infohash, value, status, spentBy } of answer.outputs)
      if (value !== undefined && spentBy === undefined && LIVE.has(status)) there.set(infohash, value)
  }
  return [...names].reduce((sum, infohash) => sum + (there.get(infohash) ?? 0n), 0n)
}

/** Who names a token, and has nothing of it here, may mean the asset that its gateway is. */
async function meantRows(
  node: NodeLink,
  owner: Address,
  asset: Asset,
  signal: AbortSignal,
): Promise<[string, string][]> {
  const factory = node.info.network.gatewayFactory
  if (factory === undefined || !isEntered(asset)) return []
  const gateway = gatewayOf(factory, asset)
  const { spendable } = await node.call('account_balance', { owner, asset: gateway }, signal)
  return spendable === 0n ? [] : [['perhaps', `${gateway}, the gateway of this token: ${spendable} units`]]
}

/** From the file of the wallet; only where that does not say it, by opening it. */
export async function walletAddress(context: CliContext): Promise<Address> {
  const { folder, settings } = context
  const file = walletFile(folder.wallets, settings.wallet)
  const keystore = await readKeystore(file).catch(() => undefined)
  const address = keystore && parseKeystore(keystore, file).address
  if (address !== undefined) return parseAddress(address)
  using wallet = await unlockWallet(context)
  return wallet.address
}
