// Payments for benches and soaks: a random web of them, or chains side by side, from a network of their own.

import type { NetworkDefinition } from '../../node/deployment.ts'
import { createGenesis, genesisInfohash, genesisState } from '../../node/protocol/genesis.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { genesisBlock } from '../../node/protocol/header.ts'
import { type Address, addressOfKey, type Infohash, toAddress } from '../../node/protocol/ids.ts'
import { infohashOf } from '../../node/protocol/infohash.ts'
import { MAX_TOKENS, type Rules } from '../../node/protocol/rules.ts'
import { publicKeyOf, signDigest } from '../../node/protocol/signature.ts'
import { stateRoot } from '../../node/protocol/state.ts'
import { encodeTransaction } from '../../node/protocol/transaction.ts'
import { signingDigest } from '../../node/protocol/typed-data.ts'
import { toGasPrice, toTime } from '../../node/protocol/units.ts'

export const BENCH_RULES: Rules = {
  chain: 1n,
  bridge: toAddress(new Uint8Array(20).fill(0xb1)),
  token: toAddress(new Uint8Array(20).fill(0x70)),
  minRequest: 1n,
}

type Person = { readonly key: Uint8Array; readonly address: Address }
type Coin = { readonly infohash: Infohash; readonly owner: Person; readonly value: bigint }

const BEGAN = 1_767_225_600
const PEOPLE = 1_000
const OWNER = personOf('owner')

export const BENCH_GENESIS = createGenesis(publicKeyOf(OWNER.key), BEGAN, (digest) => signDigest(digest, OWNER.key))

const easiestTarget = 2n ** 255n
const { chain, bridge } = BENCH_RULES
/** What a node of that network is told of it. */
export const BENCH_DEFINITION: NetworkDefinition = {
  rules: BENCH_RULES,
  genesis: BENCH_GENESIS,
  genesisBlock: genesisBlock({ chain, bridge, easiestTarget, state: stateRoot(genesisState(BENCH_GENESIS)) }),
  easiestTarget,
  minDeposit: 1n,
  floorPrice: toGasPrice(1n),
  deployedBlock: 0n,
  deployedAt: toTime(0n),
}

/** `chains`: each payment spends the change of the one before in its chain, as many chains as said; else a random web. `seed` is below 2^32. */
export type PaymentsOptions = { readonly count: number; readonly chains?: number; readonly seed?: number }

/** Their files (`tx.json`), parents first, about 330 bytes each. The same for the same options. */
export function* payments({ count, chains, seed = 1 }: PaymentsOptions): Generator<Uint8Array> {
  const random = randomBelow(seed)
  const people = Array.from({ length: PEOPLE }, (_, i) => personOf(`${i}`))
  const coins: Coin[] = [{ infohash: genesisInfohash(BENCH_GENESIS), owner: OWNER, value: BENCH_GENESIS.tokens }]
  for (let i = 0; i < count; i++) {
    // Until there are enough coins, each payment makes one more of the largest, which is the first.
    const isSplit = coins.length < (chains ?? PEOPLE)
    const at = isSplit ? 0 : chains === undefined ? random(coins.length) : i % coins.length
    const coin = coins[at]
    const payee = people[random(PEOPLE)]
    if (coin === undefined || payee === undefined) throw new Error('expected a coin and a payee')
    const tokens = isSplit ? coin.value / BigInt((chains ?? PEOPLE) + 1 - coins.length) : coin.value / 2n || 1n
    const chained = chains !== undefined && !isSplit
    const { file, infohash } = payment(coin, chained ? 1n : tokens, payee, BEGAN + i)
    const paid = chained ? 1n : tokens
    const change: Coin = { infohash, owner: coin.owner, value: coin.value - paid }
    const received: Coin = { infohash, owner: payee, value: paid }
    // A coin that is spent wholly is replaced by what it paid; equal owners get one output.
    if (payee.address === coin.owner.address) coins[at] = { ...coin, infohash }
    else if (change.value === 0n) coins[at] = received
    else {
      coins[at] = change
      if (!chained) coins.push(received)
    }
    yield file
  }
}

function payment(coin: Coin, tokens: bigint, payee: Person, time: number): { file: Uint8Array; infohash: Infohash } {
  if (tokens > MAX_TOKENS) throw new Error('expected a payment of less than all there is')
  const body = { to: payee.address, tokens, time, prev: [coin.infohash] }
  const signature = signDigest(signingDigest(body), coin.owner.key)
  const file = encodeTransaction({ kind: 'signed', from: coin.owner.address, signature, ...body })
  return { file, infohash: infohashOf(file) }
}

function personOf(name: string): Person {
  const key = keccak(new TextEncoder().encode(`bench ${name}`))
  return { key, address: addressOfKey(publicKeyOf(key)) }
}

/** xorshift32: whole numbers from 0 to below a bound. */
function randomBelow(seed: number): (bound: number) => number {
  let state = seed >>> 0 || 1
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % bound
  }
}
