// ttx asset show: all that is known of an asset, and what speaks against it.

import type { Command } from 'commander'
import type { EnteredView, IssuedView } from '../../../../node/client/assets/view.ts'
import { OperationError } from '../../../../node/errors.ts'
import { gatewayOf } from '../../../../node/ethereum/gateways/gateway.ts'
import { hasCode } from '../../../../node/ethereum/gateways/token.ts'
import type { EthereumReader } from '../../../../node/ethereum/reader.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import { parseAsset } from '../../assets/asset-option.ts'
import { ownNames } from '../../assets/own-names.ts'
import { assetViews } from '../../assets/views.ts'
import { formatOf, kindWords, warningsOf } from '../../assets/words.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { type NodeLink, openNode, openOptionalEthereum } from '../../link.ts'
import { addSettings } from '../../setting-flags.ts'
import { STATUS_WORDS } from '../../status/transaction.ts'

const FETCH_MS = 10_000

export function registerShow(asset: Command, act: Act): void {
  addExamples(
    addSettings(
      asset
        .command('show')
        .summary('one asset')
        .description(
          'Show what an asset is: issued on TTX (by whom, how much, whether that is final, what it calls itself), or entered by a contract on Ethereum (whether that is a gateway of this network, and of which token). A name that reads like that of another asset of the wallet is told. It needs no passphrase.',
        )
        .argument('<id>', 'the contract that entered it, with 0x, or the infohash of its issuance', parseAsset)
        .action(act(show)),
      ['node', 'deployment', 'ethereum'],
    ),
    `ttx asset show ${'c12fe1c06b'.repeat(4)}`,
    'ttx asset show 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --json',
  )
}

async function show(context: CliContext, asset: Asset): Promise<Result> {
  const node = await openNode(context)
  const ethereum = await openOptionalEthereum(context, node)
  const view = await assetViews(node, ethereum, FETCH_MS, context.signal).of(asset)
  if (view.kind === 3 && view.unread !== undefined)
    throw new OperationError('unknown-asset', view.unread, { facts: { asset }, retry: true })
  const own = await ownNames(context, node, ethereum)
  const warnings = [...warningsOf(view, own.names), ...own.warnings]
  const rows: [string, string][] = [
    ['asset', asset],
    ['kind', `${view.kind}: ${kindWords(asset)}`],
    ['calls itself', view.symbol ?? 'nothing that is shown'],
    ['decimals', view.decimals === undefined ? 'not known: amounts are in units' : `${view.decimals}`],
    ...(view.kind === 3 ? issuedRows(view) : await enteredRows(node, view, ethereum)),
    ...warnings.map((warning): [string, string] => ['careful', warning]),
  ]
  return { data: { ...view, warnings }, text: formatTable(rows) }
}

function issuedRows(view: IssuedView): [string, string][] {
  const { status, issuer, issuedTo, issued, memo, prospectus, isFinal } = view
  return [
    ['issuance', `${status}: ${STATUS_WORDS[status]}`],
    ['final', isFinal ? 'yes' : 'no: wallets refuse the asset until it is'],
    ...(issuer === undefined ? [] : [['issuer', issuer] satisfies [string, string]]),
    ...(issued === undefined
      ? []
      : [['issued', `${formatOf(issued, view)}, ${issued} units, to ${issuedTo}`] satisfies [string, string]]),
    ['memo', memo === undefined ? 'none' : `"${memo}"`],
    ...(prospectus === undefined ? [] : [['prospectus', `torrent ${prospectus}`] satisfies [string, string]]),
    ['leaves to', 'nowhere: what was issued on TTX stays there'],
  ]
}

async function enteredRows(
  node: NodeLink,
  view: EnteredView,
  ethereum: EthereumReader | undefined,
): Promise<[string, string][]> {
  const { asset, token, isGateway, unread } = view
  if (unread !== undefined) return [['not known', unread]]
  if (isGateway === true && token !== undefined) {
    const opened = ethereum === undefined || (await hasCode(ethereum, asset))
    return [
      ['gateway', `of this network${opened ? '' : ', which nobody has made yet'}`],
      ['token', `${token}: the asset is worth what this token is, see docs/gateways.md`],
    ]
  }
  const isThere = ethereum !== undefined && (await hasCode(ethereum, asset))
  const factory = node.info.network.gatewayFactory
  return [
    ['contract', isThere ? 'some contract, which is no gateway of this network' : 'there is none at this address'],
    ...(isThere && factory !== undefined
      ? [['if a token', `it is the asset ${gatewayOf(factory, asset)} on TTX`] satisfies [string, string]]
      : []),
  ]
}
