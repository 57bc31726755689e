// All that can be drilled: lies that are one block, and plots of several.

import type { Expectation } from './lie.ts'
import { expectationOf, LIE_KINDS, LIES, type LieKind, usualMode } from './lies.ts'
import { PLOTS, type Plot } from './plots.ts'
import type { DataMode } from './posting.ts'

type PlotKind = keyof typeof PLOTS
export type DrillKind = LieKind | PlotKind

/** Plots last: they take days on Ethereum, and leave a race behind. */
export const DRILL_KINDS: readonly DrillKind[] = [...LIE_KINDS, ...(Object.keys(PLOTS) as readonly PlotKind[])]

export function isDrillKind(text: string): text is DrillKind {
  return Object.hasOwn(LIES, text) || Object.hasOwn(PLOTS, text)
}

/** `undefined` for a lie that is one block. */
export function plotOf(kind: DrillKind): Plot | undefined {
  return isPlot(kind) ? PLOTS[kind] : undefined
}

/** What it does, for people. */
export function describeKind(kind: DrillKind): string {
  return isPlot(kind) ? PLOTS[kind].about : LIES[kind].about
}

/** The ways in which it can be posted, the usual one first. */
export function modesOf(kind: DrillKind): readonly DataMode[] {
  const usual = usualModeOf(kind)
  const other = usual === 'blobs' ? 'calldata' : 'blobs'
  return isPlot(kind) || expectationOf(kind, other) !== undefined ? [usual, other] : [usual]
}

export function usualModeOf(kind: DrillKind): DataMode {
  return isPlot(kind) ? 'calldata' : usualMode(kind)
}

/** What must become of it. Throws `RangeError` where it cannot be posted in this way. */
export function expectedOf(kind: DrillKind, data: DataMode): Expectation {
  const expected = isPlot(kind) ? PLOTS[kind].expected : expectationOf(kind, data)
  if (expected === undefined) throw new RangeError(`there is no ${kind} in ${data}`)
  return expected
}

/** The lie that is told in the end. */
export function lieOf(kind: DrillKind): LieKind {
  return isPlot(kind) ? 'mint' : kind
}

function isPlot(kind: DrillKind): kind is PlotKind {
  return Object.hasOwn(PLOTS, kind)
}
