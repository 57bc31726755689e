// Bench: what two nodes with 100,000 payments send each other beside the files that they lack, by symbols and by prefixes; and what keeping the symbols costs.

import { createHash } from 'node:crypto'
import type Wire from 'bittorrent-protocol'
import { FairWork } from '../../node/network/fair-work.ts'
import { RemotePeer } from '../../node/network/gossip/peer.ts'
import { compareByPrefixes } from '../../node/network/gossip/reconcile/prefixes.ts'
import { SetIndex } from '../../node/network/gossip/reconcile/set-index.ts'
import { Sketch } from '../../node/network/gossip/reconcile/sketch.ts'
import { compareBySymbols } from '../../node/network/gossip/reconcile/symbols.ts'
import { answer } from '../../node/network/gossip/serve.ts'
import type { NetworkStore } from '../../node/network/store.ts'
import { SecretIndex } from '../../node/network/torrent/secret-index.ts'
import { type Infohash, ZERO_HASH } from '../../node/protocol/ids.ts'
import { recoverSender } from '../../node/protocol/signature.ts'
import { decodeTransaction } from '../../node/protocol/transaction.ts'
import { signingDigest } from '../../node/protocol/typed-data.ts'
import type { Bench, Case } from './measure.ts'
import { payments } from './payments.ts'

const PAYMENTS = 100_000
/** As one of two nodes that lacks all of them, and as two of which each lacks half. */
const DIFFERENCES = [10, 100, 500] as const
const NOTHING = { weight: 0n, fingerprint: ZERO_HASH, newestBlock: ZERO_HASH, stateRoot: ZERO_HASH }
const FILE = new Uint8Array(350)
const FILES_AT_ONCE = 100
const CHECKS = 2_000

type Side = { readonly infohashes: readonly Infohash[]; readonly index: SetIndex; readonly store: NetworkStore }

export const benches: readonly Bench[] = [
  {
    name: 'reconcile',
    title: `Two nodes with ${PAYMENTS.toLocaleString('en')} payments get what they lack: bytes both ways beside the files`,
    unit: 'bytes',
    rounds: 1,
    limits: [{ case: 'symbols, 10 that one lacks', of: 'median', atMost: 1_000 }],
    prepare: () => ({
      cases: DIFFERENCES.flatMap((count) => [...casesOf(count, 0), ...casesOf(count, count / 2)]),
      stop: () => {},
    }),
  },
  {
    name: 'reconcile',
    title: 'Keeping the symbols of one more payment, beside its signature check',
    unit: 'microseconds',
    rounds: 5,
    limits: [{ case: 'symbols', of: 'ratio', atMost: 0.2 }],
    prepare: () => {
      const checks = [...payments({ count: CHECKS })].flatMap((file) => {
        const tx = decodeTransaction(file)
        return tx.kind === 'signed' ? [[signingDigest(tx), tx.signature] as const] : []
      })
      const infohashes = namesOf('kept', CHECKS)
      const sketch = new Sketch()
      return {
        cases: [
          {
            name: 'signature check',
            run: () => micros(checks, ([digest, signature]) => recoverSender(digest, signature)),
          },
          { name: 'symbols', run: () => micros(infohashes, (infohash) => sketch.toggle(infohash)) },
        ],
        stop: () => {},
      }
    },
  },
]

/** `there`: how many of `count` the asking side has and the other lacks. */
function casesOf(count: number, there: number): Case[] {
  const name = there === 0 ? `${count} that one lacks` : `${count / 2} that each lacks`
  return [
    { name: `prefixes, ${name}`, run: () => bytes(count, there, byPrefixes) },
    { name: `symbols, ${name}`, run: () => bytes(count, there, bySymbols) },
  ]
}

type Compare = (near: RemotePeer, far: RemotePeer, left: Side, right: Side) => Promise<void>

