// What a liar in a process of its own is told: at its start, and with each order.

import type { Hex } from 'viem'
import type { Order } from './author.ts'

/** URLs, the path of the deployment file, and the liar's key in hex without `0x`. */
export type LiarSetup = {
  readonly ethereum: string
  readonly node: string
  readonly deployment: string
  readonly key: string
}

/** As in `author.ts`, the bytes in hex with `0x`. */
export type LiarOrder = Omit<Order, 'transactions' | 'wrong'> & {
  readonly transactions?: readonly Hex[]
  readonly wrong?: Hex
}
