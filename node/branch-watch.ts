// Says in the log when peers go to another branch of the bridge, and when they come back: one line at each look at most, whatever peers claim.

import type { Agreement } from './agreement.ts'

export type Seen = { readonly address: string; readonly agreement: Pick<Agreement, 'verdict' | 'since'> }

/** Peers that are named in one line. */
const NAMED = 5

export class BranchWatch {
  #away = new Map<string, bigint | undefined>()

  /** What has changed since the last look, in words; undefined if nothing has. A peer that left is not said to be back. */
  look(peers: readonly Seen[]): string | undefined {
    const here = new Map(peers.map(({ address, agreement }) => [address, agreement]))
    const away = new Map(
      [...here]
        .filter(([, { verdict }]) => verdict === 'other-branch')
        .map(([address, { since }]) => [address, since?.height] as const),
    )
    const gone = [...away].filter(([address]) => !this.#away.has(address))
    // One that has not said enough to know is neither back nor away.
    const isBack = (address: string) => !away.has(address) && here.has(address) && !isUnsure(here.get(address))
    const back = [...this.#away.keys()].filter(isBack)
    const unsure = [...this.#away].filter(([address]) => isUnsure(here.get(address)))
    this.#away = new Map([...unsure, ...away])
    const lines = [
      ...(gone.length === 0 ? [] : [`on another branch: ${list(gone.map(sinceWords))}`]),
      ...(back.length === 0 ? [] : [`back on this branch: ${list(back)}`]),
    ]
    return lines.length === 0 ? undefined : lines.join('; ')
  }
}

function isUnsure(agreement: Seen['agreement'] | undefined): boolean {
  return agreement?.verdict === 'unknown'
}

function sinceWords([address, height]: readonly [string, bigint | undefined]): string {
  return height === undefined ? address : `${address} since height ${height}`
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
