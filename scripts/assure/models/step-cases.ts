// Seeded steps with the states they meet: valid ones, and ones that break each rule of the step function.

import type { Asset } from '../../../node/protocol/asset.ts'
import { concat, decodeUint, encodeUint } from '../../../node/protocol/bytes.ts'
import { type Address, type Infohash, parseInfohash, ZERO_ADDRESS } from '../../../node/protocol/ids.ts'
import type { OfferBody } from '../../../node/protocol/offer.ts'
import { packTransaction } from '../../../node/protocol/packed.ts'
import { MAX_TOKENS } from '../../../node/protocol/rules.ts'
import { entryKey, ofAsset, outputsOf, type State } from '../../../node/protocol/state.ts'
import { encodeStep } from '../../../node/protocol/step.ts'
import type { PackableTransaction, SignedTransaction, TakeTransaction } from '../../../node/protocol/transaction.ts'
import { insert } from '../../../node/protocol/tree.ts'
import type { TakeBody, TransactionBody } from '../../../node/protocol/typed-data.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import { type Account, accountOf, signBody, signOffer, signTake, type World } from './world.ts'

export type StepCase = {
  /** What was done to the step, or `valid`. Says what was tried, not what must come of it. */
  readonly name: string
  readonly state: State
  readonly queueIndex: bigint
  readonly step: Uint8Array
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** Before each valid step, which moves the world on, a few broken ones; ends when the world has given all its money away. */
export function* stepCases(world: World): Generator<StepCase, void> {
  const owners = new Set(world.accounts.map(({ address }) => address))
  while (outputsOf(world.state).some(({ owner }) => owners.has(owner))) {
    const valid = world.step()
    const before = { state: world.state, queueIndex: world.indexOf(valid) }
    const bytes = encodeStep(valid)
    yield { name: 'valid', ...before, step: bytes }
    const [change, changeBytes] = world.pick(Object.entries(byteChanges))
    yield { name: change, ...before, step: changeBytes(world, bytes) }
    const { tx, infohash } = world.transaction()
    yield { name: 'field changed', ...before, step: pack(world, changeBody(world, tx)) }
    yield { name: 'signature changed', ...before, step: pack(world, { ...tx, signature: changeSignature(world, tx) }) }
    const owner = world.random() < 0.5 ? tx.from : tx.to
    const asset = tx.issuance && world.random() < 0.5 ? infohash : tx.asset
    yield { name: 'output exists', ...before, state: withOutput(world, infohash, owner, asset), step: pack(world, tx) }
    yield* takeCases(world, before)
    if (world.random() < 0.2) yield { name: 'void', ...before, step: voidStep(world) }
    world.apply(valid)
    yield { name: 'replayed', ...before, state: world.state, step: bytes }
  }
}

const byteChanges = {
  truncated: (_: World, bytes: Uint8Array) => bytes.slice(0, -1),
  extended: (_: World, bytes: Uint8Array) => concat(bytes, Uint8Array.of(0)),
  flipped: (world: World, bytes: Uint8Array) => flipBit(world, bytes, 0),
  'head flipped': (world: World, bytes: Uint8Array) => flipBit(world, bytes, 0, 11),
  'memo flipped': (world: World, bytes: Uint8Array) => flipBit(world, bytes, 128),
  'asset flipped': (world: World, bytes: Uint8Array) => flipBit(world, bytes, 108, 130),
  empty: () => new Uint8Array(),
}

/** Flips a bit of a byte from `begin` on, and below `end`. */
export function flipBit(world: World, bytes: Uint8Array, begin = 0, end = bytes.length): Uint8Array {
  const changed = bytes.slice()
  const last = Math.min(end, bytes.length)
  const place = begin < last ? begin + Math.floor(world.random() * (last - begin)) : 0
  changed[place] = (changed[place] ?? 0) ^ (1 << Math.floor(world.random() * 8))
  return changed
}

/** A body that its sender did sign, but that is most likely against a rule. */
function changeBody(world: World, tx: SignedTransaction): SignedTransaction {
  const { kind: _kind, from, signature: _signature, ...body } = tx
  const random: Infohash = parseInfohash(
    Array.from({ length: 40 }, () => Math.floor(world.random() * 16).toString(16)).join(''),
  )
  const to = world.pick([ZERO_ADDRESS, world.rules.bridge, world.rules.token])
  const requestTo = (recipient: Address) => ({
    to: world.rules.bridge,
    bridge: { chain: world.rules.chain, to: recipient },
  })
  const changes: Partial<TransactionBody>[] = [
    { tokens: 0n },
    { tokens: 2n ** 128n - 1n },
    { tokens: body.tokens + 1n },
    { ...requestTo(from), tokens: 1n + BigInt(Math.floor(world.random() * 150)) },
    requestTo(to),
    body.bridge === undefined ? { to } : requestTo(to),
    { memo: world.pick(['"', '\\', 'a\nb', '\u007f', '\u0000', `${'x'.repeat(139)}"`, 'ok']) },
    { prev: body.prev.toReversed() },
    { prev: [...body.prev, ...body.prev].slice(0, 8) },
    { prev: [...body.prev.slice(1), random].sort() },
    { prev: [...body.prev, random].sort().slice(0, 8) },
    ...(body.issuance ? [] : assetChanges(world, random, body)),
    // Only TTX has a minimum.
    ...(body.asset ? [] : [{ ...requestTo(from), tokens: world.rules.minRequest - 1n }]),
  ]
  const account = world.accounts.find(({ address }) => address === from)
  if (account === undefined) throw new Error('the world made a transaction of somebody else')
  return signBody(account, { ...body, ...world.pick(changes) })
}

/** Another asset than that of the inputs; a request that cannot be, since nobody on Ethereum pays it, or the one who would is its recipient. */
function assetChanges(
  world: World,
  random: Infohash,
  { asset, bridge, to }: TransactionBody,
): Partial<TransactionBody>[] {
  const [contract, chain] = [world.contract(), world.rules.chain]
  const request = (asset: Asset, recipient: Address) => ({
    asset,
    to: world.rules.bridge,
    bridge: { chain, to: recipient },
  })
  const recipient = bridge?.to ?? to
  const issuance = bridge === undefined && asset === undefined ? [{ issuance: true } as const] : []
  return [{ asset: random }, { asset: contract }, request(random, recipient), request(contract, contract), ...issuance]
}

/** A swap that is valid, and some that are not. */
function* takeCases(world: World, before: Pick<StepCase, 'state' | 'queueIndex'>): Generator<StepCase, void> {
  const { tx, infohash } = world.take() ?? {}
  if (tx === undefined || infohash === undefined) return
  yield { name: 'taken', ...before, step: pack(world, tx) }
  const bytes = pack(world, tx)
  yield { name: 'take flipped', ...before, step: flipBit(world, bytes, 0) }
  yield { name: 'head of a take flipped', ...before, step: flipBit(world, bytes, 0, 13) }
  yield { name: 'take changed', ...before, step: pack(world, changeTake(world, tx)) }
  const { give, want } = tx.offer
  const [owner, asset] = world.pick([
    [tx.from, give.asset],
    [tx.offer.from, want.asset],
    [tx.from, want.asset],
    [tx.offer.from, give.asset],
  ] as const)
  yield { name: 'output of a take exists', ...before, state: withOutput(world, infohash, owner, asset), step: bytes }
}

/** An offer and a take that their signers did sign, but that are most likely against a rule. */
function changeTake(world: World, { offer, ...take }: TakeTransaction): TakeTransaction {
  const accountAt = (address: Address) => world.accounts.find((account) => account.address === address)
  const [maker, taker] = [accountAt(offer.from), accountAt(take.from)]
  if (maker === undefined || taker === undefined) throw new Error('the world made a take of somebody else')
  const { give, want, prev } = offer
  const random = accountOf(`random ${world.random()}`)
  const offers: Partial<OfferBody>[] = [
    {},
    { give: { ...give, tokens: 0n } },
    { want: { ...want, tokens: 0n } },
    { give: want },
    { want: give },
    { give: { ...give, tokens: give.tokens + 1n } },
    { want: { ...want, tokens: MAX_TOKENS } },
    { want: { ...want, asset: random.address } },
    { taker: random.address },
    { taker: maker.address },
    { prev: prev.toReversed() },
    { prev: [...prev, ...take.prev].sort().slice(0, 4) },
  ]
  const changed = signOffer(maker, { ...offer, ...world.pick(offers) })
  const said = { offer: changed, time: take.time, prev: take.prev, ...(take.memo ? { memo: take.memo } : {}) }
  const takes: [Account, Partial<TakeBody>][] = [
    [taker, {}],
    [maker, {}],
    [random, {}],
    [taker, { memo: '"' }],
    [taker, { prev: [...take.prev, ...take.prev].slice(0, 4) }],
    // Of another signature of the same words, and of the same with a bit of it turned over.
    [taker, { offer: { ...changed, signature: changeSignature(world, changed) } }],
  ]
  const [signer, change] = world.random() < 0.5 ? [taker, {}] : world.pick(takes)
  const signed = signTake(signer, { ...said, ...change })
  return world.random() < 0.2 ? { ...signed, offer } : signed
}

function changeSignature(world: World, tx: { readonly signature: Uint8Array }): Uint8Array {
  const [r, s, v] = [tx.signature.slice(0, 32), tx.signature.slice(32, 64), tx.signature[64] ?? 0]
  const highS = encodeUint(ORDER - decodeUint(s), 32)
  const zero = new Uint8Array(32)
  return world.pick([
    concat(r, s, Uint8Array.of(55 - v)),
    concat(r, highS, Uint8Array.of(55 - v)),
    concat(zero, s, Uint8Array.of(v)),
    concat(r, zero, Uint8Array.of(v)),
    concat(encodeUint(ORDER, 32), s, Uint8Array.of(v)),
    concat(encodeUint(ORDER - 1n, 32), s, Uint8Array.of(v)),
    concat(encodeUint(2n ** 256n - 1n, 32), s, Uint8Array.of(v)),
    concat(r, encodeUint(ORDER / 2n, 32), Uint8Array.of(v)),
    concat(r, encodeUint(ORDER / 2n + 1n, 32), Uint8Array.of(v)),
    concat(flipBit(world, r), s, Uint8Array.of(v)),
  ])
}

function pack(world: World, tx: PackableTransaction): Uint8Array {
  const packed = packTransaction(tx)
  const fee = toGwei(BigInt(Math.floor(world.random() * 2 ** 48)))
  return encodeStep(world.random() < 0.3 ? { kind: 'applied', fee, packed } : { kind: 'transaction', packed })
}

function voidStep(world: World): Uint8Array {
  const packed = packTransaction(world.transaction().tx)
  return concat(Uint8Array.of(3), encodeUint(packed.length, 8), packed.slice(0, 32))
}

/** The world's state with an output in it that a coming transaction wants to create. No chain leads there. */
function withOutput(world: World, infohash: Infohash, owner: Address, asset: Asset | undefined): State {
  const name = ofAsset({ infohash, owner }, asset)
  const balance = ofAsset({ owner }, asset)
  const key = entryKey(balance)
  let state = insert(world.state, { key: entryKey(name), value: 5n, name })
  if (world.random() < 0.5) state = insert(state, { key, value: 2n ** 127n, name: balance })
  return state
}
