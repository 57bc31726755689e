// What is shown in place of an answer that is not there (yet), and the label of a state.

import type { ReactNode } from 'react'
import { useWords } from '../language/language.tsx'

type Asked<T> = {
  readonly data: T | undefined
  readonly error: Error | null
  readonly refetch?: () => unknown
}

/** Shows what came; if nothing did, why. */
export function Answer<T>({ of, children }: { readonly of: Asked<T>; readonly children: (data: T) => ReactNode }) {
  const { misc } = useWords()
  if (of.data !== undefined) return children(of.data)
  if (of.error === null) return <p className="faint">{misc.loading}</p>
  return (
    <div className="problem" role="alert">
      <p>{of.error.message}</p>
      <button type="button" onClick={() => of.refetch?.()}>
        {misc.retry}
      </button>
    </div>
  )
}

export type Tone = 'good' | 'pending' | 'bad' | 'plain'

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>
}

/** A name and what it has, as a row of a description list. */
export function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="row">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
