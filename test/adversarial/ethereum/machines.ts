// Ways in which what stands behind one address fails a transaction: machines that are apart, gateways that take it and say otherwise.

import { randomOf } from '../../../scripts/assure/models/world.ts'
import type { RpcCall, Tampering } from '../../support/chain/ethereum-proxy.ts'
import { type Lie, lagging } from '../../support/chain/lying-endpoint.ts'

export const SEND = 'eth_sendRawTransaction'
const SEED = 20261129
const POOR = {
  code: -32000,
  message: 'insufficient funds for gas * price + value: balance 0, tx cost 14701, overshot 14701',
}
const STALE = { code: -32000, message: 'nonce too low: next nonce 9, tx nonce 8' }
/** Behind one address there are several machines. Each is made again for each use, since it counts what it is asked. */
export const MACHINES: Readonly<Record<string, () => Lie>> = {
  ...Object.fromEntries(
    [1, 2, 5].map((blocks) => [`two machines ${blocks} blocks apart take turns`, () => inTurns(lagging(blocks))]),
  ),
  'three machines take turns, and two of them are behind': () => inTurns(lagging(1), lagging(4)),
  'two machines apart at random': () => atRandom(lagging(3)),
  'one that has no transactions yet, and knows of their nonces': () => only(/Receipt|ByHash/, { instead: () => null }),
  'it takes it, its answer is lost, and a machine that is behind misses the money': () => pooled('reset', POOR),
  'it takes it, and the machine that answers misses the money': () => pooled(POOR, POOR),
  'it takes it, and the machine that answers has the nonce': () => pooled(STALE, STALE),
}

export function during(isOn: (isSent: boolean, call: RpcCall) => boolean, lie: Lie): Lie {
  let isSent = false
  return (call, proxy) => {
    const tampering = isOn(isSent, call) ? lie(call, proxy) : undefined
    isSent ||= call.method === SEND
    return tampering
  }
}

/** Question after question to the one that is right and to each of these. */
function inTurns(...behind: readonly Lie[]): Lie {
  let asked = 0
  return (call, proxy) => behind[(asked++ % (behind.length + 1)) - 1]?.(call, proxy)
}

function atRandom(behind: Lie): Lie {
  const random = randomOf(SEED)
  return (call, proxy) => (random() < 0.5 ? behind(call, proxy) : undefined)
}

function only(methods: RegExp, tampering: Tampering): Lie {
  return ({ method }) => (methods.test(method) ? tampering : undefined)
}

/** Takes the first one and answers so; of all later ones, and for some looks of that one, it is a machine that knows nothing. */
function pooled(answer: Parameters<typeof taken>[0], later: { readonly code: number; readonly message: string }): Lie {
  const first = taken(answer)
  let [sent, unseen] = [0, 6]
  return (call, proxy) => {
    if (call.method === SEND) return sent++ === 0 ? first(call, proxy) : { error: later }
    return sent > 0 && /Receipt|ByHash/.test(call.method) && unseen-- > 0 ? { instead: () => null } : undefined
  }
}

/** The first time only. */
export function once(tampering: Tampering): Lie {
  let isOver = false
  return ({ method }) => {
    if (method !== SEND || isOver) return undefined
    isOver = true
    return tampering
  }
}

/** Hands the first one on, and answers something else. */
export function taken(answer: 'reset' | { readonly code: number; readonly message: string }): Lie {
  let isOver = false
  return ({ method, params }, proxy) => {
    if (method !== SEND || isOver) return undefined
    isOver = true
    return {
      respond: (response) => {
        const reply = () => {
          if (answer === 'reset') return void response.destroy()
          const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error: answer })
          response.writeHead(200, { 'content-type': 'application/json' }).end(body)
        }
        proxy.ask(method, params).then(reply, reply)
      },
    }
  }
}
