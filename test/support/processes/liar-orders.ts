// What a liar in a process of its own is told, at its start and with each order, and what it answers.

import type { Hex } from 'viem'
import type { LiarOptions, Published } from '../../../scripts/devnet/drill/liar.ts'

/** URLs, and the liar's key in hex without `0x`. */
export type LiarSetup = {
  readonly ethereum: string
  readonly node: string
  readonly key: string
}

/** As `LiarOptions`, bytes in hex with `0x`. */
export type LiarOrder = Omit<LiarOptions, 'content' | 'signal'> & {
  readonly content?: 'honest' | 'empty' | 'payment' | readonly Hex[]
}

/** What a block became that the liar published. */
export type LiarAnswer = Pick<Published, 'id' | 'parent' | 'transaction' | 'publishedAt' | 'verdict'> & {
  readonly problem?: string
  readonly height: string
  /** Units. */
  readonly gas: string
}
