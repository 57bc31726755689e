// What may be wider than the screen: it scrolls by itself, by keyboard too.

import type { ReactNode } from 'react'

/** `name` is for those who do not see it. */
export function Scroll({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by those without a mouse (WCAG 2.1.1)
    <section className="scroll" aria-label={name} tabIndex={0}>
      {children}
    </section>
  )
}
