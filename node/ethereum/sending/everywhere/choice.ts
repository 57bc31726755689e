// Which nonce an attempt is signed for, where endpoints differ.

import type { View } from './view.ts'

/** An endpoint that has no attempt which could get in, the nonce that one would need there, and how many it was given without effect. */
export type Bare = { readonly view: View; readonly next: number; readonly given: number }

export type Choice = { readonly nonce: number; readonly views: readonly View[] }

/**
 * Those that were given the fewest come first. Of them, what most say; else what the one with the newest block says, and else the lowest: one that
 * is too low is refused at once where it is, and one that is too high waits there unseen.
 */
export function chooseNonce(bare: readonly Bare[]): Choice | undefined {
  const fewest = Math.min(...bare.map(({ given }) => given))
  const first = bare.filter(({ given }) => given === fewest)
  const choices = [...Map.groupBy(first, ({ next }) => next)].map(([nonce, votes]) => {
    const views = votes.map(({ view }) => view)
    return { nonce, views, newest: Math.max(...views.map(({ head }) => Number(head.number))) }
  })
  choices.sort((a, b) => b.views.length - a.views.length || b.newest - a.newest || a.nonce - b.nonce)
  return choices[0]
}
