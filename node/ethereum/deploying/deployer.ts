// The account that deploys a bridge: there is no contract yet, so nothing of it can be asked, and what is sent goes to nobody.

import { type Hex, keccak256, type LocalAccount } from 'viem'
import { runtimeCode } from '../../../deployments/runtime-code.ts'
import { type Address, parseHash, ZERO_ADDRESS } from '../../protocol/ids.ts'
import type { Time, Wei } from '../../protocol/units.ts'
import { EthereumAccount, type SignedTransaction } from '../account.ts'
import { type BridgeCall, TRANSACTION_GAS } from '../calls.ts'
import type { ConnectionOptions } from '../connection.ts'
import { readRefusal } from '../refusals.ts'
import type { Fees } from '../sending/fees.ts'
import { creationGas } from './creation-gas.ts'

type DeployerDeps = {
  readonly urls: readonly string[]
  readonly chain: bigint
  readonly signer: LocalAccount
  /** Milliseconds of any clock. */
  readonly now: () => number
}

/** Of what `TransactionSender` asks an account, all but what is about a bridge. */
export class EthereumDeployer extends EthereumAccount {
  readonly #deps: DeployerDeps
  #isChecked = false

  /** Throws `OperationError('bad-endpoint')`. */
  constructor(deps: DeployerDeps, options: ConnectionOptions = {}) {
    super({ ...deps, network: { chain: deps.chain, bridge: ZERO_ADDRESS } }, options)
    this.#deps = deps
  }

  protected override only(url: string, options: ConnectionOptions): EthereumDeployer {
    return new EthereumDeployer({ ...this.#deps, urls: [url] }, options)
  }

  protected override async ready(): Promise<void> {
    if (this.#isChecked) return
    await this.checkChain()
    this.#isChecked = true
  }

  override async simulate(call: BridgeCall, value: Wei, _time: Time, from = this.account): Promise<void> {
    await this.ready()
    const { to, data, gas, name } = call
    try {
      await this.ask(name, (client) => client.call({ account: from, ...(to && { to }), data, gas, value }))
    } catch (error) {
      throw readRefusal(name, error) ?? error
    }
  }

  override async estimate(name: string, data: Hex, from = this.account, to?: Address): Promise<bigint> {
    await this.ready()
    try {
      return await this.ask(`gas of ${name}`, (client) =>
        client.estimateGas({ account: from, data, ...(to && { to }) }),
      )
    } catch (error) {
      throw readRefusal(name, error) ?? error
    }
  }

  override async sign(call: BridgeCall | undefined, nonce: number, fees: Fees, value: Wei): Promise<SignedTransaction> {
    if (call === undefined) return await super.sign(undefined, nonce, fees, value)
    const { to, data, gas } = call
    const { maxFeePerGas, maxPriorityFeePerGas } = fees
    const common = { chainId: Number(this.network.chain), nonce, value, maxFeePerGas, maxPriorityFeePerGas }
    const raw = await this.#deps.signer.signTransaction({ type: 'eip1559', ...common, ...(to && { to }), data, gas })
    return { hash: parseHash(keccak256(raw)), raw }
  }
}

/** An estimate may be this many times our own figure: after EIP-8037 it is seven times what it was before. */
const REASON = 9n

/** `data` is the creation code of a bridge, `estimate` what an endpoint expects it to use. */
export function deployCall(data: Hex, estimate: bigint): BridgeCall {
  const gas = deployGas(creationGas(data, Object.values(runtimeCode)), estimate)
  return { name: 'deploy', data, gas, bondGas: 0n }
}

/**
 * The limit of a transaction that deploys something, units. What an endpoint expects counts where it is above our own figure, since the price of gas
 * in Ethereum may change, but not beyond reason.
 */
export function deployGas(own: bigint, estimate: bigint): bigint {
  const gas = estimate < own ? own : estimate < REASON * own ? estimate : REASON * own
  const wide = (gas * 6n) / 5n
  // A chain on which this takes more than a transaction could ever use has a limit of its own for what is stored.
  const isCapped = gas <= TRANSACTION_GAS && wide > TRANSACTION_GAS
  return isCapped ? TRANSACTION_GAS : wide
}
