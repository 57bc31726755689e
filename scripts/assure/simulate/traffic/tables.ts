// How long requests and payments wait at each volume, in both modes and in calldata alone: a table of docs/economics.md.

import { GWEIS, markdown } from '../table.ts'
import { playVolume, type VolumeResult, type Waits } from './volumes.ts'

/** Requests and payments an hour; the last but one is a flood of payments, the last has more requests than blocks have room for. */
const VOLUMES = [
  [1, 10],
  [6, 120],
  [60, 1_200],
  [400, 3_000],
  [6, 6_000],
  [700, 1_000],
] as const

export function volumeTable(seed: number, say: (text: string) => void): string {
  const head = [
    'requests, payments an hour',
    'gwei',
    'blocks a day',
    'in blobs',
    'a request waits, hours',
    'a payment waits, hours',
    'in calldata alone: a request',
    'a payment',
    'payments a second',
    'in calldata alone',
    'all miners net, ETH a day',
    'in calldata alone',
  ]
  const lines = VOLUMES.flatMap(([requests, payments]) =>
    GWEIS.map((gwei) => {
      say(`${requests} requests and ${payments} payments an hour at ${gwei} gwei`)
      const both = playVolume({ requests, payments, gwei }, seed)
      const alone = playVolume({ requests, payments, gwei, isCalldataOnly: true }, seed)
      const name = `${requests.toLocaleString('en-US')}, ${payments.toLocaleString('en-US')}`
      const waits = [both, alone].flatMap(({ requestWaits, paymentWaits }) =>
        [requestWaits, paymentWaits].map(formatWaits),
      )
      const ordered = [both, alone].map((result) => result.ordered.toPrecision(2))
      return [
        ...[name, `${gwei}`, both.blocksADay.toFixed(0), `${Math.round(100 * both.inBlobs)}%`],
        ...[...waits, ...ordered],
        ...[both, alone].map(formatNet),
      ]
    }),
  )
  return markdown(head, lines)
}

/** Median and longest, and the part for which there was no block within a day and a half. */
function formatWaits({ median, longest, waiting }: Waits): string {
  if (waiting > 0.5) return `${Math.round(100 * waiting)}% in vain`
  const rest = waiting < 0.01 ? '' : `, ${Math.round(100 * waiting)}% in vain`
  return `${median.toFixed(1)} to ${longest.toFixed(1)}${rest}`
}

function formatNet({ net }: VolumeResult): string {
  return net.toFixed(2)
}
