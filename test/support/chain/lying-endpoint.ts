// An Ethereum endpoint that lies: a proxy before the true one, and a list of the ways in which it can fail those who trust it. Long: one list.

import type { ServerResponse } from 'node:http'
import {
  decodeAbiParameters,
  decodeFunctionData,
  encodeAbiParameters,
  getAbiItem,
  type Hex,
  isHex,
  keccak256,
  multicall3Abi,
  toFunctionSelector,
  toHex,
} from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { type Hash, keyOf } from '../../../node/protocol/ids.ts'
import { LANES, type Lane } from '../../../node/protocol/queue.ts'
import { EthereumProxy, type RpcCall, type Tampering } from './ethereum-proxy.ts'

/** What an endpoint does with a call; `undefined` if it says the truth. `proxy` asks the true endpoint. */
export type Lie = (call: RpcCall, proxy: EthereumProxy) => Tampering | undefined

/** A log as JSON-RPC has it. */
export type RawLog = { readonly blockNumber: Hex; readonly data: Hex; readonly topics: readonly Hex[] } & Record<
  string,
  unknown
>

export class LyingEndpoint implements AsyncDisposable {
  readonly proxy: EthereumProxy

  private constructor(proxy: EthereumProxy) {
    this.proxy = proxy
  }

  static async start(target: string): Promise<LyingEndpoint> {
    return new LyingEndpoint(await EthereumProxy.start(target))
  }

  get url(): string {
    return this.proxy.url
  }

  tell(lie: Lie): void {
    this.proxy.tamper = (call) => lie(call, this.proxy)
  }

  tellTheTruth(): void {
    this.proxy.tamper = () => undefined
  }

  /** How often it was asked this since it began. */
  asked(method: string): number {
    return this.proxy.calls.filter((call) => call.method === method).length
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.proxy[Symbol.asyncDispose]()
  }
}

/** Tells both; the first one that has something to say about a call decides. */
export function both(...lies: readonly Lie[]): Lie {
  return (call, proxy) => {
    for (const lie of lies) {
      const tampering = lie(call, proxy)
      if (tampering !== undefined) return tampering
    }
    return undefined
  }
}

function only(method: string, tampering: Tampering): Lie {
  return (call) => (call.method === method ? tampering : undefined)
}

// ------------------------------------------------------------------------------------------------ answers that are none

const SPACES = ' '.repeat(1 << 20)

function body(write: (response: ServerResponse) => void): Lie {
  const respond = (response: ServerResponse) => {
    response.setHeader('content-type', 'application/json')
    write(response)
  }
  return () => ({ respond })
}

/** Ways of not answering; each names itself. */
export const NO_ANSWERS: Readonly<Record<string, Lie>> = {
  'breaks the connection': () => 'reset',
  'answers with status 500': () => ({ status: 500 }),
  'answers with status 429': () => ({ status: 429 }),
  hangs: () => 'silence',
  'sends a web page': body((response) => response.end('<html>Bad gateway</html>')),
  'sends half an answer': body((response) => response.end('{"jsonrpc":"2.0","id":1,"res')),
  'sends an answer without end': body((response) => {
    const more = () => {
      while (!response.destroyed && response.write(SPACES));
    }
    response.on('drain', more)
    more()
  }),
  'sends a byte from time to time': body((response) => {
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  }),
}

/** Results that are JSON and mean nothing. */
export const SENSELESS: readonly unknown[] = [
  null,
  {},
  [],
  '',
  '0x',
  '0xzz',
  'no',
  -1,
  Number.MAX_VALUE,
  true,
  [[[]]],
  `0x${'f'.repeat(1_000)}`,
]

/** Answers these methods (default: all) with `result`. */
export function senseless(result: unknown, method?: string): Lie {
  return (call) => (method === undefined || call.method === method ? { instead: () => result } : undefined)
}

// ------------------------------------------------------------------------------------------------------------ the past

type RawBlock = { readonly number: Hex; readonly timestamp: Hex; readonly baseFeePerGas: Hex } & Record<string, unknown>

/** Serves Ethereum as it was `blocks` ago. */
export function lagging(blocks: number): Lie {
  return asOf(async (proxy) => BigInt(await askHex(proxy, 'eth_blockNumber')) - BigInt(blocks))
}

/** Serves Ethereum as it was at this block, forever. */
export function frozenAt(number: bigint): Lie {
  return asOf(async () => number)
}

