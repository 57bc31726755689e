// An endpoint that lies about what the contract keeps of blocks, wherever they are asked for: alone or many in one call.

import assert from 'node:assert/strict'
import { decodeAbiParameters, encodeAbiParameters, getAbiItem, type Hex, isHex, toFunctionSelector } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { type BlockKey, parseKey, ZERO_KEY } from '../../../node/protocol/ids.ts'
import type { Lie } from '../../support/chain/lying-endpoint.ts'

/** The words of a record, 64 digits each. */
export type Words = readonly string[]
type Member = 'parent' | 'publishedAt' | 'work' | 'flags' | 'tag' | 'firstChild' | 'nextSibling'

const MEMBERS = getAbiItem({ abi: bridgeAbi, name: 'blocks' }).outputs[0].components.map(({ name }) => name)
/** Where the ones are that are lied about. */
export const WORD = Object.fromEntries(MEMBERS.map((name, i) => [name, i])) as Readonly<Record<Member, number>>
const WORDS = MEMBERS.length
const CALLS = [{ type: 'tuple[]', components: [{ type: 'bool' }, { type: 'bytes' }] }] as const
const blocks = bridgeAbi.find((item) => item.type === 'function' && item.name === 'blocks')
assert(blocks?.type === 'function')
const ASKED = new RegExp(`${toFunctionSelector(blocks).slice(2)}([0-9a-f]{32})0{32}`, 'g')

export function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

export function wordsOf(record: Hex): Words {
  return Array.from({ length: WORDS }, (_, i) => record.slice(2 + 64 * i, 66 + 64 * i))
}

/** A key, or a tag, as a word of a record: on the left. */
export function leftWord(bytes: Hex): string {
  return bytes.slice(2).padEnd(64, '0')
}

/** `change` gets the key of a block, and what is true. */
export function lieAboutRecords(change: (key: BlockKey, words: Words) => Words): Lie {
  return ({ method, params }) => {
    if (method !== 'eth_call') return undefined
    const { data, input } = params[0] as { data?: string; input?: string } // of eth_call
    const keys = [...String(data ?? input).matchAll(ASKED)].map(([, key = '']) => parseKey(`0x${key}`))
    if (keys.length === 0) return undefined
    let place = 0
    const changed = (answer: Hex): Hex => {
      if (answer.length === 2 + 2 * WORDS * 32)
        return `0x${change(keys[place++] ?? ZERO_KEY, wordsOf(answer)).join('')}`
      if (answer.length < 2 + 2 * WORDS * 32) return answer
      try {
        const [calls] = decodeAbiParameters(CALLS, answer)
        return encodeAbiParameters(CALLS, [calls.map(([ok, each]) => [ok, changed(each)] as const)])
      } catch {
        return answer
      }
    }
    return { result: (answer) => (isHex(answer) ? changed(answer) : answer) }
  }
}
