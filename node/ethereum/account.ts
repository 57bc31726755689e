// An account on Ethereum: reads as anyone can, and signs here, so that its key stays where it is.

import { type Hex, keccak256, type LocalAccount, parseSignature } from 'viem'
import { type Address, type Hash, parseAddress, parseHash } from '../protocol/ids.ts'
import { addWei, type GasPrice, type Time, toWei, type Wei } from '../protocol/units.ts'
import { EMPTY_SIDECAR } from './blobs/empty-blob.ts'
import type { BridgeCall, Permit, Trial } from './calls.ts'
import type { ConnectionOptions } from './connection.ts'
import { EthereumReader, type PermitFacts, type ReaderDeps } from './reader.ts'
import { type Fees, valueWith } from './sending/fees.ts'

export type AccountDeps = ReaderDeps & { readonly signer: LocalAccount }

export type SignedTransaction = { readonly hash: Hash; readonly raw: Hex }

const PERMIT = [
  { name: 'owner', type: 'address' },
  { name: 'spender', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const

/** Others that may queue before a call of ours counts: what it has sent too much then comes back. */
const OTHERS_AHEAD = 64

/** Questions without an address are about this account. */
export class EthereumAccount extends EthereumReader {
  readonly account: Address
  readonly #deps: AccountDeps

  /** Throws `OperationError('bad-endpoint')`. */
  constructor(deps: AccountDeps, options: ConnectionOptions = {}) {
    super(deps, options)
    this.#deps = deps
    this.account = parseAddress(deps.signer.address)
  }

  protected override only(url: string, options: ConnectionOptions): EthereumAccount {
    return new EthereumAccount({ ...this.#deps, urls: [url] }, options)
  }

  override owed(account = this.account): Promise<Wei> {
    return super.owed(account)
  }

  override balance(address = this.account): Promise<Wei> {
    return super.balance(address)
  }

  override nonce(at: 'latest' | 'pending' | bigint, address = this.account): Promise<number> {
    return super.nonce(at, address)
  }

  override simulate(
    call: Trial,
    value: Wei,
    time: Time,
    from = this.account,
    maxFeePerBlobGas?: GasPrice,
  ): Promise<void> {
    return super.simulate(call, value, time, from, maxFeePerBlobGas)
  }

  override estimate(name: string, data: Hex, from = this.account): Promise<bigint> {
    return super.estimate(name, data, from)
  }

  /** Allows the bridge to burn `value` wTTX (base units) until `deadline`: EIP-2612, as EIP-712 data. */
  async signPermit(value: bigint, deadline: Time, { name, nonce }: PermitFacts): Promise<Permit> {
    const { token } = await this.parameters()
    const signature = await this.#deps.signer.signTypedData({
      domain: { name, version: '1', chainId: this.network.chain, verifyingContract: token },
      types: { Permit: PERMIT },
      primaryType: 'Permit',
      message: { owner: this.account, spender: this.bridge, value, nonce, deadline },
    })
    const { r, s, yParity } = parseSignature(signature)
    return { deadline, r, s, v: 27 + yParity }
  }

  /** Wei that go with a call, at the price of these fees or at the contract's floor, and the surcharge of what it puts into the queue. */
  async valueGoingWith(call: BridgeCall, fees: Fees): Promise<Wei> {
    const { queues, bondGas } = call
    const bonds = bondGas === 0n ? toWei(0n) : valueWith(call, fees, (await this.parameters()).floorPrice)
    return queues ? addWei([bonds, await this.surchargeOf(call)]) : bonds
  }

  /** What goes along for the lane that a call queues in, as if some others came before it; what is too much of it comes back. */
  async surchargeOf({ queues }: BridgeCall): Promise<Wei> {
    return queues ? this.surcharge(queues.lane, queues.entries, OTHERS_AHEAD) : toWei(0n)
  }

  /**
   * Signs a call, or without one a transaction that does nothing (to use up a nonce). Where the fees have a part for blobs, it is a blob transaction,
   * with the hashes of the call's blobs or of the empty one, and without the blobs (`wire.ts`).
   */
  async sign(call: BridgeCall | undefined, nonce: number, fees: Fees, value: Wei): Promise<SignedTransaction> {
    const what = call
      ? { to: call.to ?? this.bridge, data: call.data, gas: call.gas }
      : { to: this.account, gas: 21_000n }
    const { maxFeePerBlobGas, maxFeePerGas, maxPriorityFeePerGas } = fees
    const { sidecar } = call ?? (maxFeePerBlobGas === undefined ? {} : { sidecar: EMPTY_SIDECAR })
    if ((sidecar === undefined) !== (maxFeePerBlobGas === undefined))
      throw new RangeError('expected fees with a part for blobs for a call with blobs, and for no other')
    const common = { nonce, value, ...what, maxFeePerGas, maxPriorityFeePerGas, chainId: Number(this.network.chain) }
    const { signer } = this.#deps
    const raw =
      sidecar === undefined || maxFeePerBlobGas === undefined
        ? await signer.signTransaction({ ...common, type: 'eip1559' })
        : await signer.signTransaction({
            ...common,
            type: 'eip4844',
            maxFeePerBlobGas,
            blobVersionedHashes: sidecar.hashes,
          })
    return { hash: parseHash(keccak256(raw)), raw }
  }
}
