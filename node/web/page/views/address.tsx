// What an address holds, what waits for it on Ethereum, and what it did.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { type Address, checksumAddress, parseAddress } from '../../../protocol/ids.ts'
import { AssetDoubts } from '../assets/asset-name.tsx'
import { useHeldViews } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import { node, useCall } from '../node.ts'
import { CopyButton } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Answer, Row } from '../parts/states.tsx'
import { TransactionList } from '../parts/transaction-list.tsx'
import { NotFound } from './not-found.tsx'

const PAGE = 50

export function AddressView() {
  const { owner: text } = useParams({ from: '/address/$owner' })
  const owner = readAddress(text)
  return owner === undefined ? <NotFound /> : <KnownAddress owner={owner} />
}

function KnownAddress({ owner }: { readonly owner: Address }) {
  const { address: words } = useWords()
  const balance = useCall('account_balance', { owner })
  const assets = useCall('account_assets', { owner })
  const claims = useCall('bridge_claims', { recipient: owner, limit: 50 })
  const views = useHeldViews(owner)
  const text = checksumAddress(owner)
  const waiting = claims.data?.claims.reduce((sum, { net }) => sum + net, 0n) ?? 0n
  return (
    <>
      <h1>{words.heading}</h1>
      <p className="wrap">
        <code>{text}</code> <CopyButton text={text} />
      </p>
      <Answer of={balance}>
        {({ spendable, ordered, final }) => (
          <dl>
            <Row name={words.spendable}>
              <Money tokens={spendable} />
            </Row>
            <Row name={words.ordered}>
              <Money tokens={ordered} />
            </Row>
            <Row name={words.final}>
              <Money tokens={final} />
            </Row>
            {waiting > 0n && (
              <Row name={words.claims}>
                <Link to="/bridge" search={{ way: 'claims', for: text }}>
                  {<Money tokens={waiting} />}
                </Link>
              </Row>
            )}
          </dl>
        )}
      </Answer>
      <p>
        <Link to="/pay" search={{ to: text }}>
          {words.pay}
        </Link>
      </p>
      {(assets.data?.assets.length ?? 0) > 0 && (
        <section>
          <h2>{words.assets}</h2>
          <p className="faint">{words.assetNote}</p>
          <dl>
            {assets.data?.assets.map(({ asset, spendable }) => (
              <Row key={asset} name={asset}>
                <Money tokens={spendable} asset={asset} />
                <AssetDoubts asset={asset} known={views} />
              </Row>
            ))}
          </dl>
        </section>
      )}
      <History owner={owner} />
    </>
  )
}

function History({ owner }: { readonly owner: Address }) {
  const { address: words } = useWords()
  const pages = useInfiniteQuery({
    queryKey: ['transactions', 'pages of account_history', owner],
    queryFn: async ({ pageParam, signal }) =>
      await node.call(
        'account_history',
        { owner, limit: PAGE, ...(pageParam === '' ? {} : { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: ({ cursor }) => cursor,
  })
  return (
    <section>
      <h2>{words.history}</h2>
      <Answer of={pages}>
        {({ pages: shown }) => <TransactionList transactions={shown.flatMap(({ transactions }) => transactions)} />}
      </Answer>
      {pages.hasNextPage && (
        <button type="button" onClick={() => void pages.fetchNextPage()} disabled={pages.isFetchingNextPage}>
          {words.more}
        </button>
      )}
    </section>
  )
}

function readAddress(text: string): Address | undefined {
  try {
    return parseAddress(text)
  } catch {
    return undefined
  }
}
