// Makes what a lie needs: money of the liar, an output that was spent, and entries in Ethereum's queue.

import { deposit } from '../../../node/client/ethereum/deposit.ts'
import { enter } from '../../../node/client/ethereum/enter.ts'
import { forcePacked } from '../../../node/client/ethereum/force.ts'
import { pay, signTransaction } from '../../../node/client/pay.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import { claimCall } from '../../../node/ethereum/calls.ts'
import { isRefusal } from '../../../node/ethereum/refusals.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { type Infohash, toInfohash } from '../../../node/protocol/ids.ts'
import { packTransaction } from '../../../node/protocol/packed.ts'
import type { Lane } from '../../../node/protocol/queue.ts'
import { UNIT } from '../../../node/protocol/rules.ts'
import { outputsOf } from '../../../node/protocol/state.ts'
import type { Wallet } from '../../../node/wallet/wallet.ts'
import { type Patience, waitFor } from '../demo/patience.ts'
import type { DevChain } from '../dev-chain.ts'
import type { Liar } from './liar.ts'
import { lack, type Need } from './scene.ts'

export type ArrangeDeps = {
  readonly node: NodeClient
  /** Of the liar, as the wallet and `liar` are. */
  readonly sender: TransactionSender
  readonly wallet: Wallet
  readonly liar: Liar
  /** Who has all TTX of the network at first. */
  readonly genesis: Wallet
  readonly chain: DevChain
  readonly patience: Patience
  /** Unix seconds. */
  readonly now: () => number
  readonly say: (text: string) => void
}

const GIFT = 1_000n * UNIT
const BRIDGED = 50n * UNIT
const DEPOSITED = UNIT
/** Whatever it says of itself is true. */
const ENTERED = 1_000_000n
const HOUR = 3_600
const DAY = 24 * HOUR
const LOOKS = 30
/** A second more than an entry of the queue may be passed over. */
const OVERDUE = 3_601

export class Arrangement {
  readonly #deps: ArrangeDeps
  #number = 0

  constructor(deps: ArrangeDeps) {
    this.#deps = deps
  }

  /** Done once the node has seen it. Throws what paying, depositing and forcing throw, and `waited-in-vain`. */
  async make(need: Need): Promise<void> {
    const { say, sender, wallet, patience } = this.#deps
    switch (need) {
      case 'money':
        say('genesis pays the liar, and a block orders it')
        return await this.#fund()
      case 'spent-output':
        say('the liar spends an output, and a block orders it')
        return await this.#spend()
      case 'deposit':
        say('the liar burns wTTX for a deposit')
        return await this.#deposit()
      case 'entry':
        say('the liar enters units of an asset of its own')
        return await this.#queued('assets', () => enter(sender, ENTERED, wallet.address, patience.signal))
      case 'valid-forced':
        say('the liar forces a valid transaction')
        return await this.#force(await this.#ownOutput())
      case 'invalid-forced':
        say('the liar forces a transaction of an output that never was')
        return await this.#force(toInfohash(keccak(Uint8Array.of(this.#number)).subarray(12)))
      case 'overdue-entry':
        say('the liar forces a transaction, and an hour passes')
        await this.#force(await this.#ownOutput())
        await this.#deps.chain.skip(OVERDUE)
        return
      case 'victim':
        say('genesis pays itself, and a block orders it')
        return await this.#pay(this.#deps.genesis, this.#deps.genesis, UNIT)
    }
  }

