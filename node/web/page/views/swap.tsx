// Swaps without anybody in the middle: offers that this browser knows as an order book, one to look at, and one to make.

import { Tabs } from '@base-ui/react/tabs'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { Answer } from '../parts/states.tsx'
import { WithWallet } from '../wallet/wallet-needed.tsx'
import { SwapBook } from './swap-book.tsx'
import { SwapMake } from './swap-make.tsx'
import { SwapOffer } from './swap-offer.tsx'
import { SwapPaste } from './swap-paste.tsx'

export function Swap() {
  const { swap } = useWords()
  const { way = 'book', offer } = useSearch({ from: '/swap' })
  const navigate = useNavigate()
  const info = useCall('node_info', {})
  const choose = (value: unknown) =>
    void navigate({ to: '/swap', search: value === 'make' ? { way: 'make' } : {}, replace: true })
  return (
    <>
      <h1>{swap.heading}</h1>
      <Answer of={info}>
        {({ network: { bridge } }) =>
          offer !== undefined ? (
            <SwapOffer key={offer} bridge={bridge} id={offer} />
          ) : (
            <Tabs.Root value={way} onValueChange={choose}>
              <Tabs.List className="tabs">
                <Tabs.Tab value="book">{swap.book}</Tabs.Tab>
                <Tabs.Tab value="make">{swap.make}</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="book">
                <p>{swap.note}</p>
                <SwapPaste bridge={bridge} />
                <SwapBook bridge={bridge} />
              </Tabs.Panel>
              <Tabs.Panel value="make">
                <p className="note">{swap.option}</p>
                <WithWallet>
                  <SwapMake bridge={bridge} />
                </WithWallet>
              </Tabs.Panel>
            </Tabs.Root>
          )
        }
      </Answer>
    </>
  )
}
