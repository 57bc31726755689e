// ttx deposit: burn wTTX on Ethereum, or give a token to its gateway, to be credited on the TTX side.

import type { Command } from 'commander'
import { formatAmount, type WrittenAmount } from '../../../../node/client/amount.ts'
import { shownOf } from '../../../../node/client/assets/view.ts'
import { deposit } from '../../../../node/client/ethereum/deposit.ts'
import { depositToken, type Preparation } from '../../../../node/client/ethereum/deposit-token.ts'
import { OperationError } from '../../../../node/errors.ts'
import { gatewayOf } from '../../../../node/ethereum/gateways/gateway.ts'
import { readTokenClaim, tokenOfGateway } from '../../../../node/ethereum/gateways/token.ts'
import { type Asset, isEntered } from '../../../../node/protocol/asset.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import { type AssetFlags, amountFor, checkOwnable, parseAsset, unitsOf } from '../../assets/asset-option.ts'
import { formatOf, nameOf } from '../../assets/words.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { SENDING, showWhile } from '../../live-line.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { describeWhom } from '../../moving/whom.ts'
import { openCommandSender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'
import { isSeen } from '../../waiting/seen.ts'
import { addressOf, WHOSE } from '../../whose.ts'

export function registerDeposit(program: Command, act: Act): void {
  const command = program.command('deposit')
  command
    .helpGroup(AUDIENCE.bridge)
    .summary('move wTTX, or a token of Ethereum, to the TTX side')
    .description(
      'Burn wTTX of the wallet on Ethereum, in one transaction (the allowance is signed along with it, EIP-2612). 99% is credited on the TTX side by the next bridging block, which has to contain it once it is an hour old; 1% goes to the miner of that block. With --asset it gives a token (ERC-20) to its gateway instead, which is made if there is none, allows exactly the amount before, and pays the price of an entry in ETH: up to three transactions, and all that arrives is credited. While many others deposit, it costs a surcharge in coins.',
    )
    .argument('<amount>', 'wTTX, as in 1.5; of a token as many decimals as it says', amountFor(command))
    .argument('[to]', `who is credited: ${WHOSE}; without it your own address, which is the same on both chains`)
    .option('--asset <token>', 'a token on Ethereum by its address, or the asset that its gateway is', parseAsset)
    .option('--units', 'the amount is in base units of the token, whatever decimals it says that it has')
    .action(act(run))
  addExamples(
    addSettings(addYes(command), ['node', 'deployment', 'ethereum', 'maxGasPrice']),
    'ttx deposit 50 --wallet alice',
    'ttx deposit 50 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice --json',
    'ttx deposit 2.5 --asset 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice',
  )
}

async function run(
  context: CliContext,
  amount: bigint | WrittenAmount,
  recipient: string | undefined,
  { asset, units, ...flags }: AssetFlags & YesFlag,
): Promise<Result> {
  const given = recipient === undefined ? undefined : await addressOf(context, recipient)
  if (typeof amount !== 'bigint' && asset !== undefined)
    return await runToken(context, amount, given, asset, units === true, flags)
  if (typeof amount !== 'bigint' || units === true)
    throw new OperationError('bad-arguments', 'expected --asset along with --units, got none; name the token')
  const { node, sender } = await openCommandSender(context)
  const { account } = sender.ethereum
  const to = given ?? account
  checkOwnable(node, to)
  const whom = await describeWhom(context, to, account)
  const terms = [
    ['burn', `${formatAmount(amount)} wTTX on Ethereum, for as many TTX less 1%`],
    ['from', await describeWhom(context, account)],
    ['to', whom],
  ] as const
  await agree(context, node, terms, flags, 'Burn this?')
  const { infohash, index, credit, transaction, isEarlier, acknowledge } = await showWhile(
    context.shell,
    SENDING,
    deposit(sender, amount, to, context.signal),
  )
  await isSeen(node, infohash, context.signal)
  return {
    data: {
      ...{ infohash, index, gross: amount, credit, to, transaction, earlier: isEarlier },
      network: networkData(context, node),
    },
    text: formatTable([
      ['burned', `${formatAmount(amount)} wTTX of ${account}`],
      ['credits', `${formatAmount(credit)} TTX to ${whom}, once a bridging block contains it`],
      networkRow(context, node),
      ['transaction', transaction],
      ['infohash', infohash],
      ['follow it', `ttx status ${infohash}`],
      ...earlierRows(isEarlier, 'it was burned once', 'for a second deposit, run the command again'),
    ]),
    onPrinted: acknowledge,
  }
}

async function runToken(
  context: CliContext,
  amount: WrittenAmount,
  given: Address | undefined,
  asset: Asset,
  isUnits: boolean,
  flags: YesFlag,
): Promise<Result> {
  if (!isEntered(asset)) throw notFromEthereum(asset)
  const { node, sender } = await openCommandSender(context)
  const { ethereum } = sender
  const factory = node.info.network.gatewayFactory
  if (factory === undefined) throw noFactory(node.url)
  const token = (await tokenOfGateway(ethereum, factory, asset)) ?? asset
  const gateway = gatewayOf(factory, token)
  const claimed = await readTokenClaim(ethereum, token)
  const view = { asset: gateway, kind: 2, ...shownOf(claimed) } as const
  const tokens = unitsOf(view, amount, isUnits)
  const to = given ?? ethereum.account
  checkOwnable(node, to)
  const whom = await describeWhom(context, to, ethereum.account)
  const terms = [
    ['deposit', `${formatOf(tokens, view)} of token ${token}, for as much of the asset ${gateway}`],
    ['from', await describeWhom(context, ethereum.account)],
    ['to', whom],
  ] as const
  await agree(context, node, terms, flags, 'Deposit this?')
  const say = (what: Preparation) => context.say(PREPARATIONS[what])
  const done = await depositToken(sender, { factory, token, amount: tokens, to }, say, context.signal)
  const { infohash, index, credit, transaction, isEarlier, acknowledge } = done
  await isSeen(node, infohash, context.signal)
  return {
    data: {
      ...{ infohash, index, token, asset: gateway, gross: tokens, credit, to, transaction, earlier: isEarlier },
      ...shownOf(claimed),
      network: networkData(context, node),
    },
    text: formatTable([
      ['deposited', `${formatOf(tokens, view)} of ${ethereum.account}, token ${token}`],
      ['credits', `${nameOf(credit, view)} to ${whom}, once a bridging block contains it`],
      networkRow(context, node),
      ['transaction', transaction],
      ['infohash', infohash],
      ['follow it', `ttx status ${infohash}`],
      ...earlierRows(isEarlier, 'it was deposited once', 'for a second deposit, run the command again'),
    ]),
    onPrinted: acknowledge,
  }
}

const PREPARATIONS: Readonly<Record<Preparation, string>> = {
  create: 'making the gateway of the token, which nobody has made yet',
  approve: 'allowing the gateway to take the amount, and no more',
}

function notFromEthereum(asset: Asset): OperationError {
  return new OperationError(
    'bad-arguments',
    `expected a token on Ethereum (0x in front), got ${asset}, which is issued on TTX and comes from nowhere else; pay it with "ttx send --asset"`,
    { facts: { asset } },
  )
}

function noFactory(url: string): OperationError {
  return new OperationError(
    'no-gateway',
    `expected a network with a factory of gateways, got none from the node at ${url}; "ttx deploy-gateways FILE" makes one and writes it into the file of the network, with which the node is then started again`,
    { facts: { url } },
  )
}
