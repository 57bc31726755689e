// What the executable spec says of a seeded world, as lines of text: equal wherever it runs. Nothing of Node.

import { applyStep } from '../../../../node/protocol/apply.ts'
import { assembleBlock, type ParentBlock } from '../../../../node/protocol/block.ts'
import { blockTorrent, decodeOutputs, encodeOutputs } from '../../../../node/protocol/block-torrent.ts'
import { concat, formatHex } from '../../../../node/protocol/bytes.ts'
import { checkGenesis, genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, decodeSealed, encodeSealed, genesisBlock } from '../../../../node/protocol/header.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { emptyAfter, surchargeOf } from '../../../../node/protocol/lane-price.ts'
import { encodeOffer, formatOffer } from '../../../../node/protocol/offer.ts'
import { decodeOffer, offerId } from '../../../../node/protocol/offer-file.ts'
import type { QueueEntry } from '../../../../node/protocol/queue.ts'
import { replay } from '../../../../node/protocol/replay.ts'
import { isCanonicalSignature, publicKeyOf, recoverSender, signDigest } from '../../../../node/protocol/signature.ts'
import { outputsOf, type State, stateOf, stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { targetCeiling, workOf } from '../../../../node/protocol/target.ts'
import { traceLeaf, traceProof } from '../../../../node/protocol/trace.ts'
import { decodeTransaction, encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { toSeconds, toTime } from '../../../../node/protocol/units.ts'
import { stepCases } from '../../../../scripts/assure/models/step-cases.ts'
import {
  accountOf,
  genesisOf,
  RULES,
  randomOf,
  signOffer,
  takeOffer,
  World,
} from '../../../../scripts/assure/models/world.ts'
import { readerOf } from '../../../support/queue.ts'
import {
  applyAll,
  blockOf as blobBlockOf,
  parent as blobParent,
  readerOf as blobReaderOf,
  stepsOfScene,
} from './blob-scene.ts'
import { recoveryCases, signingCases } from './signature-cases.ts'

const TARGET = 2n ** 240n

/** The same lines for the same seed. */
export function* transcript(seed: number): Generator<string> {
  yield* signatureLines(seed)
  yield* stepLines(seed)
  yield* genesisLines(seed)
  yield* blockLines(seed)
  yield* blobLines()
  yield* priceLines(seed)
  yield* offerLines(seed)
}

function* signatureLines(seed: number): Generator<string> {
  for (const { digest, signature, recovery } of recoveryCases(seed, 30)) {
    const bytes = concat(signature, Uint8Array.of(27 + recovery))
    yield `sender of ${formatHex(digest)} ${formatHex(bytes)}: ${isCanonicalSignature(bytes)} ${recoverSender(digest, bytes)}`
  }
  for (const { digest, privateKey } of signingCases(seed, 30)) {
    yield `signature of ${formatHex(digest)}: ${orRefused(() => signDigest(digest, privateKey))}`
    yield `key of ${formatHex(privateKey)}: ${orRefused(() => publicKeyOf(privateKey))}`
  }
}

function* priceLines(seed: number): Generator<string> {
  const [now, random] = [toTime(1_800_000_000n), randomOf(seed)]
  for (let i = 0; i < 30; i++) {
    const emptyAt = emptyAfter(now, now, BigInt(Math.floor(2_000 * random())))
    const entries = BigInt(Math.floor(200 * random()))
    yield `surcharge of ${entries} until ${emptyAt}: ${surchargeOf(emptyAt, now, entries)}`
  }
}

function* offerLines(seed: number): Generator<string> {
  const random = randomOf(seed)
  const [maker, taker] = [accountOf(`maker ${seed}`), accountOf(`taker ${seed}`)]
  const asset = genesisInfohash(genesisOf(maker))
  for (let i = 0; i < 10; i++) {
    const [mine, yours] = [1n + BigInt(Math.floor(1e9 * random())), 1n + BigInt(Math.floor(1e9 * random()))]
    const [give, want] =
      i % 2 === 0 ? [{ tokens: mine }, { tokens: yours, asset }] : [{ tokens: mine, asset }, { tokens: yours }]
    const named = i % 3 === 0 ? { taker: taker.address } : {}
    const text = formatOffer(signOffer(maker, { give, want, ...named, time: i, prev: [asset] }))
    const offer = decodeOffer(text)
    const { infohash, packed } = takeOffer(taker, { offer, time: i, prev: [asset] })
    yield `offer ${offerId(offer)} ${text}: taken by ${infohash} ${formatHex(packed)}`
    yield `the same after a change: ${orRefused(() => encodeOffer(decodeOffer(text.replace('"time":', '"time":1'))))}`
  }
}

function* stepLines(seed: number): Generator<string> {
  const world = new World(seed)
  let left = 100
  for (const { name, state, queueIndex, step } of stepCases(world)) {
    if (left-- === 0) return
    const witness: Uint8Array[] = []
    const applied = applyStep(world.rules, state, queueIndex, step, witness)
    yield `step, ${name}: ${applied.reason} ${stateRoot(applied.state)} ${applied.growth} ${formatHex(concat(...witness))}`
  }
}

function* genesisLines(seed: number): Generator<string> {
  const genesis = decodeTransaction(encodeTransaction(genesisOf(accountOf(`owner ${seed}`))))
  if (genesis.kind !== 'genesis') throw new TypeError(`expected a genesis, got a ${genesis.kind}`)
  checkGenesis(genesis)
  yield `genesis: ${genesisInfohash(genesis)} ${stateRoot(genesisState(genesis))}`
}

function* blockLines(seed: number): Generator<string> {
  const world = new World(seed)
  const network = { ...RULES, easiestTarget: TARGET, state: stateRoot(world.state) }
  const first = genesisBlock(network)
  const parent: ParentBlock = { id: blockId(first), header: first.header, state: world.state }
  const steps: { readonly step: Uint8Array; readonly after: State }[] = []
  const entries: QueueEntry[] = []
  for (let i = 0; i < 15; i++) {
    let step = world.step()
    const kind = i < 3 ? 'deposit' : i < 5 ? 'applied' : 'transaction'
    while (step.kind !== kind) step = world.step()
    if (step.kind === 'deposit') entries.push(step.entry)
    if (step.kind === 'applied') entries.push({ kind: 'forced', fee: step.fee, packed: step.packed })
    world.apply(step)
    steps.push({ step: encodeStep(step), after: world.state })
  }
  const target = targetCeiling(TARGET, toSeconds(4_000n), TARGET)
  const { header, content, block } = assembleBlock(RULES, parent, target, steps)
  const sealed = { header, seal: { miner: RULES.token, nonce: ZERO_HASH } }
  const bytes = encodeSealed(sealed)
  yield `block: ${formatHex(bytes)} ${workOf(target)} ${header.fee}`
  for (const { name, bytes } of blockTorrent({ sealed, ...content }).files) yield `${name}: ${formatHex(bytes)}`
  yield `snapshot: ${stateRoot(stateOf(decodeOutputs(encodeOutputs(outputsOf(world.state)))))}`
  const leaves = steps.map(({ step, after }) => traceLeaf(step, stateRoot(after)))
  yield `proof: ${traceProof(leaves, 7).join(' ')}`
  const lie = Uint8Array.from(block.states).fill(1, 32 * 9, 32 * 10)
  for (const states of [block.states, lie]) {
    const published = { sealed: decodeSealed(bytes), steps: block.steps, states }
    const verdict = replay(RULES, parent, published, readerOf(entries))
    const facts = verdict.verdict === 'invalid' ? [verdict.step, verdict.problem, verdict.expected] : []
    yield `replay: ${[verdict.verdict, ...facts].join(' ')}`
  }
}

function* blobLines(): Generator<string> {
  const { steps, queue } = stepsOfScene()
  const applied = applyAll(steps)
  for (const changes of [{}, { growth: 0 }, { byte: [1, 3, 0] as const }]) {
    const block = blobBlockOf(applied, changes)
    yield `block in blobs: ${formatHex(encodeSealed(block.sealed))} ${formatHex(keccak(concat(...block.blobs)))}`
    const verdict = replay(RULES, blobParent, block, blobReaderOf(queue))
    yield `replay: ${verdict.verdict === 'invalid' ? `${verdict.step} ${verdict.problem}` : verdict.verdict}`
  }
}

function orRefused(bytesOf: () => Uint8Array): string {
  try {
    return formatHex(bytesOf())
  } catch {
    return 'refused'
  }
}
