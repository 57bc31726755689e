// The Ethereum-compatible RPC over a real ledger, with two blocks and payments in none: what its unit tests ask.

import type { TestContext } from 'node:test'
import type { BridgeBlock } from '../../../../../node/bridge/view.ts'
import { genesisState } from '../../../../../node/protocol/genesis.ts'
import { blockId, genesisBlock, type SealedHeader } from '../../../../../node/protocol/header.ts'
import { type Address, type Hash, type Infohash, ZERO_ADDRESS } from '../../../../../node/protocol/ids.ts'
import { UNIT } from '../../../../../node/protocol/rules.ts'
import { type State, stateOf, stateRoot } from '../../../../../node/protocol/state.ts'
import { toGasPrice, toTime, toWork } from '../../../../../node/protocol/units.ts'
import { EthereumRpcServer } from '../../../../../node/rpc/ethereum/server.ts'
import {
  block,
  depositOf,
  GENESIS,
  GENESIS_INFOHASH,
  issue,
  OWNER,
  openLedger,
  pay,
  person,
  RULES,
  request,
  SILENT,
  sign,
  swap,
} from '../../ledger/world.ts'

export const [alice, bob] = [person('alice'), person('bob')]
const easiestTarget = 2n ** 240n
export const GENESIS_BLOCK = genesisBlock({ ...RULES, easiestTarget, state: stateRoot(genesisState(GENESIS)) })
export const DEFINITION = {
  ...{ rules: RULES, genesis: GENESIS, genesisBlock: GENESIS_BLOCK, easiestTarget, minDeposit: 100n },
  ...{ floorPrice: toGasPrice(7n), deployedBlock: 0n, deployedAt: toTime(1_767_225_600n) },
}
/** A contract on Ethereum that entered some of its own asset. */
export const VAULT = `0x${'5a'.repeat(20)}` as Address

const prev = [GENESIS_INFOHASH]
/** Block 1: alice gets 100 TTX, GOLD is issued to alice, and 250 of the vault's come in for bob. Final. */
export const toAlice = pay({ from: OWNER, to: alice, tokens: 100n * UNIT, prev })
export const gold = sign(OWNER, {
  ...{ to: alice.address, tokens: 1_000n, prev: [toAlice.infohash], issuance: true },
  ...{ time: 1_767_226_000, memo: 'GOLD 2' },
})
export const nameless = issue({ from: OWNER, to: bob, tokens: 7n, prev: [gold.infohash] })
const ENTERED = { kind: 'entered', amount: 250n, fee: 0n, to: bob.address, asset: VAULT } as never
export const entered = depositOf(0n, ENTERED)
/** Block 2: alice pays bob in both, and bob sends some of the vault's to Ethereum. */
export const inTtx = pay({ from: alice, to: bob, tokens: 30n * UNIT, prev: [toAlice.infohash] })
export const inGold = pay({ from: alice, to: bob, tokens: 400n, asset: gold.infohash, prev: [gold.infohash] })
export const left = request(bob, [entered.infohash], 50n, 1_767_226_000, VAULT)
/** In no block: bob pays TTX back, and swaps 100 GOLD of alice's for 5 TTX. */
export const back = pay({ from: bob, to: alice, tokens: 10n * UNIT, prev: [inTtx.infohash] })
const traded = swap({
  ...{ maker: alice, give: { tokens: 100n, asset: gold.infohash, prev: [inGold.infohash] } },
  ...{ taker: bob, want: { tokens: 5n * UNIT, prev: [back.infohash] } },
})

export const FIRST = block('block 1', 1n, [toAlice, gold, nameless, { index: 0n, entry: ENTERED }])
export const SECOND = block('block 2', 2n, [inTtx, inGold, left])

type Reply = { readonly jsonrpc: string; readonly id: unknown; readonly result?: unknown; readonly error?: ReplyError }
export type ReplyError = { readonly code: number; readonly message: string; readonly data?: unknown }

export async function open(t: TestContext) {
  const opened = await openLedger()
  t.after(() => opened[Symbol.asyncDispose]())
  const { ledger } = opened
  const genesis = blockId(GENESIS_BLOCK)
  await ledger.setBranch({ final: FIRST.id, blocks: [{ ...FIRST, id: genesis, height: 0n, steps: [] }, FIRST, SECOND] })
  for (const { file } of [back, traded]) await ledger.submit(file, 'rpc')
  const afterFirst = stateOf([
    { infohash: nameless.infohash, owner: OWNER.address, value: 1n },
    { infohash: toAlice.infohash, owner: alice.address, value: 100n * UNIT },
    { infohash: gold.infohash, owner: alice.address, asset: gold.infohash, value: 1_000n },
    { infohash: entered.infohash, owner: bob.address, asset: VAULT, value: 250n },
  ])
  const states = new Map<Hash, State>([[FIRST.id, afterFirst]])
  const blocks = new Map([FIRST, SECOND].map((each) => [each.id, publishedAs(each.id, each.height)]))
  const server = new EthereumRpcServer(
    {
      ...{ version: '1.2.3', definition: DEFINITION, ledger, log: SILENT, peers: () => 3 },
      pages: () => ['http://127.0.0.1:7650'],
      page: () => 'http://127.0.0.1:7650/pay',
      follower: {
        status: { state: 'live' },
        block: (id) => blocks.get(id),
        parentBlock: (id) => {
          const state = states.get(id)
          return state && ({ id, state } as never)
        },
      },
    },
    { port: 0 },
  )
  t.after(() => server.stop())
  const url = await server.start()
  const send = async (body: string, headers: Record<string, string> = {}) =>
    await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  const ask = async (method: string, ...params: readonly unknown[]): Promise<Reply> => {
    const response = await send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    return (await response.json()) as Reply
  }
  /** The result; throws on an error. */
  const get = async <T = unknown>(method: string, ...params: readonly unknown[]): Promise<T> => {
    const { result, error } = await ask(method, ...params)
    if (error !== undefined) throw Object.assign(new Error(error.message), error)
    return result as T
  }
  return { url, ledger, send, ask, get, reopen: () => opened.reopen() }
}

/** 12 zero bytes ‖ infohash. */
export function hashOf({ infohash }: { readonly infohash: Infohash }): string {
  return `0x${'0'.repeat(24)}${infohash}`
}

export function topicOf(address: Address): string {
  return `0x${'0'.repeat(24)}${address.slice(2)}`
}

function publishedAs(id: Hash, height: bigint): BridgeBlock {
  const { header } = GENESIS_BLOCK
  const parent = height === 1n ? blockId(GENESIS_BLOCK) : FIRST.id
  const seal = { ...GENESIS_BLOCK.seal, miner: height === 1n ? alice.address : ZERO_ADDRESS }
  const sealed: SealedHeader = { header: { ...header, height, parent }, seal }
  return { id, sealed, work: toWork(1_000n * height) } as BridgeBlock // what else it has nobody asks here
}
