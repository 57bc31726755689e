// An endpoint that lies about what the contract keeps of blocks, wherever they are asked for: alone or many in one call.

import assert from 'node:assert/strict'
import { decodeAbiParameters, encodeAbiParameters, type Hex, isHex, toFunctionSelector } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import type { Lie } from '../../support/chain/lying-endpoint.ts'

/** The twelve words of a record, 64 digits each; these are the ones that are lied about. */
export type Words = readonly string[]
export const WORD = { parent: 0, publishedAt: 1, work: 2, flags: 3, firstChild: 8, nextSibling: 11 } as const

const WORDS = 12
const CALLS = [{ type: 'tuple[]', components: [{ type: 'bool' }, { type: 'bytes' }] }] as const
const blocks = bridgeAbi.find((item) => item.type === 'function' && item.name === 'blocks')
assert(blocks?.type === 'function')
const ASKED = new RegExp(`${toFunctionSelector(blocks).slice(2)}([0-9a-f]{64})`, 'g')

export function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

export function wordsOf(record: Hex): Words {
  return Array.from({ length: WORDS }, (_, i) => record.slice(2 + 64 * i, 66 + 64 * i))
}

/** `change` gets the id of a block, 64 digits, and what is true. */
export function lieAboutRecords(change: (id: string, words: Words) => Words): Lie {
  return ({ method, params }) => {
    if (method !== 'eth_call') return undefined
    const { data, input } = params[0] as { data?: string; input?: string } // of eth_call
    const ids = [...String(data ?? input).matchAll(ASKED)].map(([, id = '']) => id)
    if (ids.length === 0) return undefined
    let place = 0
    const changed = (answer: Hex): Hex => {
      if (answer.length === 2 + 2 * WORDS * 32) return `0x${change(ids[place++] ?? '', wordsOf(answer)).join('')}`
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
