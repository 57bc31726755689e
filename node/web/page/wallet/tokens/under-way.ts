// Deposits that were sent and whose end was not seen yet: a page that is loaded again goes on with them, and nobody pays twice for one.

import { useMemo } from 'react'
import type { Address } from '../../../../protocol/ids.ts'
import { keep, readKept, useKept } from '../../kept.ts'
import { parseList } from '../../parse-list.ts'
import type { Sent } from './deposit-token.ts'

export type UnderWay = Sent & { readonly gateway: Address /** Base units, in decimal. */; readonly amount: string }

const DEPOSITS = 'deposits'

export function useUnderWay(bridge: Address): readonly UnderWay[] {
  const text = useKept(DEPOSITS, bridge)
  return useMemo(() => parse(text), [text])
}

export function keepUnderWay(bridge: Address, deposit: UnderWay): void {
  keep(DEPOSITS, bridge, JSON.stringify([...parse(readKept(DEPOSITS, bridge)), deposit]))
}

export function forgetUnderWay(bridge: Address, id: string): void {
  keep(DEPOSITS, bridge, JSON.stringify(parse(readKept(DEPOSITS, bridge)).filter((each) => each.id !== id)))
}

function parse(text: string | null): readonly UnderWay[] {
  return parseList(text) as readonly UnderWay[] // nothing else writes there
}
