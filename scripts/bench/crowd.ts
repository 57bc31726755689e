// An Ethereum with thousands of living blocks on it: anvil, and the bridge of the tests, which asks for no work. Run `npm run build` before.

import { readFile } from 'node:fs/promises'
import { createPublicClient, encodeDeployData, encodeFunctionData, type Hex, http, isHex, parseAbi } from 'viem'
import { z } from 'zod'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { CREATE2_PROXY, JUDGE, JUDGE_CREATION } from '../../node/ethereum/deploying/creation.ts'
import { deriveHeader } from '../../node/protocol/block.ts'
import { formatHex } from '../../node/protocol/bytes.ts'
import { createGenesis, genesisState } from '../../node/protocol/genesis.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { blockId, encodeSealed, genesisBlock, type SealedHeader } from '../../node/protocol/header.ts'
import { type BlockKey, type Hash, keyOf, parseAddress, parseHash, toHash, ZERO_KEY } from '../../node/protocol/ids.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import { publicKeyOf, signDigest } from '../../node/protocol/signature.ts'
import { stateRoot } from '../../node/protocol/state.ts'
import { targetFloor } from '../../node/protocol/target.ts'
import type { GenesisTransaction } from '../../node/protocol/transaction.ts'
import { startAnvil } from './anvil.ts'

export type CrowdBlock = { readonly id: Hash; readonly sealed: SealedHeader }
/** Steps and states as they are published; an empty block has none. */
export type Content = {
  readonly header: SealedHeader['header']
  readonly steps: Uint8Array
  readonly states: Uint8Array
}

const ARTIFACT = new URL('../../artifacts/test/contract/harness/BridgeHarness.sol/BridgeHarness.json', import.meta.url)
const constructorAbi = parseAbi(['constructor(bytes32, uint256, uint128, uint128, uint256, address)'])
const ACCOUNT = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const MINER = parseAddress(ACCOUNT)
const EASIEST = 2n ** 243n
const MONEY = { minRequest: 1_000n, minDeposit: 1_000n, floorPrice: 0n }
/** Wei: more than any bond here. */
const BOND = 10n ** 17n
/** Of each transaction and of a block, so that one has no room for a second one: no two siblings may be of one second. */
const GAS = 16_777_216
/** Transactions in one question. */
const BATCH = 10
const answersSchema = z.array(
  z.object({ id: z.number(), result: z.unknown().optional(), error: z.unknown().optional() }),
)

export class Crowd implements AsyncDisposable {
  readonly url: string
  readonly client
  readonly rules: Rules
  readonly genesis: { readonly transaction: GenesisTransaction; readonly sealed: SealedHeader }
  readonly ground: CrowdBlock
  readonly #stop: () => Promise<void>
  readonly #lastChild = new Map<Hash, BlockKey>()
  #nonce = 0n
  /** Nonce of the newest transaction: judge and bridge came first. */
  #sent = 1

  private constructor(url: string, rules: Rules, transaction: GenesisTransaction, stop: () => Promise<void>) {
    const network = { ...rules, easiestTarget: EASIEST, state: stateRoot(genesisState(transaction)) }
    const sealed = genesisBlock(network)
    this.url = url
    this.client = createPublicClient({ transport: http(url), cacheTime: 0, pollingInterval: 10 })
    this.rules = rules
    this.genesis = { transaction, sealed }
    this.ground = { id: blockId(sealed), sealed }
    this.#stop = stop
  }

  static async start(): Promise<Crowd> {
    const limits = ['--gas-limit', `${GAS}`, '--code-size-limit', '50000']
    // Without the states of the past: it would keep a copy of them for each block.
    const args = ['--no-mining', '--prune-history', ...limits, '--timestamp', '1800000000']
    const { url, stop } = await startAnvil(args)
    return await Crowd.#deploy(url, stop)
  }