  async #fund(): Promise<void> {
    const { genesis, wallet } = this.#deps
    await this.#pay(genesis, wallet, GIFT)
  }

  async #spend(): Promise<void> {
    const { genesis, wallet } = this.#deps
    await this.#pay(wallet, genesis, UNIT)
  }

  /** The liar is the miner of what it needs. */
  async #pay(from: Wallet, to: Wallet, tokens: bigint): Promise<void> {
    const { node, now, patience } = this.#deps
    const { infohash } = await pay(node, from, { to: to.address, tokens }, now(), patience.signal)
    await this.#ordered(infohash)
  }

  async #ordered(infohash: Infohash): Promise<void> {
    const { node, liar, patience } = this.#deps
    const isOrdered = async () => {
      const { status } = await node.call('tx_get', { infohash })
      return status === 'ordered' || status === 'final' ? true : undefined
    }
    await waitFor(`${infohash} to be in a block`, patience, async () => {
      if (await isOrdered()) return true
      try {
        await liar.publish({ rival: false, signal: patience.signal })
      } catch (error) {
        // Another miner was faster, or our own last block is not seen yet: nothing of it is lost.
        if (!isRefusal(error, 'SiblingExists', 'StaleParent', 'TargetOutOfRange', 'AlreadyPublished')) throw error
      }
      return await isOrdered()
    })
  }

  async #deposit(): Promise<void> {
    const { sender, wallet, patience } = this.#deps
    if ((await sender.ethereum.tokenBalance(wallet.address)) < DEPOSITED) await this.#bridge()
    await this.#queued('deposits', () => deposit(sender, DEPOSITED, wallet.address, patience.signal))
  }

  /** Some money of the liar crosses the bridge, which takes a day that is skipped. */
  async #bridge(): Promise<void> {
    const { node, wallet, sender, chain, patience, now, say } = this.#deps
    const { chain: chainId, bridge } = sender.ethereum.network
    say('first the liar bridges TTX, for which a day passes')
    const request = { to: bridge, tokens: BRIDGED, bridge: { chain: chainId, to: wallet.address } }
    if ((await node.call('account_balance', { owner: wallet.address })).ordered < 2n * BRIDGED) await this.#fund()
    const { infohash } = await pay(node, wallet, request, now(), patience.signal)
    await this.#ordered(infohash)
    await chain.skip(DAY)
    let looks = 0
    await waitFor('the request of the liar to be paid', patience, async () => {
      // A day is enough unless its block is in a race, which earlier kinds may have left behind.
      looks += 1
      if (looks % LOOKS === 0) await chain.skip(HOUR)
      const { claims } = await node.call('bridge_claims', { infohash })
      const [first] = claims
      // A relayer may do the same: it passes over what is paid.
      if (first !== undefined) await sender.send(claimCall(first.sealed, claims), { signal: patience.signal })
      return (await sender.ethereum.tokenBalance(wallet.address)) >= DEPOSITED ? true : undefined
    })
  }

  async #force(prev: Infohash): Promise<void> {
    const { sender, wallet, genesis, patience, now } = this.#deps
    this.#number += 1
    // The times differ, so that two are never the same.
    const time = now() + this.#number
    const tx = signTransaction(wallet, { to: genesis.address, tokens: UNIT, prev: [prev], time })
    await this.#queued('forced', () => forcePacked(sender, [packTransaction(tx)], patience.signal))
  }

  /** The greatest output of the liar on the tip. */
  async #ownOutput(): Promise<Infohash> {
    const { liar, wallet } = this.#deps
    const { state } = (await liar.scene(await liar.tip(), 'empty')).parent
    const own = outputsOf(state).filter(({ owner, asset }) => owner === wallet.address && asset === undefined)
    const greatest = own.toSorted((a, b) => (a.value < b.value ? 1 : -1))[0]
    if (greatest === undefined) throw lack('money')
    return greatest.infohash
  }

  /** Adds to the queue, and waits until the node knows it. */
  async #queued(lane: Lane, add: () => Promise<unknown>): Promise<void> {
    const { node, patience } = this.#deps
    const length = async () => (await node.call('bridge_queue', { lane, from: 0n, count: 0 })).length
    const before = await length()
    await add()
    await waitFor('the node to see the queue', patience, async () => ((await length()) > before ? true : undefined))
  }
}

/** Refuses whatever may hold real money. Throws `OperationError('not-a-devnet')`. */
export async function checkDevelopmentChain(chain: bigint, devChain: DevChain, known: bigint): Promise<void> {
  if (chain !== known) {
    throw new OperationError(
      'not-a-devnet',
      `expected a development chain, number ${known}, got chain ${chain}: bad blocks cost their publisher the bond, and real watchers real gas; run a drill beside "ttx devnet"`,
      { facts: { chain: `${chain}`, endpoint: devChain.url } },
    )
  }
  await devChain.skip(1)
}
