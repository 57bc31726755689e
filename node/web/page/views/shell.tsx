// What is around every view: where to go, one field to paste anything into, the wallet, and what is wrong with the node.

import { Link, Outlet } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { LANGUAGES, type Language, useLanguage } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { Finder } from '../parts/finder.tsx'
import { ThemePicker } from '../parts/theme.tsx'

// Half of all code of the page is the wallet's, and nobody needs it to look: views are shown without it first.
const WalletButton = lazy(async () => ({ default: (await import('../wallet/wallet-button.tsx')).WalletButton }))
const Surroundings = lazy(async () => ({ default: (await import('../wallet/surroundings.tsx')).Surroundings }))

const PLACES = ['/', '/bridge', '/pay', '/swap', '/payments', '/blocks', '/network'] as const
const NAMES = {
  '/': 'home',
  '/bridge': 'bridge',
  '/pay': 'pay',
  '/swap': 'swap',
  '/payments': 'payments',
  '/blocks': 'blocks',
  '/network': 'network',
} as const

export function Shell() {
  const { words, language, choose } = useLanguage()
  const { nav } = words
  return (
    <>
      <a className="skip" href="#content">
        {nav.skip}
      </a>
      <header>
        <div className="bar">
          <Link to="/" className="brand">
            {words.title}
          </Link>
          <nav aria-label={nav.main}>
            {PLACES.map((place) => (
              <Link key={place} to={place} activeOptions={{ exact: place === '/' }}>
                {nav[NAMES[place]]}
              </Link>
            ))}
          </nav>
          <Suspense fallback={<div className="wallet" />}>
            <WalletButton />
          </Suspense>
        </div>
        <Finder />
      </header>
      <NodeState />
      <main id="content">
        <Suspense fallback={<Outlet />}>
          <Surroundings>
            <Outlet />
          </Surroundings>
        </Suspense>
      </main>
      <footer>
        <label>
          {nav.language}{' '}
          <select value={language} onChange={({ target }) => choose(target.value as Language)}>
            {Object.entries(LANGUAGES).map(([key, { name }]) => (
              <option key={key} value={key} lang={key}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <ThemePicker />
      </footer>
    </>
  )
}

/** What somebody has to know before they believe what the page shows. */
function NodeState() {
  const { node } = useLanguage().words
  const { data, isError } = useCall('node_status', {})
  const bridge = data?.bridge
  const text = isError
    ? node.silent
    : bridge?.beginning !== undefined
      ? node.beginning
      : bridge?.state === 'dead'
        ? node.dead
        : bridge?.state === 'unknown'
          ? node.unknown(bridge.problem ?? '')
          : bridge?.state === 'syncing'
            ? node.syncing
            : bridge?.state === 'off'
              ? node.off
              : undefined
  return (
    <div role="status" className={text === undefined ? '' : 'banner'}>
      {text}
    </div>
  )
}
