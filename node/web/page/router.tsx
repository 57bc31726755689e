// Which view shows which path. Each view is loaded when it is first opened.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { NotFound } from './views/not-found.tsx'
import { Shell } from './views/shell.tsx'

/** Of a query, where the text is what it should be. */
function textIn(search: Record<string, unknown>, name: string): string | undefined {
  const value = search[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Text and nothing else, whoever made the link: the router itself would make numbers, lists and objects of what looks like JSON. */
function readQuery(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query))
}

function writeQuery(search: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const name of Object.keys(search)) {
    const text = textIn(search, name)
    if (text !== undefined) query.set(name, text)
  }
  return query.size === 0 ? '' : `?${query}`
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./views/home.tsx'), 'Home'),
})
const transaction = createRoute({
  getParentRoute: () => root,
  path: '/tx/$infohash',
  component: lazyRouteComponent(() => import('./views/transaction.tsx'), 'Transaction'),
})
const graph = createRoute({
  getParentRoute: () => root,
  path: '/graph/$infohash',
  component: lazyRouteComponent(() => import('./views/graph.tsx'), 'Graph'),
})
const block = createRoute({
  getParentRoute: () => root,
  path: '/block/$id',
  component: lazyRouteComponent(() => import('./views/block.tsx'), 'Block'),
})
const blocks = createRoute({
  getParentRoute: () => root,
  path: '/blocks',
  component: lazyRouteComponent(() => import('./views/blocks.tsx'), 'Blocks'),
})
const address = createRoute({
  getParentRoute: () => root,
  path: '/address/$owner',
  component: lazyRouteComponent(() => import('./views/address.tsx'), 'AddressView'),
})
const payments = createRoute({
  getParentRoute: () => root,
  path: '/payments',
  component: lazyRouteComponent(() => import('./views/payments.tsx'), 'Payments'),
})
const network = createRoute({
  getParentRoute: () => root,
  path: '/network',
  component: lazyRouteComponent(() => import('./views/network.tsx'), 'NetworkView'),
})
const pay = createRoute({
  getParentRoute: () => root,
  path: '/pay',
  validateSearch: (search: Record<string, unknown>): { to?: string; uri?: string; asset?: string } => {
    const [to, uri, what] = [textIn(search, 'to'), textIn(search, 'uri'), textIn(search, 'asset')]
    return {
      ...(to === undefined ? {} : { to }),
      ...(uri === undefined ? {} : { uri }),
      ...(what === undefined ? {} : { asset: what }),
    }
  },
  component: lazyRouteComponent(() => import('./views/pay.tsx'), 'Pay'),
})
const asset = createRoute({
  getParentRoute: () => root,
  path: '/asset/$asset',
  component: lazyRouteComponent(() => import('./views/asset.tsx'), 'AssetPage'),
})
const swap = createRoute({
  getParentRoute: () => root,
  path: '/swap',
  validateSearch: (search: Record<string, unknown>): { way?: 'make'; offer?: string } => {
    const [way, offer] = [textIn(search, 'way'), textIn(search, 'offer')]
    return { ...(way === 'make' ? { way } : {}), ...(offer === undefined ? {} : { offer }) }
  },
  component: lazyRouteComponent(() => import('./views/swap.tsx'), 'Swap'),
})
const bridge = createRoute({
  getParentRoute: () => root,
  path: '/bridge',
  validateSearch: (search: Record<string, unknown>): { way?: 'out' | 'back' | 'claims' | undefined; for?: string } => {
    const [way, owner] = [textIn(search, 'way'), textIn(search, 'for')]
    return {
      // What is left out here, the router puts in as it came.
      way: way === 'out' || way === 'back' || way === 'claims' ? way : undefined,
      ...(owner === undefined ? {} : { for: owner }),
    }
  },
  component: lazyRouteComponent(() => import('./views/bridge.tsx'), 'Bridge'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    transaction,
    graph,
    block,
    blocks,
    address,
    payments,
    network,
    pay,
    asset,
    swap,
    bridge,
  ]),
  defaultPreload: 'intent',
  // Answers are kept by the queries; the router has none of its own.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  parseSearch: readQuery,
  stringifySearch: writeQuery,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
