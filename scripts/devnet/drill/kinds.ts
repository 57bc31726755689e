// All that can be drilled: lies that are one block, and plots of several.

import type { Expectation } from './lie.ts'
import { LIE_KINDS, LIES, type LieKind } from './lies.ts'
import { PLOTS, type Plot } from './plots.ts'

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

/** What it does, for people, and what must become of it. */
export function describeKind(kind: DrillKind): { readonly about: string; readonly expected: Expectation } {
  return isPlot(kind) ? PLOTS[kind] : LIES[kind]
}

/** The lie that is told in the end. */
export function lieOf(kind: DrillKind): LieKind {
  return isPlot(kind) ? 'mint' : kind
}

function isPlot(kind: DrillKind): kind is PlotKind {
  return Object.hasOwn(PLOTS, kind)
}
