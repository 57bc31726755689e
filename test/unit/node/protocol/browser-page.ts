// What a browser is asked: the executable spec against the shared vectors, and what it says of a seeded world.

import { transcript } from './transcript.ts'
import { type Comparison, compareVectors, isWrong, type VectorFiles } from './vectors.ts'

/** `vectors` are compared one after another; `seed` is that of the world. */
export type Job = { readonly vectors: readonly Partial<VectorFiles>[]; readonly seed: number }

export type Outcome = {
  readonly vectors: readonly { readonly compared: number; readonly wrong: readonly Comparison[] }[]
  readonly transcript: readonly string[]
  /** Which globals of Node there are, and which of a page. */
  readonly globals: readonly string[]
}

export function run({ vectors, seed }: Job): Outcome {
  return {
    vectors: vectors.map((files) => {
      const comparisons = compareVectors(files)
      return { compared: comparisons.length, wrong: comparisons.filter(isWrong) }
    }),
    transcript: [...transcript(seed)],
    globals: ['process', 'Buffer', 'require', 'setImmediate', 'document'].filter((name) => name in globalThis),
  }
}