  static async #deploy(url: string, stop: () => Promise<void>): Promise<Crowd> {
    const key = keccak(new TextEncoder().encode('bench'))
    const transaction = createGenesis(publicKeyOf(key), 1_767_225_600, (digest) => signDigest(digest, key))
    const { bytecode }: { bytecode: Hex } = JSON.parse(await readFile(ARTIFACT, 'utf8'))
    if (!isHex(bytecode)) throw new TypeError('expected the bytecode of the harness')
    const state = stateRoot(genesisState(transaction))
    const args = [state, EASIEST, MONEY.minRequest, MONEY.minDeposit, MONEY.floorPrice, JUDGE] as const
    await ask(url, 'eth_sendTransaction', [
      { from: ACCOUNT, to: CREATE2_PROXY, data: JUDGE_CREATION, gas: `0x${GAS.toString(16)}` },
    ])
    await ask(url, 'anvil_mine', ['0x1'])
    // As on Ethereum, where no two blocks are of one second.
    await ask(url, 'anvil_setBlockTimestampInterval', [1])
    const data = encodeDeployData({ abi: constructorAbi, bytecode, args })
    const hash = parseHash(
      String(await ask(url, 'eth_sendTransaction', [{ from: ACCOUNT, data, gas: `0x${GAS.toString(16)}` }])),
    )
    await ask(url, 'anvil_mine', ['0x1'])
    const client = createPublicClient({ transport: http(url), pollingInterval: 10 })
    const { contractAddress } = await client.waitForTransactionReceipt({ hash })
    if (!contractAddress) throw new Error('the bridge was not deployed')
    const token = await client.readContract({ abi: bridgeAbi, address: contractAddress, functionName: 'token' })
    const addresses = { bridge: parseAddress(contractAddress.toLowerCase()), token: parseAddress(token.toLowerCase()) }
    return new Crowd(url, { chain: 31_337n, ...addresses, minRequest: MONEY.minRequest }, transaction, stop)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop()
  }

  /**
   * Publishes empty blocks, each a second after the one before, until `blocks` has this many. `parentOf` says the number of the block that one builds
   * on, or undefined for `ground`.
   */
  async grow(
    blocks: CrowdBlock[],
    upTo: number,
    parentOf: (i: number) => number | undefined,
    ground = this.ground,
  ): Promise<void> {
    while (blocks.length < upTo) {
      const calls: object[] = []
      while (calls.length < BATCH && blocks.length < upTo) {
        const below = parentOf(blocks.length)
        const parent = (below === undefined ? ground : blocks[below]) ?? ground
        const { block, call } = this.#draft(parent, emptyOn(this.rules, parent))
        blocks.push(block)
        calls.push(call)
      }
      await this.#send(calls)
    }
  }

  /** Publishes one block of this content, beside whatever builds on its parent. */
  async publish(parent: CrowdBlock, content: Content): Promise<CrowdBlock> {
    const { block, call } = this.#draft(parent, content)
    await this.#send([call])
    return block
  }

  /** Moves the clock of Ethereum. */
  async skip(seconds: bigint): Promise<void> {
    const { timestamp } = await this.client.getBlock()
    await ask(this.url, 'evm_setNextBlockTimestamp', [`0x${(timestamp + seconds).toString(16)}`])
    await ask(this.url, 'evm_mine', [])
  }

  /** Gives an account coins. */
  async fund(account: string): Promise<void> {
    await ask(this.url, 'anvil_setBalance', [account, `0x${(10n ** 24n).toString(16)}`])
  }

  /** From now on whatever is sent is mined at once. */
  async mineAlways(): Promise<void> {
    await ask(this.url, 'evm_setAutomine', [true])
  }

  #draft(
    parent: CrowdBlock,
    { header, steps, states }: Content,
  ): { readonly block: CrowdBlock; readonly call: object } {
    this.#nonce += 1n
    const sealed = { header, seal: { miner: MINER, nonce: toHash(keccak(new TextEncoder().encode(`${this.#nonce}`))) } }
    const block = { id: blockId(sealed), sealed }
    const beside = this.#lastChild.get(parent.id) ?? ZERO_KEY
    this.#lastChild.set(parent.id, keyOf(block.id))
    const publication = {
      target: header.target,
      torrent: NOWHERE,
      miner: MINER,
      nonce: sealed.seal.nonce,
      beside,
    } as const
    const data = encodeFunctionData({
      abi: bridgeAbi,
      functionName: 'publish',
      args: [hex(encodeSealed(parent.sealed)), publication, hex(steps), hex(states)],
    })
    return {
      block,
      call: {
        from: ACCOUNT,
        to: this.rules.bridge,
        data,
        gas: `0x${GAS.toString(16)}`,
        value: `0x${BOND.toString(16)}`,
      },
    }
  }

  /** In their order, each in a block of its own. All of them count if the last one does. */
  async #send(calls: readonly object[]): Promise<void> {
    const nonced = calls.map((call) => {
      this.#sent += 1
      return [{ ...call, nonce: `0x${this.#sent.toString(16)}` }]
    })
    const hashes = await askAll(this.url, 'eth_sendTransaction', nonced)
    await ask(this.url, 'anvil_mine', [`0x${calls.length.toString(16)}`])
    const hash = parseHash(String(hashes.at(-1)))
    const { status } = await this.client.waitForTransactionReceipt({ hash })
    if (status !== 'success') throw new Error(`the bridge refused a block, in transaction ${hash}`)
  }
}

/** The easiest target that holds at any time: half of the parent's. */
export function emptyOn({ chain, bridge }: Rules, { id, sealed }: CrowdBlock): Content {
  const { header: below } = sealed
  const header = deriveHeader({ chain, bridge }, { id, header: below }, targetFloor(below.target), [], [])
  return { header, steps: new Uint8Array(), states: new Uint8Array() }
}

/** It is not looked for. */
const NOWHERE = `0x${'77'.repeat(20)}` as const

async function ask(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  return (await askAll(url, method, [params]))[0]
}

/** The answers to several questions, in their order. */
async function askAll(url: string, method: string, all: readonly (readonly unknown[])[]): Promise<readonly unknown[]> {
  const body = JSON.stringify(all.map((params, id) => ({ jsonrpc: '2.0', id, method, params })))
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answers = answersSchema.parse(await response.json())
  const failed = answers.find(({ error }) => error !== undefined)
  if (failed !== undefined) throw new Error(`${method}: ${JSON.stringify(failed.error)}`)
  return answers.toSorted((a, b) => a.id - b.id).map(({ result }) => result)
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
