// What Ethereum says of the bridge, read by nobody's node.

import assert from 'node:assert/strict'
import { parseHex } from '../../../node/protocol/bytes.ts'
import { decodeSealed, type Header } from '../../../node/protocol/header.ts'
import { type Address, type BlockKey, type Hash, keyOf, parseKey } from '../../../node/protocol/ids.ts'
import { readRecord } from '../chain/record.ts'
import type { Stage } from '../stage.ts'

export class Sight {
  /** The chain and the contract, with ways to call them. */
  readonly stage: Stage

  constructor(stage: Stage) {
    this.stage = stage
  }

  async owed(account: Address): Promise<bigint> {
    return await this.stage.anvil.client.readContract({ ...this.stage.bridge, functionName: 'owed', args: [account] })
  }

  /** All refutations that ever counted, in their order. */
  async refutations() {
    const { abi, address } = this.stage.bridge
    const range = { abi, address, fromBlock: 0n, strict: true } as const
    return await this.stage.anvil.client.getContractEvents({ ...range, eventName: 'BlockRefuted' })
  }

  /** Gas of the transaction that made a block final. */
  async finalizeGas(id: Hash): Promise<bigint> {
    const { abi, address } = this.stage.bridge
    const range = { abi, address, fromBlock: 0n, strict: true, args: { id } } as const
    const [event] = await this.stage.anvil.client.getContractEvents({ ...range, eventName: 'BlockFinalized' })
    assert(event)
    return (await this.stage.anvil.client.getTransactionReceipt({ hash: event.transactionHash })).gasUsed
  }

  /** Wei that went for the publication of a block, its bond apart. */
  async publicationCost(id: Hash): Promise<bigint> {
    const { gasUsed, effectiveGasPrice, blobGasUsed, blobGasPrice } =
      await this.stage.anvil.client.getTransactionReceipt({ hash: (await this.#publication(id)).transactionHash })
    return gasUsed * effectiveGasPrice + (blobGasUsed ?? 0n) * (blobGasPrice ?? 0n)
  }

  /** The sealed header of a block, as Ethereum has it. */
  async sealed(id: Hash): Promise<Uint8Array> {
    return parseHex((await this.#publication(id)).args.header)
  }

  /** What the header of a block says, as Ethereum has it. */
  async headerOf(id: Hash): Promise<Header> {
    return decodeSealed(await this.sealed(id)).header
  }

  /** The contract's word on a block. */
  async record(id: Hash) {
    return await readRecord(this.stage.anvil.client, this.stage.bridge, id)
  }

  async isRefuted(id: Hash): Promise<boolean> {
    return ((await this.record(id)).flags & 1) !== 0
  }

  async isFinal(id: Hash): Promise<boolean> {
    return ((await this.record(id)).flags & 2) !== 0
  }

  /** The time of the newest block of Ethereum, unix seconds. */
  async now(): Promise<bigint> {
    return (await this.stage.anvil.client.getBlock()).timestamp
  }

  /** What is nominated for the succession of a block. */
  async nominated(parent: Hash): Promise<BlockKey> {
    const read = { ...this.stage.bridge, functionName: 'slotOf', args: [keyOf(parent)] } as const
    return parseKey((await this.stage.anvil.client.readContract(read))[0])
  }

  /** Events of publications, those in calldata first. */
  async publications(args: { readonly id?: Hash; readonly miner?: readonly Address[] }) {
    const { client } = this.stage.anvil
    const range = { ...this.stage.bridge, fromBlock: 0n, strict: true } as const
    const { id, miner } = args
    const some = { ...(id && { id }), ...(miner && { miner: [...miner] }) }
    return [
      ...(await client.getContractEvents({ ...range, eventName: 'BlockPublished', args: some })),
      ...(await client.getContractEvents({ ...range, eventName: 'BlobsPublished', args: some })),
    ]
  }

  async #publication(id: Hash) {
    const [event] = await this.publications({ id })
    assert(event)
    return event
  }
}
