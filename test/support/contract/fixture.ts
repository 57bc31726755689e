// A bridge that is deployed for a test, with its functions by their names and their types. Long for the functions that there are.

import assert from 'node:assert/strict'
import {
  type ContractEventName,
  encodeFunctionData,
  getContract,
  type Hex,
  parseAbi,
  parseEventLogs,
  parseSignature,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import { encodeRefutation, type Refutation } from '../../../node/ethereum/refute-call.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { blockId, encodeSealed, genesisBlock, type SealedHeader } from '../../../node/protocol/header.ts'
import {
  type Address,
  type BlockKey,
  type Hash,
  keyOf,
  parseAddress,
  parseKey,
  toBytes,
  ZERO_KEY,
} from '../../../node/protocol/ids.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { accountOf, genesisOf } from '../../../scripts/assure/models/world.ts'
import { type Draft, draftBlock, type proofOf, type TestBlock, toHex } from './blocks.ts'
import { type Fork, type Receipt, type Sender, TestChain } from './chain.ts'

const harnessAbi = parseAbi(['function refute(bytes32 id)'])
const ARTIFACTS = {
  bridge: 'contracts/Bridge.sol/Bridge.json',
  harness: 'test/contract/harness/BridgeHarness.sol/BridgeHarness.json',
  blobs: 'test/contract/harness/BlobBridgeHarness.sol/BlobBridgeHarness.json',
} as const

const PERMIT_TYPES = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const
/** The first of the unlocked accounts: its key comes from Hardhat's well-known mnemonic. */
const ACCOUNT_0 = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')

export const HOUR = 3_600n
export const EASIEST_TARGET = 2n ** 244n - 1n
export const MIN_REQUEST = 100n
export const MIN_DEPOSIT = 1_000n
export const FLOOR_PRICE = 10n ** 9n
/** The key that owns genesis. */
export const founder = accountOf('founder')
export const genesisTransaction = genesisOf(founder)

export type PublishOptions = Sender & {
  /** Beside the latest live sibling; a second later where that one was published just now. */
  readonly rival?: boolean
  /** Beside this one, whichever it is, and now. */
  readonly beside?: Hash
  readonly steps?: Uint8Array
  readonly states?: Uint8Array
}
type Proof = ReturnType<typeof proofOf>

/** The lanes, as the contract numbers them. */
export const DEPOSITS = 0
export const ASSETS = 1
export const FORCED = 2

export class Fixture implements AsyncDisposable {
  readonly chain: TestChain
  readonly bridge: Address
  readonly token: Address
  readonly genesis: TestBlock
  /** Reads of the bridge. */
  readonly read
  /** Reads of the token. */
  readonly wttx
  /** When each block was published. */
  readonly times = new Map<Hash, bigint>()
  readonly #isHarness: boolean
  #nonce = 0n

  private constructor(chain: TestChain, bridge: Address, token: Address, genesis: TestBlock, isHarness: boolean) {
    this.#isHarness = isHarness
    this.chain = chain
    this.bridge = bridge
    this.token = token
    this.genesis = genesis
    this.read = getContract({ abi: bridgeAbi, address: bridge, client: chain.client }).read
    this.wttx = getContract({ abi: tokenAbi, address: token, client: chain.client }).read
    this.times.set(genesis.id, chain.time)
  }

  /** The `harness` accepts blocks without work, and refutes without proof, with `blobs` that no transaction carries; `bridge` is what is deployed. */
  static async deploy(
    kind: keyof typeof ARTIFACTS,
    { state, infohash: genesis } = {
      state: genesisState(genesisTransaction),
      infohash: genesisInfohash(genesisTransaction),
    },
    fork: Fork = 'osaka',
  ): Promise<Fixture> {
    const chain = await TestChain.start(fork)
    const easiestTarget = EASIEST_TARGET
    const judge = await chain.deploy('contracts/Judge.sol/Judge.json', [])
    const args = [stateRoot(state), easiestTarget, MIN_REQUEST, MIN_DEPOSIT, FLOOR_PRICE, judge]
    const bridge = parseAddress(await chain.deploy(ARTIFACTS[kind], args))
    const token = await chain.client.readContract({ abi: bridgeAbi, address: bridge, functionName: 'token' })
    const sealed = genesisBlock({ chain: 31_337n, bridge, easiestTarget, state: stateRoot(state) })
    const block = { ...sealed, id: blockId(sealed), torrent: genesis, steps: [], states: [] }
    return new Fixture(chain, bridge, parseAddress(token.toLowerCase()), block, kind === 'harness')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chain[Symbol.asyncDispose]()
  }

  account(index: number): Address {
    return parseAddress(this.chain.account(index).toLowerCase())
  }

  /** Lets time pass. */
  pass(seconds: bigint): void {
    this.chain.time += seconds
  }

  /** What the bridge counts a unit of gas at, in wei; its floor counts this many times. */
  gasPrice(floors = 1n): bigint {
    const { baseFee } = this.chain
    const least = floors * FLOOR_PRICE
    return baseFee > least ? baseFee : least
  }

  /** A bond that is just enough now, in wei. */
  bond({ rival = false } = {}): bigint {
    return rival ? 100_000_000n * this.gasPrice(5n) : 20_000_000n * this.gasPrice()
  }

  /** Drafts a child that could be published now. By default account 1 mines it; the harness gets a fresh nonce without work. */
  draft(parent: TestBlock, draft: Partial<Draft> = {}): TestBlock {
    const elapsed = this.chain.time - (this.times.get(parent.id) ?? this.chain.time)
    this.#nonce += 1n
    const filled = { miner: this.account(1), ...(this.#isHarness ? { nonce: this.#nonce } : {}), ...draft }
    return draftBlock(parent, elapsed, this.genesis.header.target, filled)
  }

  /** Publishes a block on its parent, or on what is passed off as the sealed header of one. */
  async publish(parent: SealedHeader | Hex, block: TestBlock, options: PublishOptions = {}): Promise<Receipt> {
    const { header, seal, torrent, steps, states } = block
    const beside =
      options.beside === undefined ? await this.#besideOf(header.parent, options.rival) : keyOf(options.beside)
    const isRival = beside !== ZERO_KEY
    // Only the miner itself can publish a rival.
    const { from = isRival ? seal.miner : undefined, value = this.bond({ rival: isRival }) } = options
    const stepBytes = options.steps ?? concat(...steps)
    const stateBytes = options.states ?? concat(...states.map(toBytes))
    const data = encodeFunctionData({
      abi: bridgeAbi,
      functionName: 'publish',
      args: [
        typeof parent === 'string' ? parent : sealedHex(parent),
        { target: header.target, torrent: `0x${torrent}`, miner: seal.miner, nonce: seal.nonce, beside },
        toHex(stepBytes),
        toHex(stateBytes),
      ],
    })
    const receipt = await this.#send(data, { ...(from ? { from } : {}), value })
    this.times.set(block.id, this.chain.time)
    return receipt
  }

  /** Drafts a child, publishes it, and checks that the contract agrees about its id. */
  async extend(parent: TestBlock, draft: Partial<Draft> = {}, options: PublishOptions = {}): Promise<TestBlock> {
    const block = this.draft(parent, draft)
    const [event] = this.events(await this.publish(parent, block, options), 'BlockPublished')
    assert.equal(event?.args.id, block.id)
    return block
  }

  /** Publishes a child on the final block, lets 24 hours pass, and makes it final. */
  async extendFinal(parent: TestBlock, draft: Partial<Draft> = {}): Promise<TestBlock> {
    const block = await this.extend(parent, draft)
    this.pass(24n * HOUR)
    await this.finalize(block)
    return block
  }

  nominate(parent: { readonly id: Hash }, block: { readonly id: Hash }): Promise<Receipt> {
    const args = [keyOf(parent.id), keyOf(block.id)] as const
    return this.#send(encodeFunctionData({ abi: bridgeAbi, functionName: 'nominate', args }))
  }

  finalize(block: SealedHeader): Promise<Receipt> {
    return this.#send(encodeFunctionData({ abi: bridgeAbi, functionName: 'finalize', args: [sealedHex(block)] }))
  }

  claim(block: SealedHeader, proof: Proof): Promise<Receipt> {
    return this.#send(encodeFunctionData({ abi: bridgeAbi, functionName: 'claim', args: [sealedHex(block), proof] }))
  }

  claimMany(block: SealedHeader, proofs: readonly Proof[]): Promise<Receipt> {
    const args = [sealedHex(block), proofs] as const
    return this.#send(encodeFunctionData({ abi: bridgeAbi, functionName: 'claimMany', args }))
  }

  approve(amount: bigint, from: Hex): Promise<Receipt> {
    const args = [this.bridge, amount] as const
    return this.chain.send(this.token, encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args }), { from })
  }

  /** The token's own permit, which anybody may bring. */
  permit(
    args: readonly [owner: Hex, spender: Hex, value: bigint, deadline: bigint, v: number, r: Hex, s: Hex],
    from: Hex,
  ): Promise<Receipt> {
    return this.chain.send(this.token, encodeFunctionData({ abi: tokenAbi, functionName: 'permit', args }), { from })
  }

  /** The signature of account 0 under a permit for the bridge. */
  async signPermit(value: bigint, deadline: bigint): Promise<readonly [v: number, r: Hex, s: Hex]> {
    const signature = await ACCOUNT_0.signTypedData({
      domain: { name: 'Wrapped TorrentTX', version: '1', chainId: 31_337, verifyingContract: this.token },
      types: PERMIT_TYPES,
      primaryType: 'Permit',
      message: {
        owner: ACCOUNT_0.address,
        spender: this.bridge,
        value,
        nonce: await this.wttx.nonces([ACCOUNT_0.address]),
        deadline,
      },
    })
    const { r, s, yParity } = parseSignature(signature)
    return [27 + yParity, r, s]
  }

  deposit(amount: bigint, to: Hex, from: Hex, value = 0n): Promise<Receipt> {
    const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'deposit', args: [amount, to] })
    return this.#send(data, { from, value })
  }

  depositWithPermit(
    args: readonly [amount: bigint, to: Hex, deadline: bigint, v: number, r: Hex, s: Hex],
    from: Hex,
    value = 0n,
  ): Promise<Receipt> {
    return this.#send(encodeFunctionData({ abi: bridgeAbi, functionName: 'depositWithPermit', args }), { from, value })
  }

  /** Enters units of the asset that `from` is, paying just enough by default. */
  async enter(amount: bigint, to: Hex, from: Hex, value?: bigint): Promise<Receipt> {
    const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'enter', args: [amount, to] })
    const due = this.enterFee() * 10n ** 9n + (await this.read.surcharge([ASSETS, 1n]))
    return this.#send(data, { from, value: value ?? due })
  }

  /** What an entry of an asset pays its miner now, in gwei. */
  enterFee(): bigint {
    return (10_000n * this.gasPrice() + 10n ** 9n - 1n) / 10n ** 9n
  }

  /** Forces packed transactions, paying just enough by default. */
  async force(packed: readonly Uint8Array[], sender: Sender = {}): Promise<Receipt> {
    const args = [packed.map(toHex)] as const
    const fees = packed.reduce((sum, each) => sum + this.forceFee(each) * 10n ** 9n, 0n)
    const value = sender.value ?? fees + (await this.read.surcharge([FORCED, BigInt(packed.length)]))
    return this.#send(encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args }), { ...sender, value })
  }

  /** What a forced transaction pays its miner now, in gwei. */
  forceFee(packed: Uint8Array): bigint {
    const gas = 5_000n + 64n * BigInt(packed.length)
    return (gas * this.gasPrice() + 10n ** 9n - 1n) / 10n ** 9n
  }

  withdrawBond(block: SealedHeader): Promise<Receipt> {
    return this.#send(encodeFunctionData({ abi: bridgeAbi, functionName: 'withdrawBond', args: [sealedHex(block)] }))
  }

  /** Fetches what an account is owed, by default from that account. */
  withdraw(account: Hex, from = account): Promise<Receipt> {
    return this.#send(encodeFunctionData({ abi: bridgeAbi, functionName: 'withdraw', args: [account] }), { from })
  }

  /** Harness only. */
  refute(block: { readonly id: Hash }, from?: Hex): Promise<Receipt> {
    const data = encodeFunctionData({ abi: harnessAbi, functionName: 'refute', args: [block.id] })
    return this.#send(data, from ? { from } : {})
  }

  /** Refutes by proof, which is what the deployed contract takes. */
  prove(refutation: Refutation, from?: Hex): Promise<Receipt> {
    return this.#send(encodeRefutation(refutation), from ? { from } : {})
  }

  /** The events of one name in a receipt. */
  events<Name extends ContractEventName<typeof bridgeAbi>>(receipt: Receipt, eventName: Name) {
    return parseEventLogs({ abi: bridgeAbi, eventName, logs: [...receipt.logs] })
  }

  /** The latest live child of a block, which has to be older than the next call, if a rival is wanted. */
  async #besideOf(parent: Hash, isRival = false): Promise<BlockKey> {
    if (!isRival) return ZERO_KEY
    const { firstChild, lastChild } = await this.read.blocks([keyOf(parent)])
    const latest = parseKey(lastChild === ZERO_KEY ? firstChild : lastChild)
    for (const [id, time] of this.times) if (keyOf(id) === latest && time === this.chain.time) this.pass(1n)
    return latest
  }

  #send(data: Hex, sender?: Sender): Promise<Receipt> {
    return this.chain.send(this.bridge, data, sender)
  }
}

export function sealedHex(block: SealedHeader): Hex {
  return toHex(encodeSealed({ header: block.header, seal: block.seal }))
}
