// Requests to be paid for which a payment was signed here: whoever opens the same link once more is told.

import { useMemo } from 'react'
import { z } from 'zod'
import { type Address, type Infohash, isInfohash } from '../../../protocol/ids.ts'
import { keep, readKept, useKept } from '../kept.ts'
import { parseList } from '../parse-list.ts'

const PAID = z.object({ uri: z.string(), infohash: z.string().refine(isInfohash) })

const REQUESTS = 'paid requests'
/** The oldest are forgotten. */
const MOST = 100

/** The newest payment that was signed for this request. */
export function usePaidBefore(bridge: Address | undefined, uri: string | undefined): Infohash | undefined {
  const text = useKept(REQUESTS, bridge)
  return useMemo(() => read(text).findLast((each) => each.uri === uri)?.infohash, [text, uri])
}

export function keepPaid(bridge: Address, uri: string, infohash: Infohash): void {
  const all = [...read(readKept(REQUESTS, bridge)), { uri, infohash }]
  keep(REQUESTS, bridge, JSON.stringify(all.slice(-MOST)))
}

function read(text: string | null) {
  return parseList(text).flatMap((each) => PAID.safeParse(each).data ?? [])
}
