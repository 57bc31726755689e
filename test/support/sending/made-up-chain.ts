// A made-up Ethereum of one account and one wrong block, and endpoints of it that say the truth but for what a test has them say.

import { keccak256, parseTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { OperationError } from '../../../node/errors.ts'
import { EthereumAccount } from '../../../node/ethereum/account.ts'
import type { BridgeCall } from '../../../node/ethereum/calls.ts'
import type { Receipt } from '../../../node/ethereum/reader.ts'
import type { Endpoint } from '../../../node/ethereum/sending/endpoint.ts'
import { type Hash, parseHash } from '../../../node/protocol/ids.ts'
import { toBaseUnits, toGasPrice, toTime, toWei } from '../../../node/protocol/units.ts'
import { RULES } from '../../../scripts/assure/models/world.ts'

const GWEI = 1_000_000_000n
const REFUTE_USES = 300_000n
const REVERT_USES = 120_000n

export type Included = {
  readonly hash: Hash
  readonly nonce: number
  /** Wei a unit. */
  readonly price: bigint
  readonly fate: 'killed' | 'reverted' | 'nothing'
}

type Transaction = {
  readonly hash: Hash
  readonly nonce: number
  readonly maxFee: bigint
  readonly tip: bigint
  readonly limit: bigint
  readonly isCall: boolean
  /** What a call is about. */
  readonly data: string
}

/** What an endpoint says instead of the truth. */
export type Lies = Partial<Omit<Endpoint, 'name' | 'id' | 'apart'>>

export class MadeUpChain {
  /** Signs, and is never asked. */
  readonly ethereum: EthereumAccount
  number = 100n
  /** Unix seconds. */
  time = BigInt(Math.floor(Date.now() / 1_000))
  baseFee = 10n * GWEI
  tip = GWEI
  balance = 10n ** 19n
  nonce = 5
  /** Whether the contract takes the proof. */
  isWrong = true
  isDead = false
  /** No transaction gets into a block. */
  isFull = false
  /** In the order in which they came into blocks. */
  readonly included: Included[] = []
  readonly #pool = new Map<number, Transaction>()
  readonly #receipts = new Map<Hash, Receipt>()

  constructor() {
    const signer = privateKeyToAccount(`0x${'7'.repeat(64)}`)
    const network = { chain: RULES.chain, bridge: RULES.bridge }
    this.ethereum = new EthereumAccount({ urls: ['http://127.0.0.1:1'], network, signer, now: Date.now })
  }

  get pending(): number {
    let next = this.nonce
    while (this.#pool.has(next)) next += 1
    return next
  }

  /** Nonces of what waits. */
  get waiting(): readonly number[] {
    return [...this.#pool.keys()].toSorted((a, b) => a - b)
  }

  /** The next block, with what can be in it. */
  mine(): void {
    this.number += 1n
    this.time += 12n
    if (this.isFull) return
    for (let next = this.#pool.get(this.nonce); next !== undefined; next = this.#pool.get(this.nonce)) {
      if (next.maxFee < this.baseFee) return
      this.#include(next)
    }
  }

  /** Mempools lose what they hold. */
  forget(): void {
    this.#pool.clear()
  }

  /** Another program sends from the account, and its transaction is in the next block. */
  useNonce(): void {
    this.#pool.delete(this.nonce)
    this.nonce += 1
  }

  endpoint(name: string, lie: (honest: Endpoint, chain: MadeUpChain) => Lies = () => ({})): Endpoint {
    const hash = (number: bigint) => parseHash(`0x${number.toString(16).padStart(64, '0')}`)
    const honest: Endpoint = {
      name,
      id: parseHash(keccak256(Buffer.from(name))),
      apart: () => [said],
      head: async () => {
        const { number, time, baseFee } = this
        return { number, hash: hash(number), time: toTime(time), next: toTime(time + 1n), baseFee: toGasPrice(baseFee) }
      },
      tip: async () => toGasPrice(this.tip),
      balance: async () => toWei(this.balance),
      nonce: async (tag) => (tag === 'latest' ? this.nonce : this.pending),
      estimate: async () => {
        this.#check()
        return REFUTE_USES
      },
      simulate: async () => this.#check(),
      record: async () => ({
        ...{ publishedAt: toTime(this.time - 60n), isRefuted: this.isDead, isFinal: false, isUnpaid: false },
        ...{ bond: toWei(10n ** 18n), fee: toBaseUnits(0n) },
      }),
      broadcast: async (raw) => this.#broadcast(raw),
      receipt: async (id) => this.#receipts.get(id),
      isKnown: async (id) => this.#receipts.has(id) || [...this.#pool.values()].some((each) => each.hash === id),
    }
    const said: Endpoint = { ...honest, ...lie(honest, this) }
    return said
  }

  #check(): void {
    if (this.isDead) throw refusal('BlockIsRefuted')
    if (!this.isWrong) throw refusal('StepIsRight')
  }

  #broadcast(raw: `0x${string}`): void {
    const hash = parseHash(keccak256(raw))
    const { nonce = 0, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n, gas = 0n, data = '0x' } = parseTransaction(raw)
    if (nonce < this.nonce) throw refused('nonce too low')
    const old = this.#pool.get(nonce)
    if (old?.hash === hash) throw refused('already known')
    if (old !== undefined && (maxFeePerGas * 10n < old.maxFee * 11n || maxPriorityFeePerGas * 10n < old.tip * 11n)) {
      throw refused('replacement transaction underpriced')
    }
    const others = [...this.#pool.values()].filter((each) => each.nonce !== nonce)
    const locked = others.reduce((sum, each) => sum + each.maxFee * each.limit, 0n)
    if (locked + maxFeePerGas * gas > this.balance) throw refused('insufficient funds for gas * price + value')
    const fees = { maxFee: maxFeePerGas, tip: maxPriorityFeePerGas }
    this.#pool.set(nonce, { hash, nonce, ...fees, limit: gas, isCall: data !== '0x', data })
  }

  #include({ hash, nonce, maxFee, tip, isCall }: Transaction): void {
    const price = this.baseFee + tip < maxFee ? this.baseFee + tip : maxFee
    const kills = isCall && this.isWrong && !this.isDead
    const gasUsed = !isCall ? 21_000n : kills ? REFUTE_USES : REVERT_USES
    if (kills) this.isDead = true
    this.included.push({ hash, nonce, price, fate: kills ? 'killed' : isCall ? 'reverted' : 'nothing' })
    this.#receipts.set(hash, {
      hash,
      success: kills || !isCall,
      block: this.number,
      gasUsed,
      gasPrice: toGasPrice(price),
    })
    this.#pool.delete(nonce)
    this.nonce = nonce + 1
    this.balance -= gasUsed * price
  }
}

export const CALL: BridgeCall = { name: 'refute', data: '0x1234', gas: 600_000n, bondGas: 0n }

/** What the bridge has against a call: the name of its error. */
export function refusal(error: string): OperationError {
  return new OperationError('bridge-refused', 'the bridge would refuse it', { facts: { error } })
}

/** What an endpoint has against a transaction. */
export function refused(why: string): OperationError {
  return new OperationError('ethereum-refused', 'the endpoint refuses it', { cause: new Error(why), retry: true })
}

export function silence(): OperationError {
  return new OperationError('ethereum-silent', 'the endpoint is silent', { retry: true })
}
