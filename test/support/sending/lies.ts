// What an endpoint among several may do, each by its name.

import { OperationError } from '../../../node/errors.ts'
import type { Endpoint } from '../../../node/ethereum/sending/endpoint.ts'
import { toGasPrice, toTime, toWei } from '../../../node/protocol/units.ts'
import { type Lies, type MadeUpChain, refusal, refused, silence } from './made-up-chain.ts'

export type Lie = (honest: Endpoint, chain: MadeUpChain) => Lies

const ETHER = 10n ** 18n
const METHODS = ['head', 'tip', 'balance', 'nonce', 'estimate', 'simulate', 'record', 'broadcast', 'receipt', 'isKnown']

function always(answer: () => Promise<never>): Lie {
  return () => Object.fromEntries(METHODS.map((method) => [method, answer]))
}

function nonces(change: (truth: number) => number): Lie {
  return (honest) => ({ nonce: async (tag, account) => change(await honest.nonce(tag, account)) })
}

function heads(change: Partial<Awaited<ReturnType<Endpoint['head']>>>): Lie {
  return (honest) => ({ head: async () => ({ ...(await honest.head()), ...change }) })
}

function says(isRefuted: boolean): Lie {
  return (honest) => ({ record: async (id) => ({ ...(await honest.record(id)), isRefuted }) })
}

function all(...lies: readonly Lie[]): Lie {
  return (honest, chain) => Object.assign({}, ...lies.map((lie) => lie(honest, chain)))
}

const accepts: Lie = () => ({ simulate: async () => undefined, estimate: async () => 21_000n })
const dead: Lie = () => ({
  simulate: () => Promise.reject(refusal('BlockIsRefuted')),
  estimate: () => Promise.reject(refusal('BlockIsRefuted')),
})
const inventedReceipts: Lie = (_, chain) => ({
  receipt: async (hash) => ({ hash, success: true, block: chain.number - 5n, gasUsed: 1n, gasPrice: toGasPrice(1n) }),
})
const noReceipts: Lie = () => ({ receipt: async () => undefined })
const swallows: Lie = () => ({ broadcast: async () => undefined, isKnown: async () => false })
let turn = 0

/** Of a block that is wrong and alive. */
export const LIES: Readonly<Record<string, Lie>> = {
  'says the truth': () => ({}),
  'is silent': always(() => Promise.reject(silence())),
  hangs: always(() => new Promise(() => undefined)),
  'is of another chain': always(() => Promise.reject(new OperationError('ethereum-wrong-chain', 'another chain'))),
  'refuses the proof': () => ({ simulate: () => Promise.reject(refusal('StepIsRight')) }),
  'has never heard of the block': () => ({ simulate: () => Promise.reject(refusal('UnknownBlock')) }),
  'calls the block dead': all(dead, says(true)),
  'calls the block dead, and invents receipts': all(
    dead,
    says(true),
    inventedReceipts,
    nonces((truth) => truth + 1),
  ),
  'accepts the proof, and says later that it was dead': says(true),
  'calls the block alive for ever': all(accepts, says(false)),
  'calls the block alive for ever, and knows of no receipts': all(accepts, says(false), noReceipts),
  'estimates gas without end': () => ({ estimate: async () => 2n ** 60n }),
  'estimates hardly any gas': () => ({ estimate: async () => 21_000n }),
  'has a nonce that is one too high': nonces((truth) => truth + 1),
  'has a nonce of 10,000': nonces(() => 10_000),
  'has a nonce that is one too low': nonces((truth) => Math.max(truth - 1, 0)),
  'has a nonce of zero': nonces(() => 0),
  'has another nonce each time': nonces((truth) => truth + (turn++ % 7)),
  'has a nonce that counts each transaction twice': nonces((truth) => 2 * truth),
  'has a base fee of 1 ETH': heads({ baseFee: toGasPrice(ETHER) }),
  'has no base fee': heads({ baseFee: toGasPrice(0n) }),
  'is at block 1': heads({ number: 1n, time: toTime(1n), next: toTime(2n) }),
  'is far in the future': heads({ number: 10n ** 9n, time: toTime(10n ** 11n), next: toTime(10n ** 11n) }),
  'has a tip of 1 ETH': () => ({ tip: async () => toGasPrice(ETHER) }),
  'has no tip': () => ({ tip: async () => toGasPrice(0n) }),
  'does not know tips': () => ({ tip: () => Promise.reject(refused('no such method')) }),
  'has the account poor': () => ({ balance: async () => toWei(0n) }),
  'has the account rich': () => ({ balance: async () => toWei(10n ** 30n) }),
  'invents receipts': inventedReceipts,
  'invents receipts of failures': (_, chain) => ({
    receipt: async (hash) => ({
      hash,
      success: false,
      block: chain.number - 5n,
      gasUsed: 1n,
      gasPrice: toGasPrice(1n),
    }),
  }),
  'knows of no receipts': noReceipts,
  'takes transactions and forgets them': swallows,
  'lives in a world of its own': all(
    accepts,
    says(false),
    swallows,
    noReceipts,
    nonces((truth) => truth + 2),
  ),
  'calls every nonce too low': () => ({ broadcast: () => Promise.reject(refused('nonce too low')) }),
  'calls the account poor': () => ({ broadcast: () => Promise.reject(refused('insufficient funds')) }),
  'hangs when it is given a transaction': () => ({ broadcast: () => new Promise(() => undefined) }),
}

/** Where the liars are among the endpoints. */
export const PLACES = {
  'the first of two': ['liar', 'honest'],
  'the second of two': ['honest', 'liar'],
  'all but the last of three': ['liar', 'liar', 'honest'],
} as const
