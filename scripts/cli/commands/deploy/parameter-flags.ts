// The parameters of a network as flags: one for each entry of the table, so that a new one is there by itself.

import { type Command, InvalidArgumentError } from 'commander'
import { formatAmount } from '../../../../node/client/amount.ts'
import {
  DEFAULT_PARAMETERS,
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterName,
  type Parameters,
  parametersOf,
} from '../../../../node/ethereum/deploying/parameters.ts'
import { workOf } from '../../../../node/protocol/target.ts'
import { GWEI } from '../../../../node/protocol/units.ts'
import { parseAmount } from '../../amount.ts'

const PLACEHOLDERS = { target: '<target>', tokens: '<ttx>', price: '<gwei>' } as const
const PRICE = /^(0|[1-9][0-9]{0,10})(?:\.([0-9]{1,9}))?$/
const POWER = /^2\^([0-9]{1,3})( ?- ?1)?$/
const DIGITS = /^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/

/** Gives a command a flag for each parameter, whose long name in camelCase is the parameter's. */
export function addParameters(command: Command): Command {
  for (const name of PARAMETER_NAMES) {
    const { kind, means, choice } = PARAMETERS[name]
    const preset = formatParameter(name, DEFAULT_PARAMETERS[name])
    command.option(
      `--${flagOf(name)} ${PLACEHOLDERS[kind]}`,
      `${means} [default: ${preset}]. ${choice}`,
      (text: string) => parseParameter(name, text),
    )
  }
  return command
}

/** Those that were given, and the defaults of the others. */
export function chosenParameters(flags: Partial<Parameters>): Parameters {
  return parametersOf((name) => flags[name] ?? DEFAULT_PARAMETERS[name])
}

/** For people. */
export function formatParameter(name: ParameterName, value: bigint): string {
  switch (PARAMETERS[name].kind) {
    case 'target':
      return `${formatTarget(value)}, ${formatHashes(workOf(value))} a block`
    case 'tokens':
      return `${formatAmount(value)} TTX`
    case 'price':
      return `${formatGwei(value)} gwei`
  }
}

export function flagOf(name: ParameterName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** Wei as gwei, without zeros at the end. */
export function formatGwei(wei: bigint): string {
  const fraction = (wei % GWEI).toString().padStart(9, '0').replace(/0+$/, '')
  return fraction === '' ? `${wei / GWEI}` : `${wei / GWEI}.${fraction}`
}

/** For commander. Throws its `InvalidArgumentError`. */
function parseParameter(name: ParameterName, text: string): bigint {
  const { kind, least, most } = PARAMETERS[name]
  const value = kind === 'tokens' ? parseAmount(text) : kind === 'price' ? parsePrice(text) : parseTarget(text)
  if (value >= least && value <= most) return value
  throw new InvalidArgumentError(
    `Expected ${formatParameter(name, least)} to ${formatParameter(name, most)}, which is what the contract accepts; got ${text}.`,
  )
}

function parsePrice(text: string): bigint {
  const [, whole, fraction = ''] = PRICE.exec(text) ?? []
  if (whole !== undefined) return BigInt(whole) * GWEI + BigInt(fraction.padEnd(9, '0'))
  throw new InvalidArgumentError(`Expected gwei with at most 9 decimals, as in 1 or 0.5; got ${text.slice(0, 40)}.`)
}

function parseTarget(text: string): bigint {
  const [, power, less] = POWER.exec(text) ?? []
  if (power !== undefined) return 2n ** BigInt(power) - (less === undefined ? 0n : 1n)
  if (DIGITS.test(text)) return BigInt(text)
  throw new InvalidArgumentError(
    `Expected a target as in 2^216-1, a number, or 0x and hex digits; got ${text.slice(0, 80)}.`,
  )
}

function formatTarget(target: bigint): string {
  const bits = target.toString(2).length
  if (target === 2n ** BigInt(bits) - 1n) return `2^${bits} - 1`
  if (target === 2n ** BigInt(bits - 1)) return `2^${bits - 1}`
  return `0x${target.toString(16)}`
}

function formatHashes(hashes: bigint): string {
  const bits = hashes.toString(2).length - 1
  return hashes === 2n ** BigInt(bits) ? `2^${bits} hashes` : `about 2^${bits} hashes`
}
