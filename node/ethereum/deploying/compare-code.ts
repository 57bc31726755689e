// Whether the code at an address is that of a contract of ours, to the last byte but for the immutables that its constructor wrote. Without the code of any.

import type { Hex } from 'viem'

/** An immutable whose value in the code differs from the expected one; words of 32 bytes. */
type OtherImmutable = { readonly name: string; readonly expected: Hex; readonly found: Hex }

export type CodeReport =
  | {
      readonly kind: 'ours'
      readonly others: readonly OtherImmutable[]
      /** What the code says of all its immutables, also of those that nothing was expected of. */
      readonly immutables: ReadonlyMap<string, Hex>
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'foreign' }

type Layout = {
  readonly start: number
  readonly length: number
  readonly immutables: Readonly<Record<string, readonly number[]>>
}

const WORD = 32

/**
 * Compares the code at an address with the part of what was deployed that must be there. An immutable occurs several times in it: one that has two values
 * is foreign code, as is any other byte that differs. `expected` says what an immutable must be, undefined where that is not known.
 */
export function compareWith(
  { start, length, immutables }: Layout,
  deployed: Hex,
  code: Hex,
  expected: (name: string) => Hex | undefined,
): CodeReport {
  if (code === '0x') return { kind: 'none' }
  const digits = code.slice(2).toLowerCase()
  if (digits.length !== 2 * length) return { kind: 'foreign' }
  let masked = digits
  const found = new Map<string, Hex>()
  for (const [name, places] of Object.entries(immutables)) {
    for (const place of places) {
      const word: Hex = `0x${digits.slice(2 * place, 2 * (place + WORD))}`
      if ((found.get(name) ?? word) !== word) return { kind: 'foreign' }
      found.set(name, word)
      masked = `${masked.slice(0, 2 * place)}${'0'.repeat(2 * WORD)}${masked.slice(2 * (place + WORD))}`
    }
  }
  if (masked !== deployed.slice(2 + 2 * start, 2 + 2 * (start + length))) return { kind: 'foreign' }
  const others = [...found].flatMap(([name, word]) => {
    const right = expected(name)
    return right === undefined || right === word ? [] : [{ name, expected: right, found: word }]
  })
  return { kind: 'ours', others, immutables: found }
}