function asOf(newest: (proxy: EthereumProxy) => Promise<bigint>): Lie {
  return ({ method, params }, proxy) => {
    const isOver = async (number: unknown) => isHex(number) && BigInt(number) > (await newest(proxy))
    const hidden = (key: string) => ({
      result: async (truth: unknown) => ((await isOver(memberOf(truth, key))) ? null : truth),
    })
    const atTag = (place: number) => ({
      instead: async () => {
        const tag = params[place]
        const isTag = tag === undefined || tag === 'latest' || tag === 'pending'
        return proxy.ask(method, params.with(place, isTag ? toHex(await newest(proxy)) : tag))
      },
    })
    switch (method) {
      case 'eth_blockNumber':
        return { instead: async () => toHex(await newest(proxy)) }
      case 'eth_getBlockByNumber':
        return {
          instead: async () => {
            const [tag, isFull] = params
            const number = tag === 'latest' ? toHex(await newest(proxy)) : tag
            return (await isOver(number)) ? null : proxy.ask(method, [number, isFull])
          },
        }
      case 'eth_getBlockByHash':
        return hidden('number')
      case 'eth_getTransactionReceipt':
      case 'eth_getTransactionByHash':
        return hidden('blockNumber')
      case 'eth_getLogs':
        return {
          result: async (logs) => {
            const last = await newest(proxy)
            return logsOf(logs).filter(({ blockNumber }) => BigInt(blockNumber) <= last)
          },
        }
      case 'eth_getTransactionCount':
      case 'eth_getBalance':
      case 'eth_getCode':
      case 'eth_call':
        return params.length > 1 ? atTag(1) : undefined
      default:
        return undefined
    }
  }
}

/** The head is now where it is, now `blocks` before that. */
export function jumpingBack(blocks: number): Lie {
  let asked = 0
  const old = lagging(blocks)
  return (call, proxy) => {
    if (call.method !== 'eth_getBlockByNumber' || call.params[0] !== 'latest') return undefined
    asked += 1
    return asked % 2 === 1 ? old(call, proxy) : undefined
  }
}

/** Every block says another time, this many seconds later. */
export function timesOff(seconds: bigint): Lie {
  return changeBlocks((block) => ({ ...block, timestamp: toHex(BigInt(block.timestamp) + seconds) }))
}

export function baseFee(wei: bigint): Lie {
  return changeBlocks((block) => ({ ...block, baseFeePerGas: toHex(wei) }))
}

/** Blocks of the same number have other hashes than the true ones. */
export const otherHashes: Lie = changeBlocks((block) => ({ ...block, hash: `0x${'ab'.repeat(32)}` }))

function changeBlocks(change: (block: RawBlock) => RawBlock): Lie {
  return ({ method }) =>
    method === 'eth_getBlockByNumber' || method === 'eth_getBlockByHash'
      ? { result: (block) => (block === null ? null : change(block as RawBlock)) }
      : undefined
}

// ---------------------------------------------------------------------------------------------------------------- logs

type EventName = Extract<(typeof bridgeAbi)[number], { type: 'event' }>['name']

export function topicOf(name: EventName): Hex {
  const event = bridgeAbi.find((item) => item.type === 'event' && item.name === name)
  if (event?.type !== 'event') throw new RangeError(`there is no event ${name}`)
  const types = event.inputs.map(({ type }) => type)
  return keccak256(toHex(`${name}(${types.join(',')})`))
}

/** Answers questions for logs with what `change` makes of the true ones. */
export function changeLogs(change: (logs: readonly RawLog[]) => readonly RawLog[]): Lie {
  return only('eth_getLogs', { result: (logs) => change(logsOf(logs)) })
}

/** Of the logs, those of one event. */
export function changeEvent(names: EventName | readonly EventName[], change: (log: RawLog) => readonly RawLog[]): Lie {
  const topics = new Set<Hex | undefined>([names].flat().map(topicOf))
  return changeLogs((logs) => logs.flatMap((log) => (topics.has(log.topics[0]) ? change(log) : [log])))
}

/** The same bytes, except that the lowest bit of one is flipped. */
export function flip(data: Hex, at: number): Hex {
  const bytes = Buffer.from(data.slice(2), 'hex')
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return `0x${bytes.toString('hex')}`
}

// ------------------------------------------------------------------------------------------------ what the contract says

type FunctionName = Extract<(typeof bridgeAbi)[number], { type: 'function' }>['name']

const CALLS = [{ type: 'tuple[]', components: [{ type: 'bool' }, { type: 'bytes' }] }] as const
const AGGREGATE = getAbiItem({ abi: multicall3Abi, name: 'aggregate3' })
/** What `blocks` returns, a word each. */
const RECORD = getAbiItem({ abi: bridgeAbi, name: 'blocks' }).outputs[0].components.map(({ name }) => name)
type Member = (typeof RECORD)[number]
const RECORD_BYTES = RECORD.length * 32

