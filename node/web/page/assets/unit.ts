// In what an amount is written: whole units of TTX, of what an asset claims to be, or base units where nobody says the decimals.

import { DECIMALS, formatAmount, readWritten, toUnits } from '../../../client/amount.ts'
import type { AssetView } from '../../../client/assets/view.ts'
import type { Asset } from '../../../protocol/asset.ts'
import type { Words } from '../language/en.ts'

export type Unit = {
  /** Of what it is; TTX if there is none. */
  readonly asset?: Asset
  /** What it calls itself. */
  readonly symbol?: string
  readonly decimals?: number
}

export const WHOLE_TTX: Unit = { symbol: 'TTX', decimals: DECIMALS }

/** Of an asset whose view may not be here yet. */
export function unitOf(asset: Asset | undefined, view: Pick<AssetView, 'symbol' | 'decimals'> | undefined): Unit {
  if (asset === undefined) return WHOLE_TTX
  const { symbol, decimals } = view ?? {}
  return {
    asset,
    ...(symbol === undefined ? {} : { symbol }),
    ...(decimals === undefined ? {} : { decimals }),
  }
}

/** The number alone, as a field takes it. */
export function formatNumber(tokens: bigint, { decimals = 0 }: Unit): string {
  return formatAmount(tokens, decimals)
}

/** What stands behind the number: its name, or that base units are meant. */
export function nameUnit({ symbol, decimals }: Unit, { assets }: Words): string {
  return decimals === undefined ? assets.units : (symbol ?? assets.nameless)
}

export function formatIn(tokens: bigint, unit: Unit, words: Words): string {
  return `${formatNumber(tokens, unit)} ${nameUnit(unit, words)}`
}

/** What was written for one is not what is meant of another. */
export function keyOf({ asset, decimals }: Unit): string {
  return `${asset ?? 'TTX'} ${decimals ?? ''}`
}

/** Base units from 1; undefined for anything else. A comma is a point to those who write it; between digits of a thousand it is neither, and wrong. */
export function readIn(text: string, unit: Unit): bigint | undefined {
  const written = readWritten(text.trim())
  const tokens = written && toUnits(written, unit.decimals ?? 0, '')
  return typeof tokens === 'bigint' ? tokens : undefined
}
