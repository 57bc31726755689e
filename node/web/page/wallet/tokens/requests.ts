// Requests of tokens that this browser has made: relayers do not claim them, so somebody has to remember them.

import { useMemo } from 'react'
import { type Address, type Infohash, isInfohash } from '../../../../protocol/ids.ts'
import { keep, readKept, useKept } from '../../kept.ts'
import { parseList } from '../../parse-list.ts'

const REQUESTS = 'requests'

/** Newest first. */
export function useRequests(bridge: Address | undefined): readonly Infohash[] {
  const text = useKept(REQUESTS, bridge)
  return useMemo(() => parse(text).toReversed(), [text])
}

export function keepRequest(bridge: Address, infohash: Infohash): void {
  keep(REQUESTS, bridge, JSON.stringify([...parse(readKept(REQUESTS, bridge)), infohash]))
}

export function forgetRequest(bridge: Address, infohash: Infohash): void {
  keep(REQUESTS, bridge, JSON.stringify(parse(readKept(REQUESTS, bridge)).filter((each) => each !== infohash)))
}

function parse(text: string | null): readonly Infohash[] {
  return parseList(text).filter((each): each is Infohash => typeof each === 'string' && isInfohash(each))
}