/** What the contract answers to one of its functions that is called by itself. */
export function changeAnswer(name: FunctionName, change: (answer: Hex) => Hex): Lie {
  const wanted = selectorOf(name)
  return ({ method, params }) => {
    if (method !== 'eth_call' || !String(dataOf(params[0])).startsWith(wanted)) return undefined
    return { result: (answer) => (isHex(answer) ? change(answer) : answer) }
  }
}

/** What the contract answers about a lane of the queue, asked by itself or together with others. */
export function changeLane(name: 'laneLength' | 'laneEntry', lane: Lane, change: (answer: Hex) => Hex): Lie {
  const wanted = `${selectorOf(name)}${LANES.indexOf(lane).toString(16).padStart(64, '0')}`
  return ({ method, params }) => {
    const data = String(dataOf(params?.[0]))
    if (method !== 'eth_call') return undefined
    if (data.startsWith(wanted)) return { result: (answer) => (isHex(answer) ? change(answer) : answer) }
    const asked = callsIn(data).map((call) => call.startsWith(wanted))
    if (!asked.includes(true)) return undefined
    return {
      result: (answer) => {
        if (!isHex(answer)) return answer
        const [calls] = decodeAbiParameters(CALLS, answer)
        const told = calls.map(([success, said], i) => [success, asked[i] ? change(said) : said] as const)
        return encodeAbiParameters(CALLS, [told])
      },
    }
  }
}

/** A lane of the queue is said to be longer by an entry, or shorter. */
export function otherLength(lane: Lane): Lie {
  return changeLane('laneLength', lane, (answer) => flip(answer, 31))
}

/** What is asked in one call of a contract that asks all of it. */
function callsIn(data: string): readonly Hex[] {
  // Before the question there is the code of the contract, which has the selector too.
  const at = data.lastIndexOf(toFunctionSelector(AGGREGATE).slice(2))
  if (at < 0) return []
  const { args } = decodeFunctionData({ abi: [AGGREGATE], data: `0x${data.slice(at)}` })
  return args[0].map(({ callData }) => callData)
}

/** Every block record, by itself or among others, says the contrary about being refuted. */
export const recordsLie: Lie = changeRecords('flags')
/** Every block record has another first child. */
export const otherChildren: Lie = changeRecords('firstChild')

/** Beside this block stands another one, beside that another one, and so on without end, each a second younger; none of them was ever published. */
export function endlessSiblings(block: Hash): Lie {
  const asked = new RegExp(`${selectorOf('blocks').slice(2)}([0-9a-f]{32})0{32}`, 'g')
  const keyAt = (i: number) => `ee${i.toString(16).padStart(30, '0')}`
  let first: readonly string[] | undefined
  return (call, proxy) => {
    const keys = [...String(dataOf(call.params?.[0])).matchAll(asked)].map(([, key]) => key ?? '')
    let place = 0
    const lie = changeEachRecord((record) => {
      const words = RECORD.map((_, i) => record.slice(2 + 64 * i, 2 + 64 * (i + 1)))
      const key = keys[place] ?? ''
      place += 1
      const isFirst = `0x${key}` === keyOf(block)
      if (isFirst && !/^0*$/.test(words[placeOf('publishedAt')] ?? '')) first = words
      const number = isFirst ? 0 : key.startsWith('ee00') ? Number.parseInt(key.slice(4), 16) : undefined
      if (number === undefined || first === undefined) return record
      const time = (BigInt(`0x${first[placeOf('publishedAt')]}`) + BigInt(number)).toString(16).padStart(64, '0')
      return `0x${first
        .with(placeOf('publishedAt'), time)
        .with(placeOf('nextSibling'), keyAt(number + 1).padEnd(64, '0'))
        .join('')}`
    })
    return lie(call, proxy)
  }
}

/** Flips the last bit of a member of every record. */
function changeRecords(member: Member): Lie {
  // A key is on the left of its word, a number on the right.
  const isLeft = member === 'firstChild'
  return changeEachRecord((record) => flip(record, 32 * placeOf(member) + (isLeft ? 15 : 31)))
}

function placeOf(member: Member): number {
  return RECORD.indexOf(member)
}

