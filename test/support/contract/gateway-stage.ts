// A bridge with a factory of gateways, and tokens of all kinds: who deposits, which blocks consume it, and who claims.

import assert from 'node:assert/strict'
import { beforeEach } from 'node:test'
import { type Abi, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { gatewayFactoryAbi } from '../../../deployments/gateway-factory-abi.ts'
import { gatewayOf } from '../../../node/ethereum/gateways/gateway.ts'
import { encodeAsset } from '../../../node/protocol/asset.ts'
import { type Address, parseAddress } from '../../../node/protocol/ids.ts'
import { type Draft, enteredStep, proofOf, type TestBlock, transactionStep } from './blocks.ts'
import { type Fork, type Receipt, readArtifact, type Sender, type TestChain } from './chain.ts'
import { ASSETS, Fixture, HOUR, sealedHex } from './fixture.ts'
import { freshForEach } from './fresh.ts'

const TOKENS = 'test/contract/harness/Tokens.sol'
const FACTORY = 'contracts/periphery/GatewayFactory.sol/GatewayFactory.json'
/** Enough for any payment. */
export const GAS_EACH = 600_000n

/** What leaves the TTX side: a request of the asset of a gateway. */
export type Leaving = { readonly gateway: Address; readonly to: Address; readonly amount: bigint }

/** A contract by its address, with its functions by their names. */
export type Contract = { readonly address: Address; readonly abi: Abi }

export class GatewayStage implements AsyncDisposable {
  readonly fixture: Fixture
  readonly chain: TestChain
  readonly factory: Address
  /** The newest block on the final branch. */
  tip: TestBlock
  /** The steps of entries that no block on it has consumed. */
  waiting: Uint8Array[] = []
  #seed = 0

  private constructor(fixture: Fixture, factory: Address) {
    this.fixture = fixture
    this.chain = fixture.chain
    this.factory = factory
    this.tip = fixture.genesis
  }

  static async start(fork?: Fork): Promise<GatewayStage> {
    const fixture = await Fixture.deploy('harness', undefined, fork)
    fixture.pass(HOUR)
    const factory = parseAddress((await fixture.chain.deploy(FACTORY, [fixture.bridge])).toLowerCase())
    return new GatewayStage(fixture, factory)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]()
  }

  /** Deploys a contract of the harness; `file` is that of the tokens by default. */
  async deploy(name: string, args: readonly unknown[] = [], file = TOKENS): Promise<Contract> {
    const path = `${file}/${name}.json`
    const address = parseAddress((await this.chain.deploy(path, args)).toLowerCase())
    return { address, abi: (await readArtifact(path)).abi }
  }

  /** Makes the gateway of a token. */
  async open(token: Address): Promise<Address> {
    const data = encodeFunctionData({ abi: gatewayFactoryAbi, functionName: 'create', args: [token] })
    await this.chain.send(this.factory, data)
    return gatewayOf(this.factory, token)
  }

  /** A token of the harness with its gateway, where `holders` have as much each, and allow the gateway all of it. */
  async list(name: string, holders: readonly Address[], each: bigint, args: readonly unknown[] = []) {
    const token = await this.deploy(name, args)
    const gateway = await this.open(token.address)
    for (const holder of holders) {
      await this.act(token, 'mint', [holder, each])
      await this.act(token, 'approve', [gateway, 2n ** 256n - 1n], { from: holder })
    }
    return { token, gateway }
  }

  act({ address, abi }: Contract, functionName: string, args: readonly unknown[] = [], sender?: Sender) {
    return this.chain.send(address, encodeFunctionData({ abi, functionName, args }), sender)
  }

  ask({ address, abi }: Contract, functionName: string, args: readonly unknown[] = []): Promise<unknown> {
    return this.chain.client.readContract({ address, abi, functionName, args })
  }

  async balance(token: Contract, account: Address): Promise<bigint> {
    return BigInt(String(await this.ask(token, 'balanceOf', [account])))
  }

  /** What an entry costs now, in wei. */
  async price(): Promise<bigint> {
    return this.fixture.enterFee() * 10n ** 9n + (await this.fixture.read.surcharge([ASSETS, 1n]))
  }

  async deposit(gateway: Address, amount: bigint, to: Address, sender: Sender = {}): Promise<Receipt> {
    const value = sender.value ?? (await this.price())
    return this.note(await this.chain.send(gateway, depositData(amount, to), { ...sender, value }))
  }

  /** Keeps what a call entered, so that the next block consumes it. */
  note(receipt: Receipt): Receipt {
    for (const { args } of parseEventLogs({ abi: bridgeAbi, eventName: 'Entered', logs: [...receipt.logs] })) {
      const [to, asset] = [parseAddress(args.to.toLowerCase()), parseAddress(args.asset.toLowerCase())]
      this.waiting.push(enteredStep(args.fee, args.amount, to, asset))
    }
    return receipt
  }

  /** The steps of a next block: first all that waits. A request is step `waiting + its index`. */
  steps(leaving: readonly Leaving[]): Uint8Array[] {
    const requests = leaving.map(({ gateway, to, amount }) => {
      this.#seed += 1
      return transactionStep({
        request: true,
        payee: to,
        tokens: amount,
        asset: encodeAsset(gateway),
        seed: this.#seed,
      })
    })
    return [...this.waiting, ...requests]
  }

  /** Publishes a block that consumes all that waits, and has these requests; a day later it is final. */
  async final(leaving: readonly Leaving[], draft: Partial<Draft> = {}): Promise<Final> {
    const steps = this.steps(leaving)
    const block = await this.fixture.extendFinal(this.tip, { steps, ...draft })
    return this.#consumed(block)
  }

  /** The same as a block that displaced another one, so that it earns nothing. */
  async unpaid(leaving: readonly Leaving[]): Promise<Final> {
    const { fixture, tip } = this
    const steps = this.steps(leaving)
    const target = tip.header.target - 1n
    await fixture.extend(tip, { steps: [...this.waiting], target, miner: fixture.account(8) })
    const rival = await fixture.extend(tip, { steps, target, miner: fixture.account(1) }, { rival: true })
    const child = await fixture.extend(rival)
    await fixture.nominate(tip, child)
    fixture.pass(49n * HOUR)
    await fixture.finalize(rival)
    await fixture.finalize(child)
    const final = this.#consumed(rival)
    this.tip = child
    return final
  }

  claim(gateway: Address, block: Final, index: number, sender?: Sender): Promise<Receipt> {
    const args = [sealedHex(block.block), block.proof(index)] as const
    return this.chain.send(gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'claim', args }), sender)
  }

  claimMany(gateway: Address, block: Final, indices: readonly number[], gasEach = GAS_EACH, sender?: Sender) {
    const args = [sealedHex(block.block), indices.map((index) => block.proof(index)), gasEach] as const
    return this.chain.send(gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'claimMany', args }), sender)
  }

  withdraw(gateway: Address, account: Address): Promise<Receipt> {
    return this.chain.send(gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'withdraw', args: [account] }))
  }

  async supply(gateway: Address): Promise<bigint> {
    return this.chain.client.readContract({ abi: gatewayAbi, address: gateway, functionName: 'supply' })
  }

  async owed(gateway: Address, account: Address): Promise<bigint> {
    return this.chain.client.readContract({
      abi: gatewayAbi,
      address: gateway,
      functionName: 'owed',
      args: [account],
    })
  }

  async isClaimed(gateway: Address, number: bigint): Promise<boolean> {
    return this.chain.client.readContract({
      abi: gatewayAbi,
      address: gateway,
      functionName: 'isClaimed',
      args: [number],
    })
  }

  #consumed(block: TestBlock): Final {
    const first = this.waiting.length
    this.waiting = []
    this.tip = block
    return { block, proof: (index) => proofOf(block, first + index) }
  }
}

