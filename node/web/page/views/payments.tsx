// All payments that the node has, newest first.

import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWords } from '../language/language.tsx'
import { node } from '../node.ts'
import { Answer } from '../parts/states.tsx'
import { TransactionList } from '../parts/transaction-list.tsx'

const PAGE = 50

export function Payments() {
  const words = useWords()
  const [unordered, setUnordered] = useState(false)
  const pages = useInfiniteQuery({
    queryKey: ['transactions', 'pages of tx_list', unordered],
    queryFn: async ({ pageParam, signal }) =>
      await node.call('tx_list', { limit: PAGE, unordered, ...(pageParam < 0 ? {} : { before: pageParam }) }, signal),
    initialPageParam: -1,
    getNextPageParam: ({ next }) => next,
  })
  return (
    <>
      <h1>{words.payments.heading}</h1>
      <label>
        <input type="checkbox" checked={unordered} onChange={({ target }) => setUnordered(target.checked)} />{' '}
        {words.payments.unordered}
      </label>
      <Answer of={pages}>
        {({ pages: shown }) => <TransactionList transactions={shown.flatMap(({ transactions }) => transactions)} />}
      </Answer>
      {pages.hasNextPage && (
        <button type="button" onClick={() => void pages.fetchNextPage()} disabled={pages.isFetchingNextPage}>
          {words.misc.more}
        </button>
      )}
    </>
  )
}
