// Burns for which the wallet was asked, from before it answers until somebody has seen how they ended: a page that is loaded again does not have anybody
// burn twice.

import { useMemo } from 'react'
import { z } from 'zod'
import type { Address } from '../../../protocol/ids.ts'
import { keep, readKept, useKept } from '../kept.ts'
import { parseList } from '../parse-list.ts'

const BURN = z.object({
  account: z.string(),
  /** Of the permit that goes along: it says whether it was used. */
  nonce: z.string().regex(/^[0-9]+$/),
  /** From then on the permit is of no use, by Ethereum's clock, seconds. */
  deadline: z.number(),
  /** Base units. */
  amount: z.string().regex(/^[0-9]+$/),
  to: z.string(),
  /** Of the transaction, once the wallet has said it. */
  hash: z.templateLiteral(['0x', z.string()]).optional(),
})
export type Burn = Readonly<z.output<typeof BURN>>

const BURNS = 'burns'

/** The oldest one of this account. */
export function useBurn(bridge: Address, account: Address | undefined): Burn | undefined {
  const text = useKept(BURNS, bridge)
  return useMemo(() => read(text).find((each) => each.account === account), [text, account])
}

/** In place of what is known of the same one. */
export function keepBurn(bridge: Address, burn: Burn): void {
  keep(BURNS, bridge, JSON.stringify([...without(bridge, burn), burn]))
}

export function forgetBurn(bridge: Address, burn: Burn): void {
  keep(BURNS, bridge, JSON.stringify(without(bridge, burn)))
}

function without(bridge: Address, { account, nonce }: Burn): readonly Burn[] {
  return read(readKept(BURNS, bridge)).filter((each) => each.account !== account || each.nonce !== nonce)
}

function read(text: string | null): readonly Burn[] {
  return parseList(text).flatMap((each) => BURN.safeParse(each).data ?? [])
}
