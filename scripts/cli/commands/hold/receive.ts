// ttx receive: a request to be paid, as text and as a QR code.

import type { Command } from 'commander'
import { encodeQR } from 'qr'
import type { WrittenAmount } from '../../../../node/client/amount.ts'
import { formatPaymentUri } from '../../../../node/client/payment-uri.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { type AssetFlags, addAssetOptions, amountFor, checkOwnable, chooseAsset } from '../../assets/asset-option.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openNode } from '../../link.ts'
import { networkData, networkRow } from '../../moving/agree.ts'
import { describeWhom } from '../../moving/whom.ts'
import { parseMemo } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'
import { walletAddress } from './balance.ts'

type Flags = AssetFlags & {
  readonly to?: string
  readonly label?: string
  readonly memo?: string
  readonly qr: boolean
}

export function registerReceive(program: Command, act: Act): void {
  const command = program.command('receive')
  addAssetOptions(
    command
      .helpGroup(AUDIENCE.bridge)
      .summary('a payment request to hand to whoever pays: text and QR code')
      .description(
        'Print a payment request, torrenttx:ADDRESS?amount=..., and on a terminal a QR code of it. It names the network, so that nobody pays on another one; "ttx send" reads it. It costs nothing, promises nothing, and needs no passphrase.',
      )
      .argument('[amount]', 'TTX, as in 1.5; without it the payer chooses', amountFor(command))
      .option('--to <whom>', `who is paid: ${WHOSE}; without it the wallet`)
      .option('--label <text>', 'who asks, or what for: the payer sees it, and nobody else')
      .option('--memo <text>', 'what the payment shall say, for everybody to read', parseMemo)
      .option('--no-qr', 'no QR code'),
  )
    .option('--unfinal', 'also an asset whose issuance is not final')
    .action(act(receive))
  addExamples(
    addSettings(command, ['node', 'deployment', 'ethereum']),
    'ttx receive 25 --label "Coffee at the corner" --wallet alice',
    'ttx receive --wallet alice --json',
  )
}

async function receive(context: CliContext, amount: bigint | WrittenAmount | undefined, flags: Flags): Promise<Result> {
  const to = flags.to === undefined ? await walletAddress(context) : await addressOf(context, flags.to)
  const node = await openNode(context)
  checkOwnable(node, to)
  const { memo, label, asset } = flags
  const chosen = amount === undefined ? undefined : await chooseAsset(context, node, amount, flags)
  const { chain, bridge } = node.info.network
  const request = {
    ...ofAsset({ to, chain, bridge }, asset),
    ...(chosen === undefined ? {} : { tokens: chosen.tokens }),
    ...(memo === undefined ? {} : { memo }),
    ...(label === undefined ? {} : { label }),
  }
  const uri = formatPaymentUri(request)
  const table = formatTable([
    ['pay', chosen?.words ?? (asset === undefined ? 'any amount of TTX' : `any amount of asset ${asset}`)],
    ['to', await describeWhom(context, to)],
    ...(label === undefined ? [] : [['label', label] as const]),
    ...(memo === undefined ? [] : [['memo', memo] as const]),
    networkRow(context, node),
    ['request', uri],
  ])
  const isShown = flags.qr && !context.json && context.shell.stdout.isTTY === true
  return {
    data: { uri, to, tokens: chosen?.tokens, asset, memo, label, network: networkData(context, node) },
    text: isShown ? `${table}\n\n${qrCode(uri)}` : table,
  }
}

/**
 * Two modules a character, light on dark: a terminal with a light ground shows it inverted, which readers of ISO/IEC 18004:2015 accept. Four modules of
 * quiet zone on each side.
 */
export function qrCode(text: string): string {
  const modules = encodeQR(text, 'raw', { ecc: 'low', border: 4 })
  const isLight = (row: number, column: number) => modules[row]?.[column] === false
  const lines: string[] = []
  for (let row = 0; row < modules.length; row += 2) {
    const cells = (modules[row] ?? []).map(
      (_, column) => BLOCKS[2 * Number(isLight(row, column)) + Number(isLight(row + 1, column))],
    )
    lines.push(cells.join(''))
  }
  return lines.join('\n')
}

/** By upper and lower half. */
const BLOCKS = [' ', '▄', '▀', '█'] as const