function changeEachRecord(changeOne: (record: Hex) => Hex): Lie {
  const change = (answer: Hex): Hex => {
    if (answer.length === 2 + 2 * RECORD_BYTES) return changeOne(answer)
    if (answer.length <= 2 + 2 * RECORD_BYTES) return answer
    try {
      const [calls] = decodeAbiParameters(CALLS, answer)
      return encodeAbiParameters(CALLS, [calls.map(([success, data]) => [success, change(data)] as const)])
    } catch {
      return answer // no list of calls
    }
  }
  return only('eth_call', { result: (answer) => (isHex(answer) ? change(answer) : answer) })
}

const CHANGES = [
  'publish',
  'refute',
  'nominate',
  'finalize',
  'claim',
  'claimMany',
  'deposit',
  'force',
  'withdrawBond',
  'withdraw',
] as const

/** Whatever is tried out would succeed. */
export const everythingSucceeds: Lie = ({ method, params = [] }) => {
  const data = String(dataOf(params[0]))
  if (!CHANGES.some((name) => data.startsWith(selectorOf(name)))) return undefined
  if (method === 'eth_call') return { instead: () => '0x' }
  return method === 'eth_estimateGas' ? { instead: () => toHex(600_000) } : undefined
}

/** Whatever is tried out would fail, without a reason. */
export const everythingReverts: Lie = ({ method, params = [] }) => {
  const data = String(dataOf(params[0]))
  const isChange = CHANGES.some((name) => data.startsWith(selectorOf(name)))
  if (!isChange || (method !== 'eth_call' && method !== 'eth_estimateGas')) return undefined
  return { error: { code: 3, message: 'execution reverted' } }
}

// --------------------------------------------------------------------------------------------------- transactions of ours

export const otherChain: Lie = only('eth_chainId', { instead: () => '0x1' })

/** Takes every transaction, and forgets it. */
export const swallows: Lie = ({ method, params = [] }) => {
  const [raw] = params
  return method === 'eth_sendRawTransaction' && isHex(raw) ? { instead: () => keccak256(raw) } : undefined
}

/** What is in no block succeeded five blocks ago. */
export const inventedReceipts: Lie = ({ method, params }, proxy) => {
  if (method !== 'eth_getTransactionReceipt') return undefined
  return {
    result: async (truth) => {
      if (truth !== null) return truth
      const number = toHex(BigInt(await askHex(proxy, 'eth_blockNumber')) - 5n)
      const block = await proxy.ask('eth_getBlockByNumber', [number, false])
      return {
        transactionHash: params[0],
        transactionIndex: '0x0',
        blockHash: memberOf(block, 'hash'),
        blockNumber: number,
        from: `0x${'11'.repeat(20)}`,
        to: `0x${'22'.repeat(20)}`,
        status: '0x1',
        type: '0x2',
        gasUsed: '0x5208',
        cumulativeGasUsed: '0x5208',
        effectiveGasPrice: '0x3b9aca00',
        logs: [],
        logsBloom: `0x${'00'.repeat(256)}`,
        contractAddress: null,
      }
    },
  }
}

/** What succeeded failed, and the other way round. */
export const turnedReceipts: Lie = only('eth_getTransactionReceipt', {
  result: (truth) =>
    truth === null ? null : { ...(truth as object), status: memberOf(truth, 'status') === '0x1' ? '0x0' : '0x1' },
})

/** Nothing ever gets into a block. */
export const noReceipts: Lie = only('eth_getTransactionReceipt', { instead: () => null })

export function nonceOff(by: number): Lie {
  return only('eth_getTransactionCount', { result: (truth) => toHex(Math.max(0, Number(truth) + by)) })
}

export function estimates(gas: bigint): Lie {
  return only('eth_estimateGas', { instead: () => toHex(gas) })
}

export function tip(wei: bigint): Lie {
  return only('eth_maxPriorityFeePerGas', { instead: () => toHex(wei) })
}

export const noMoney: Lie = only('eth_getBalance', { instead: () => '0x0' })

function selectorOf(name: FunctionName): Hex {
  const found = bridgeAbi.find((item) => item.type === 'function' && item.name === name)
  if (found?.type !== 'function') throw new RangeError(`there is no function ${name}`)
  return toFunctionSelector(found)
}

function dataOf(call: unknown): unknown {
  return memberOf(call, 'data') ?? memberOf(call, 'input')
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

function logsOf(logs: unknown): readonly RawLog[] {
  if (!Array.isArray(logs)) throw new TypeError('the endpoint gave no logs')
  return logs
}

async function askHex(proxy: EthereumProxy, method: string): Promise<Hex> {
  const answer = await proxy.ask(method, [])
  if (!isHex(answer)) throw new TypeError(`${method} gave no number`)
  return answer
}
