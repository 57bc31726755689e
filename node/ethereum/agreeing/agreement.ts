// Several Ethereum endpoints as one: only what all of them say is believed.

import { OperationError } from '../../errors.ts'
import { formatHex } from '../../protocol/bytes.ts'
import type { BlockKey, Hash } from '../../protocol/ids.ts'
import type { LaneLengths, QueuePlace } from '../../protocol/queue.ts'
import type { Time } from '../../protocol/units.ts'
import {
  type BridgeEvent,
  type BridgeParameters,
  type BridgeReading,
  type Chain,
  type ChainBlock,
  LAG_BLOCKS,
} from '../chain.ts'

/** `name` is for messages: no path, no key. */
export type NamedChain = { readonly name: string; readonly chain: Chain }

/**
 * Asks every endpoint everything. A silent one makes all of it silent: a follower that went on with the others could be led
 * astray by anyone who silences one. Throws `OperationError('ethereum-disagreement')` where answers differ.
 */
export class AgreeingChain implements Chain {
  readonly #chains: readonly NamedChain[]

  constructor(chains: readonly NamedChain[]) {
    this.#chains = chains
  }

  parameters(): Promise<BridgeParameters> {
    return this.#same('the parameters of the bridge', (chain) => chain.parameters())
  }

  /**
   * The newest block that all of them have. Throws `OperationError('ethereum-lags')` where one is far behind another: one that is stuck
   * hides what happened since, and says nothing false.
   */
  async head(): Promise<ChainBlock> {
    const heads = await Promise.all(this.#chains.map(({ chain }) => chain.head()))
    const lowest = heads.reduce((low, head) => (head.number < low.number ? head : low))
    const highest = heads.reduce((high, head) => (head.number > high.number ? head : high))
    if (highest.number - lowest.number > LAG_BLOCKS) {
      throw this.#apart(heads.indexOf(lowest), lowest.number, heads.indexOf(highest), highest.number)
    }
    const same = await this.#same<ChainBlock | undefined>(`block ${lowest.number}`, async (chain, i) => {
      const head = heads[i]
      return head?.number === lowest.number ? head : chain.blockAt(lowest.number)
    })
    return same ?? lowest
  }

  blockAt(number: bigint): Promise<ChainBlock | undefined> {
    return this.#same(`block ${number}`, (chain) => chain.blockAt(number))
  }

  events(from: bigint, to: bigint): Promise<readonly BridgeEvent[]> {
    return this.#same(`the events of blocks ${from} to ${to}`, (chain) => chain.events(from, to))
  }

  read(at: Hash, lengths: LaneLengths, blocks: readonly (Hash | BlockKey)[]): Promise<BridgeReading> {
    return this.#same(`the contract at block ${at}`, (chain) => chain.read(at, lengths, blocks))
  }

  areClaimed(at: Hash, numbers: readonly bigint[]): Promise<readonly boolean[]> {
    return this.#same(`what was paid by block ${at}`, (chain) => chain.areClaimed(at, numbers))
  }

  queueTime(at: Hash, place: QueuePlace): Promise<Time> {
    return this.#same(`entry ${place.index} of the lane of ${place.lane}`, (chain) => chain.queueTime(at, place))
  }

  close(): void {
    for (const { chain } of this.#chains) chain.close()
  }

  #apart(behind: number, lowest: bigint, ahead: number, highest: bigint): OperationError {
    const [slow, fast] = [this.#chains[behind]?.name ?? '', this.#chains[ahead]?.name ?? '']
    return new OperationError(
      'ethereum-lags',
      `expected endpoints within ${LAG_BLOCKS} blocks of each other, but ${slow} is at block ${lowest} of Ethereum, and ${fast} at ${highest}; wait, or find out which one is wrong, and take it out`,
      { facts: { slow, fast, lowest: `${lowest}`, highest: `${highest}` }, retry: true },
    )
  }

  async #same<T>(what: string, ask: (chain: Chain, index: number) => Promise<T>): Promise<T> {
    const answers = await Promise.all(this.#chains.map(({ chain }, i) => ask(chain, i)))
    const [first, ...others] = answers.map(toText)
    if (others.some((other) => other !== first)) {
      const endpoints = this.#chains.map(({ name }) => name)
      throw new OperationError(
        'ethereum-disagreement',
        `expected the same answer about ${what} from ${endpoints.join(' and ')}, got different ones; find out which one is wrong, and take it out`,
        { facts: { what, endpoints }, retry: true },
      )
    }
    return answers[0] as T // there is at least one endpoint, and T may be undefined
  }
}

function toText(value: unknown): string {
  const text = JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'bigint') return `${member}n`
    return member instanceof Uint8Array ? formatHex(member) : member
  })
  return text ?? ''
}
