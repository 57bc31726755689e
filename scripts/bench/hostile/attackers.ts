// The process of the attackers: begins an attack when it is told, from addresses of loopback in many ranges, and connects again when it is thrown off.

import { setImmediate, setTimeout } from 'node:timers/promises'
import { encodeMessage } from '../../../node/network/gossip/messages.ts'
import { MAX_FILES, MAX_INFOHASHES } from '../../../node/network/limits.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { connectFrom, MEETING, RawPeer } from './raw-peer.ts'
import { type Attack, makePayments, type Order, STORED } from './world.ts'

/** As long as a node of before waited for an answer, nearly. */
const WITHHELD_MS = 19_000
const AGAIN_MS = 500

const stored = makePayments(STORED).map(({ infohash }) => infohash)
const spies = new Set<RawPeer>()
let said = 0

process.on('message', (order: Order) => {
  if (order.do === 'announce') {
    for (const spy of spies) void spy.say({ type: 'have', infohashes: [order.infohash] })
    return
  }
  for (let i = 0; i < order.count; i++) void keepAttacking(order.attack, order.port, i)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
// How much it got rid of, for the curious.
setInterval(() => process.send?.({ said }), 1_000)

async function keepAttacking(attack: Attack, port: number, i: number): Promise<void> {
  for (;;) {
    const socket = await connectFrom(`127.${10 + (i % 200)}.${1 + Math.floor(i / 200)}.7`, port)
    if (!socket.destroyed) await begin(attack, socket, i)
    await setTimeout(AGAIN_MS)
  }
}

/** Resolves when the connection is over. */
async function begin(attack: Attack, socket: Awaited<ReturnType<typeof connectFrom>>, i: number): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  if (attack === 'half-open') return await closed
  const peer: RawPeer = new RawPeer(socket, (message) => {
    if (message.type !== 'get') return
    const files = message.infohashes.map(() => new Uint8Array())
    void setTimeout(WITHHELD_MS).then(() => peer.say({ type: 'files', id: message.id, files }))
  })
  if (attack === 'handshake') {
    peer.shakeHands(stored[i % stored.length] ?? MEETING)
    return await closed
  }
  peer.introduce()
  while (!peer.isIntroduced && !peer.isClosed) await setTimeout(5)
  spies.add(peer)
  await flood(attack, peer)
  await closed
  spies.delete(peer)
}

async function flood(attack: Attack, peer: RawPeer): Promise<void> {
  const batch = Array.from({ length: MAX_INFOHASHES }, (_, n) => stored[n % stored.length] as Infohash)
  const known = encodeMessage({ type: 'have', infohashes: batch })
  for (let id = 0; !peer.isClosed; id++) {
    if (attack === 'announce known') await peer.say(known)
    else if (attack === 'list') await peer.say({ type: 'list', id, prefix: '', after: '' })
    else if (attack === 'get') await peer.say({ type: 'get', id, infohashes: batch.slice(0, MAX_FILES) })
    else return
    said += 1
    // Just below what gets a peer banned: 256 KiB a second of announcements, and not too many questions at once.
    if (attack === 'announce known') await setTimeout(known.length / 262)
    else await setTimeout(20)
    await setImmediate()
  }
}