/** Both sides ask for what they lack, as no side knows which lacks something. */
const byPrefixes: Compare = async (near, far, left, right) => {
  for (const [peer, side] of [
    [near, left],
    [far, right],
  ] as const) {
    const own = new Set(side.infohashes)
    const lacking: Infohash[] = []
    const onListed = async (listed: readonly Infohash[]) => lacking.push(...listed.filter((each) => !own.has(each)))
    await compareByPrefixes(peer, { buckets: side.index.buckets, mayBeMuch: false, onListed })
    await get(peer, lacking)
  }
}

/** One side asks, and tells the other. */
const bySymbols: Compare = async (near, far, left, right) => {
  const found = await compareBySymbols(near, left.index.sketch, right.infohashes.length - left.infohashes.length)
  if (found === undefined) throw new Error('expected symbols to suffice')
  const own = new Set(left.infohashes)
  const here = found.filter((infohash) => own.has(infohash))
  if (here.length > 0) near.send({ type: 'have', infohashes: here })
  await get(
    near,
    found.filter((infohash) => !own.has(infohash)),
  )
  await get(far, here)
}

async function bytes(count: number, there: number, compare: Compare): Promise<number> {
  const common = namesOf('common', PAYMENTS - count)
  const differing = namesOf(`of ${count}`, count)
  const left = await sideOf([...common, ...differing.slice(0, there)])
  const right = await sideOf([...common, ...differing.slice(there)])
  const [near, far] = connect(left, right)
  await compare(near, far, left, right)
  const { sent, received } = near
  if (sent.transactions + received.transactions !== count) throw new Error('expected all that differ to come')
  return sent.bytes + received.bytes - count * FILE.length
}

async function get(peer: RemotePeer, infohashes: readonly Infohash[]): Promise<void> {
  for (let at = 0; at < infohashes.length; at += FILES_AT_ONCE) {
    await peer.ask({ type: 'get', infohashes: infohashes.slice(at, at + FILES_AT_ONCE) })
  }
}

function namesOf(kind: string, count: number): Infohash[] {
  return Array.from({ length: count }, (_, i) => createHash('sha1').update(`${kind} ${i}`).digest('hex') as Infohash)
}

/** As much of a store as comparing asks for. */
async function sideOf(infohashes: readonly Infohash[]): Promise<Side> {
  const sorted = infohashes.toSorted()
  const store = {
    transaction: () => FILE,
    headers: () => [],
    subscribe: () => () => {},
    async *shared() {
      for (const infohash of sorted) yield { infohash, isCounted: true }
    },
    async *infohashes(prefix: string, after = '') {
      for (const infohash of sorted) if (infohash.startsWith(prefix) && infohash > after) yield infohash
    },
  } as unknown as NetworkStore // nothing else of it is called
  const index = new SetIndex(store, new SecretIndex())
  await index.start(() => {}, new AbortController().signal).done
  return { infohashes, index, store }
}

/** How each sees the other, without a socket between. */
function connect(left: Side, right: Side): [near: RemotePeer, far: RemotePeer] {
  const now = () => performance.now()
  const ends: RemotePeer[] = []
  const see = (at: Side, other: 0 | 1): RemotePeer => {
    const wire = {
      _readableState: { buffered: 0 },
      extended: (_: string, message: Uint8Array) => ends[other]?.receive(message),
      destroy: () => {},
    } as unknown as Wire // what a peer uses of one
    const hello = { id: `${other}`, host: 'bench', address: undefined, outgoing: other === 1 }
    const onMessage: ConstructorParameters<typeof RemotePeer>[2]['onMessage'] = async (peer, message) => {
      if ('id' in message) peer.send(await answer(at.store, at.index, peer, message))
    }
    return new RemotePeer(
      wire,
      hello,
      { onMessage, onClosed: () => {}, onBan: () => {} },
      now,
      new FairWork({ share: 0.9, now }),
    )
  }
  const [near, far] = [see(left, 1), see(right, 0)]
  ends.push(near, far)
  near.summary = { ...NOTHING, count: right.infohashes.length }
  far.summary = { ...NOTHING, count: left.infohashes.length }
  return [near, far]
}

/** Of one, in the mean. */
function micros<T>(each: readonly T[], act: (one: T) => unknown): number {
  const began = performance.now()
  for (const one of each) act(one)
  return (1_000 * (performance.now() - began)) / each.length
}
