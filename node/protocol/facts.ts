// Facts that go with an error, and the form of those that programs read.

/** JSON-able. Amounts are decimal strings. */
export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** A decimal string, or any text. */
export type FactForms = Readonly<Record<string, 'amount' | 'text'>>

export type FactsOf<F extends FactForms> = Facts & {
  readonly [K in keyof F]: F[K] extends 'amount' ? `${bigint}` : string
}

/** Whether facts that another process stated have this form. */
export function hasForm<F extends FactForms>(facts: Facts, forms: F): facts is FactsOf<F> {
  return Object.entries(forms).every(([name, form]) => {
    const fact = facts[name]
    return typeof fact === 'string' && (form === 'text' || /^\d{1,78}$/.test(fact))
  })
}
