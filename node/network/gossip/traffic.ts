// What went over one connection between two nodes: for whoever wants to see who feeds whom.

import type { Message } from './messages.ts'

/** Bytes are those of our own messages, without what BitTorrent puts around them; transactions are files that came or went as an answer. */
export type Flow = { readonly bytes: number; readonly transactions: number }

/** Counts one direction of a connection. */
export class Meter {
  #bytes = 0
  #transactions = 0

  /** `message` is undefined where it is of a kind that this version does not know. */
  count(bytes: number, message: Message | undefined): void {
    this.#bytes += bytes
    // An empty file stands for one that is not there.
    if (message?.type === 'files') this.#transactions += message.files.filter(({ length }) => length > 0).length
  }

  get flow(): Flow {
    return { bytes: this.#bytes, transactions: this.#transactions }
  }
}
