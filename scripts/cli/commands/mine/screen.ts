// Where a miner's words go: on a terminal one line that changes, with events above it; elsewhere lines of JSON, or of text where that is asked for.

import { createLogger, type Logger, type LogLevel } from '../../../../node/log.ts'
import type { MinerReport } from '../../../miner-report.ts'
import type { CliContext } from '../../context.ts'
import { eventLines } from '../../screen/event-lines.ts'
import { LiveLine, WIDTH } from '../../screen/live-line.ts'
import type { Shell } from '../../shell.ts'
import { liveLine, moneyWords } from './words.ts'

/** Disposing leaves the terminal as a shell wants it. */
export type Screen = Disposable & {
  readonly log: Logger
  /** It does something else than before. */
  change(report: MinerReport): void
  /** It does the same as a second ago. */
  tick(report: MinerReport): void
}

/** While it searches, a line of a log says so this often. */
const SEARCHING_MS = 60_000
const LEAST_WIDTH = 40
/** The time of day and a space. */
const TIME_COLUMNS = 9

/** JSON unless standard error is a terminal; `--log-json` and `TTX_LOG_JSON=false` decide otherwise. */
export function openScreen({ settings, shell }: Pick<CliContext, 'settings' | 'shell'>): Screen {
  const { logLevel, logJson } = settings
  if (logJson !== true && shell.stderr.isTTY === true) return onTerminal(shell, logLevel)
  return logJson === false ? asText(shell, logLevel) : asJson(logLevel)
}

function onTerminal({ stderr, env }: Shell, level: LogLevel): Screen {
  const live = new LiveLine(stderr, env['NO_COLOR'] === undefined)
  const log = createLogger({ level, json: true, colors: false }, live)
  const tick = (report: MinerReport) => live.show(liveLine(report, live.width))
  const change = (report: MinerReport) => {
    tick(report)
    log.info(wordsOf(report))
  }
  return { log, change, tick, [Symbol.dispose]: () => live[Symbol.dispose]() }
}

function asText({ stderr, env }: Shell, level: LogLevel): Screen {
  const width = Math.max(LEAST_WIDTH, Number(env['COLUMNS']) || WIDTH)
  const write = (line: string) => void stderr.write(`${eventLines(line, width).lines.join('\n')}\n`)
  const log = createLogger({ level, json: true, colors: false }, { write })
  let told = ''
  const change = (report: MinerReport) => {
    const news = newsOf(report)
    log.info(news === told ? wordsOf(report) : `${wordsOf(report)} (${news})`)
    told = news
  }
  return inLog(log, change, (report) => log.info(liveLine(report, width - TIME_COLUMNS)))
}

function asJson(level: LogLevel): Screen {
  const log = createLogger({ level, json: true, colors: false })
  const say = (report: MinerReport) => log.info(allFacts(report), report.problem ?? report.because)
  return inLog(log, say, say)
}

function inLog(log: Logger, change: Screen['change'], goOn: Screen['tick']): Screen {
  let saidMs = 0
  return {
    log,
    change: (report) => {
      saidMs = report.at
      change(report)
    },
    tick: (report) => {
      if (report.state !== 'searching' || report.at - saidMs < SEARCHING_MS) return
      saidMs = report.at
      goOn(report)
    },
    [Symbol.dispose]: () => undefined,
  }
}

function wordsOf({ state, height, because, problem }: MinerReport): string {
  // All other trouble has a line of its own.
  const words = state === 'blocked' ? (problem ?? because) : because
  return `${height === undefined ? state : `${state} #${height}`}: ${words}`
}

/** What it has come to, once it has. */
function newsOf({ blocks, money }: MinerReport): string {
  const { published, final } = blocks
  return published === 0 ? '' : `${published} published, ${final} final, ${moneyWords(money)}`
}

function allFacts({ because: _because, start: _start, at: _at, ...facts }: MinerReport): object {
  return facts
}
