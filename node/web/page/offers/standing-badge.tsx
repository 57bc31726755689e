// What became of an offer, in a word.

import type { OfferStanding } from '../../../client/offers/standing.ts'
import type { Address } from '../../../protocol/ids.ts'
import { useWords } from '../language/language.tsx'
import { Badge, type Tone } from '../parts/states.tsx'
import type { Entry } from './book.ts'
import { useStanding } from './use-book.ts'

const TONES: Readonly<Record<OfferStanding['state'], Tone>> = {
  open: 'good',
  taken: 'plain',
  withdrawn: 'plain',
  spent: 'bad',
  unknown: 'pending',
  void: 'bad',
}

type StandingBadgeProps = {
  readonly bridge: Address
  readonly entry: Entry
  /** How long peers may be asked for what it gives, milliseconds. */
  readonly fetchMs?: number
}

export function StandingBadge({ bridge, entry, fetchMs = 0 }: StandingBadgeProps) {
  const { swap, misc } = useWords()
  const { data, error } = useStanding(bridge, entry, fetchMs)
  const state = entry.end?.state ?? data?.state
  if (state === undefined) return <span className="faint">{error?.message ?? misc.loading}</span>
  return <Badge tone={TONES[state]}>{swap.states[state]}</Badge>
}
