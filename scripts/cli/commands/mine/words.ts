// What a miner says of itself, in words: the line that changes, the table of `ttx miner status`, and the sum at the end.

import { formatEther } from '../../../../miner/profit.ts'
import { workOf } from '../../../../node/protocol/target.ts'
import { toWei, type Wei } from '../../../../node/protocol/units.ts'
import type { MinerReport } from '../../../miner-report.ts'
import { formatCount, formatHashRate } from '../../hash-rate.ts'
import { fitLine, type Part } from '../../screen/fit.ts'
import { formatSpan } from '../../time.ts'

/** One line of at most `width` characters. With a price money is one sum; both parts of it are in the table. */
export function liveLine(report: MinerReport, width: number): string {
  const { state, height, blocks, money, network, rates } = report
  const { tenSeconds, minute, quarterHour } = rates
  const isSearching = state === 'searching'
  const sum = money.profit === undefined ? '' : `profit ${signed(money.profit, short)} ETH`
  const both = `${signed(money.earned, short)} TTX, ${signed(money.ether, short)} ETH`
  const parts: Part[] = [
    { text: height === undefined ? state : `${state} #${height}`, rank: 9 },
    { text: report.hashesPerSecond === 0 ? '' : formatHashRate(tenSeconds), rank: 8 },
    // Without their unit, which is that of the rate before them.
    { text: minute === undefined ? '' : `60s ${formatCount(minute)}`, rank: 4 },
    { text: quarterHour === undefined ? '' : `15m ${formatCount(quarterHour)}`, rank: 3 },
    { text: isSearching ? workLine(report, 'H') : '', rank: 7 },
    { text: network === undefined ? '' : `${percent(network.share)} share`, rank: 5 },
    { text: sum || both, rank: 6 },
    { text: `${blocks.published} published, ${blocks.final} final`, rank: isSearching ? 2 : 5 },
  ]
  return fitLine(parts, width)
}

/** One thing a row, each as long as it has to be. */
export function statusRows(report: MinerReport): [string, string][] {
  const { state, because, problem, height, threads, kernel, cores, rates, searchedSeconds, blocks } = report
  const spans = [
    `${formatHashRate(rates.tenSeconds)} over 10 s`,
    ...(rates.minute === undefined ? [] : [`${formatHashRate(rates.minute)} over 60 s`]),
    ...(rates.quarterHour === undefined ? [] : [`${formatHashRate(rates.quarterHour)} over 15 min`]),
  ]
  return [
    ['state', height === undefined ? state : `${state}, block ${height}`],
    ['because', because],
    ...(problem === undefined ? [] : [['problem', problem] as [string, string]]),
    [
      'hash rate',
      report.hashesPerSecond === 0 ? 'unknown: it has not searched yet' : `${spans.join(', ')} of searching`,
    ],
    [
      'searched',
      `${formatSpan(searchedSeconds)} since it was started, on ${threads} of ${cores} cores by kernel ${kernel}`,
    ],
    ...(report.target === undefined ? [] : [['next block', workLine(report)] as [string, string]]),
    ['network', networkWords(report)],
    [
      'blocks',
      `${blocks.found} found, ${blocks.published} published, ${blocks.final} final, ${blocks.lost} lost, of all starts`,
    ],
    ...moneyRows(report),
  ]
}

/** What the estimate is made of, and how good it is. */
function networkWords({ network }: Pick<MinerReport, 'network'>): string {
  if (network === undefined) return 'unknown: too few blocks of late, or no hash rate yet'
  const { hashesPerSecond, blocks, seconds, share } = network
  const error = Math.round(100 / Math.sqrt(blocks))
  return `${percent(share)} of it; all miners ${formatHashRate(hashesPerSecond)}, by the work of the last ${blocks} blocks in ${formatSpan(seconds)} (give or take ${error}%)`
}

/** Of all starts. */
export function moneyRows({ money, bonds }: Pick<MinerReport, 'money' | 'bonds'>): [string, string][] {
  const forced = money.queueFees === '0' ? '' : `, ${positive(money.queueFees)} ETH of forced transactions`
  const pending = money.pendingQueueFees === '0' ? '' : ` and ${positive(money.pendingQueueFees)} ETH`
  return [
    ['earned', `${positive(money.earned)} TTX${forced} (${positive(money.pending)} TTX${pending} more once final)`],
    [
      'paid',
      `${positive(money.gas)} ETH for gas, ${positive(money.bondsLost)} ETH of lost bonds (${positive(bonds)} ETH are out)`,
    ],
    ['profit', money.profit === undefined ? `${moneyWords(money)}; as one sum with a --price` : moneyWords(money)],
  ]
}

/** What it came to: `+0.02 TTX, -0.0009 ETH`, and with a price `= +0.0011 ETH`. */
export function moneyWords({
  earned,
  ether,
  profit,
}: Pick<MinerReport['money'], 'earned' | 'ether' | 'profit'>): string {
  const sum = profit === undefined ? '' : ` = ${signed(profit)} ETH`
  return `${signed(earned)} TTX, ${signed(ether)} ETH${sum}`
}

/** `+0.02`, `-0.0009`, `0`: of text with 18 decimals. */
function signed(amount: string, write: (wei: Wei) => string = formatEther): string {
  const value = BigInt(amount)
  if (value === 0n) return '0'
  return value < 0n ? `-${write(toWei(-value))}` : `+${write(toWei(value))}`
}

/** Three digits that count, and no exponents: 12.3, 1234, 0.000912. */
function short(wei: Wei): string {
  const text = formatEther(wei)
  const [whole = '', decimals = ''] = text.split('.')
  if (whole.length > 2 || decimals === '') return whole
  const zeros = whole === '0' ? (/^0*/.exec(decimals)?.[0].length ?? 0) : -whole.length
  return `${whole}.${decimals.slice(0, zeros + 3)}`
}

function positive(amount: string): string {
  return formatEther(toWei(BigInt(amount)))
}

function workLine({ target, expectedSeconds }: MinerReport, unit = ' hashes'): string {
  if (target === undefined) return ''
  const hashes = `${formatCount(Number(workOf(BigInt(target))))}${unit}`
  return expectedSeconds === undefined ? hashes : `${hashes} ~${formatExpected(expectedSeconds)}`
}

function formatExpected(seconds: number): string {
  return seconds < 1 ? '1 s' : formatSpan(Math.round(seconds))
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))}%`
}
