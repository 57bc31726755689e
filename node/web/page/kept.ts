// What this browser keeps of a network: text by a name, told to all views and tabs that show it. Another network may be at the same address tomorrow, so
// names end with a bridge.

import { useSyncExternalStore } from 'react'
import type { Address } from '../../protocol/ids.ts'

const CHANGED = 'kept'

/** Null where nothing is kept. */
export function useKept(what: string, bridge: Address | undefined): string | null {
  return useSyncExternalStore(subscribe, () => (bridge === undefined ? null : readKept(what, bridge)))
}

export function readKept(what: string, bridge: Address): string | null {
  return localStorage.getItem(`${what} ${bridge}`)
}

/** Throws what the browser throws where it keeps nothing. */
export function keep(what: string, bridge: Address, text: string): void {
  localStorage.setItem(`${what} ${bridge}`, text)
  // The browser tells other tabs only.
  dispatchEvent(new Event(CHANGED))
}

function subscribe(onChange: () => void): () => void {
  for (const event of ['storage', CHANGED]) addEventListener(event, onChange)
  return () => {
    for (const event of ['storage', CHANGED]) removeEventListener(event, onChange)
  }
}