/** From now on the stage is before each test of the file as it is now, an hour later. */
export async function freshStage(stage: GatewayStage): Promise<void> {
  const { tip, waiting } = stage
  await freshForEach(stage.fixture)
  beforeEach(() => {
    stage.tip = tip
    stage.waiting = [...waiting]
  })
}

/** A final block, and the claims of its requests in their order. */
export type Final = {
  readonly block: TestBlock
  readonly proof: (index: number) => ReturnType<typeof proofOf>
}

export function depositData(amount: bigint, to: Address): Hex {
  return encodeFunctionData({ abi: gatewayAbi, functionName: 'deposit', args: [amount, to] })
}

/** The events of a gateway of one name in a receipt. */
export function eventsOf(
  { logs }: Receipt,
  eventName: 'Claimed' | 'Deposited' | 'Owed' | 'PaymentFailed' | 'Withdrawn',
) {
  return parseEventLogs({ abi: gatewayAbi, eventName, logs: [...logs] })
}

/** The sums that must hold of a token that does what it says: what is here is what there is, what is owed, and what is nobody's. */
export async function assertBacked(
  stage: GatewayStage,
  token: Contract,
  gateway: Address,
  { owed, stuck = 0n }: { readonly owed: readonly Address[]; readonly stuck?: bigint },
): Promise<void> {
  let sum = (await stage.supply(gateway)) + stuck
  for (const account of owed) sum += await stage.owed(gateway, account)
  assert.equal(await stage.balance(token, gateway), sum)
}
