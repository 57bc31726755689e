// Writes the vectors of the step function into test/vectors, from the executable spec and with fixed seeds; both sides' tests read them.
//
// Run it only when the protocol changes: a vector that changes means that a second implementation has to.

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { applyStep } from '../../node/protocol/apply.ts'
import { concat, encodeText, encodeUint, formatHex, parseHex } from '../../node/protocol/bytes.ts'
import { feeOf, netOf } from '../../node/protocol/fee.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { type Infohash, toInfohash } from '../../node/protocol/ids.ts'
import { infohashOf } from '../../node/protocol/infohash.ts'
import { packTransaction } from '../../node/protocol/packed.ts'
import { depositTransaction } from '../../node/protocol/queue.ts'
import { MAX_TOKENS, type Reason, type Rules, SUPPLY } from '../../node/protocol/rules.ts'
import { type State, stateRoot } from '../../node/protocol/state.ts'
import { decodeStep, encodeStep, stepEntryHash, stepSizeAt, transactionIn } from '../../node/protocol/step.ts'
import { encodeTransaction, type SignedTransaction } from '../../node/protocol/transaction.ts'
import { encodeOpening, entries, find, insert, remove, rootOf, type Tree } from '../../node/protocol/tree.ts'
import { signingDigest, type TransactionBody } from '../../node/protocol/typed-data.ts'
import { toGwei } from '../../node/protocol/units.ts'
import { madeUpCases } from '../assure/models/made-up-states.ts'
import { type StepCase, stepCases } from '../assure/models/step-cases.ts'
import { accountOf, genesisOf, RULES, signBody, World } from '../assure/models/world.ts'
import { blobVectors } from './blob-vectors.ts'
import { takeShapes, takeVectors } from './take-vectors.ts'

const FOLDER = new URL('../../test/vectors/', import.meta.url)
const hex = (bytes: Uint8Array) => `0x${formatHex(bytes)}`
const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const CONTRACT = accountOf('contract').address
const rules = { ...RULES, chain: RULES.chain.toString(), minRequest: RULES.minRequest.toString() }

function infohash(name: string): Infohash {
  return toInfohash(keccak(encodeText(name)).subarray(0, 20))
}

const PREV = Array.from({ length: 8 }, (_, i) => infohash(`input ${i}`)).sort()
const TAKES = takeVectors(
  alice,
  bob,
  takeShapes(bob, { contract: accountOf('contract'), issued: infohash('issuance'), prev: PREV }),
)

/** Each shape that a file can have: the shortest, the longest, with and without each member that is not always there. */
function bodies() {
  const prev = PREV
  const transfer = { to: bob.address, tokens: 1_000n, time: 1_767_225_600, prev: prev.slice(0, 2) }
  const request = { ...transfer, to: RULES.bridge, bridge: { chain: RULES.chain, to: bob.address } }
  return {
    transfer,
    'transfer with a memo': { ...transfer, memo: 'rent for {March}, 3/12' },
    'transfer to oneself': { ...transfer, to: alice.address },
    request,
    'request with a memo': { ...request, memo: " !#$%&'()*+,-./:;<=>?@[]^_`{|}~" },
    'least of everything': { to: bob.address, tokens: 1n, time: 0, prev: prev.slice(0, 1) },
    'transfer of what a contract entered': { ...transfer, asset: CONTRACT },
    'transfer of what was issued, with a memo': { ...transfer, asset: infohash('issuance'), memo: 'for {March}' },
    'request of what a contract entered': { ...request, asset: CONTRACT },
    issuance: { ...transfer, issuance: true },
    'issuance with a memo': { ...transfer, issuance: true, memo: 'COIN 18 0123456789abcdef0123456789abcdef01234567' },
    'most of everything': {
      ...request,
      asset: CONTRACT,
      tokens: 2n ** 128n - 1n,
      time: 2 ** 40 - 1,
      prev,
      memo: '~'.repeat(140),
    },
  } satisfies Record<string, TransactionBody>
}

function signedTransactions(): [string, SignedTransaction][] {
  return Object.entries<TransactionBody>(bodies()).map(([name, body]) => [name, signBody(alice, body)])
}

function sha1Vectors() {
  const texts = ['', 'abc', 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq']
  const lengths = [1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 917, 1024]
  const data = [
    ...texts.map(encodeText),
    ...lengths.map((length) => new Uint8Array(length).map((_, i) => 7 * i + length)),
  ]
  return data.map((bytes) => ({ data: hex(bytes), digest: `0x${createHash('sha1').update(bytes).digest('hex')}` }))
}

/** Around each amount at which the fee grows by a base unit, and at both ends. */
function feeVectors() {
  const amounts = [
    0n,
    1n,
    99n,
    100n,
    101n,
    199n,
    200n,
    10n ** 18n - 1n,
    10n ** 18n,
    SUPPLY,
    MAX_TOKENS - 1n,
    MAX_TOKENS,
  ]
  return amounts.map((amount) => ({ amount: `${amount}`, fee: `${feeOf(amount)}`, net: `${netOf(amount)}` }))
}

function infohashVectors() {
  const entry = { kind: 'deposit', gross: 1_000n, to: bob.address } as const
  const entered = { kind: 'entered', fee: toGwei(1n), amount: MAX_TOKENS, to: bob.address, asset: CONTRACT } as const
  const files = [
    ...signedTransactions(),
    ['deposit', depositTransaction(RULES, 7n, entry)],
    ['what a contract entered', depositTransaction(RULES, 8n, entered)],
    ['genesis', genesisOf(alice)],
  ] as const
  return files.map(([name, tx]) => {
    const file = encodeTransaction(tx)
    return { name, file: new TextDecoder().decode(file), infohash: infohashOf(file) }
  })
}

function typedDataVectors() {
  const vectors = signedTransactions().map(([name, tx]) => ({
    name,
    packed: hex(packTransaction(tx)),
    digest: hex(signingDigest(tx)),
    from: tx.from,
    file: new TextDecoder().decode(encodeTransaction(tx)),
  }))
  return { rules, vectors }
}

function stepVectors() {
  const { transfer, issuance, 'transfer of what a contract entered': ofContract, 'most of everything': most } = bodies()
  const packed = packTransaction(signBody(alice, transfer))
  const longest = packTransaction(signBody(alice, most))
  const right = {
    deposit: encodeStep({ kind: 'deposit', entry: { kind: 'deposit', gross: 2n ** 128n - 1n, to: bob.address } }),
    applied: encodeStep({ kind: 'applied', fee: toGwei(2n ** 64n - 1n), packed }),
    void: concat(Uint8Array.of(3), encodeUint(5, 8), keccak(packed)),
    transaction: encodeStep({ kind: 'transaction', packed }),
    entered: encodeStep({
      kind: 'entered',
      entry: { kind: 'entered', fee: toGwei(2n ** 64n - 1n), amount: MAX_TOKENS, to: bob.address, asset: CONTRACT },
    }),
    'transfer of an asset': encodeStep({ kind: 'transaction', packed: packTransaction(signBody(alice, ofContract)) }),
    issuance: encodeStep({ kind: 'transaction', packed: packTransaction(signBody(alice, issuance)) }),
    'longest transfer': encodeStep({ kind: 'transaction', packed: longest }),
    ...Object.fromEntries(TAKES.map(({ name, packed }) => [`take, ${name}`, takeStep(packed)])),
  }
  const take = takeStep(TAKES[0]?.packed ?? '')
  const change = (bytes: Uint8Array, place: number, byte: number) => bytes.map((b, i) => (i === place ? byte : b))
  const wrong = {
    empty: new Uint8Array(),
    'of no kind': change(right.deposit, 0, 0),
    'of kind 6': change(right.transaction, 0, 6),
    'with an unused flag': change(right.transaction, 1, 0x20 | 0x10 | 0x40),
    'a take with a count of 5': change(take, 1, 0x84),
    'a take of a request': change(take, 1, 0x91),
    'a take with an unused flag': change(take, 1, 0xc1),
    'a take of an offer with its seventh bit': change(take, 3, 0x41),
    'a take of an offer with its eighth bit': change(take, 3, 0x81),
    'a take with a memo of 141': concat(change(take, 2, 141), new Uint8Array(141)),
    'an issuance of an asset': change(right['transfer of an asset'], 1, 0x61),
    'an issuance that is a request': change(right.transaction, 1, 0x51),
    'with a memo of 141': concat(change(right.transaction, 2, 141), new Uint8Array(141)),
    ...Object.fromEntries(Object.entries(right).map(([name, step]) => [`${name}, cut short`, step.slice(0, -1)])),
  }
  return Object.entries({ ...right, ...wrong }).map(([name, step]) => {
    const decoded = decodeStep(step)
    const entryHash = decoded && stepEntryHash(decoded)
    return { name, step: hex(step), size: stepSizeAt(step, 0), hash: hex(keccak(step)), entryHash: entryHash ?? null }
  })
}

function takeStep(packed: string): Uint8Array {
  return encodeStep({ kind: 'transaction', packed: parseHex(packed) })
}

function treeVectors() {
  const keyOf = (top: number) =>
    concat(Uint8Array.of(top), new Uint8Array(18), Uint8Array.of(1), new Uint8Array(11), Uint8Array.of(2))
  const treeOf = (...tops: number[]) =>
    tops.reduce<Tree<null>>(
      (tree, top, i) => insert(tree, { key: keyOf(top), value: BigInt(i + 1), name: null }),
      undefined,
    )
  const write = (name: string, tree: Tree<null>, top: number, value: bigint) => {
    const key = keyOf(top)
    const next = value === 0n ? remove(tree, key) : insert(tree, { key, value, name: null })
    return {
      name,
      entries: [...entries(tree)].map((entry) => ({ key: hex(entry.key), value: entry.value.toString() })),
      root: hex(rootOf(tree)),
      key: hex(key),
      found: (find(tree, key)?.value ?? 0n).toString(),
      value: value.toString(),
      witness: hex(encodeOpening(tree, key, value === 0n)),
      next: hex(rootOf(next)),
    }
  }
  return [
    write('insert into the empty tree', undefined, 0x80, 1n),
    write('replace the only entry', treeOf(0x80), 0x80, 2n ** 128n - 1n),
    write('delete the only entry', treeOf(0x80), 0x80, 0n),
    write('insert beside a leaf, below empty siblings', treeOf(0x80), 0x81, 9n),
    write('insert into an empty slot', treeOf(0x80, 0x81), 0x40, 9n),
    write('replace at depth 8', treeOf(0x80, 0x81, 0x40), 0x81, 9n),
    write('delete, and lift the sibling past empty ones to the root', treeOf(0x80, 0x81), 0x81, 0n),
    write('delete, and lift the sibling up to a full one', treeOf(0x80, 0x81, 0x40), 0x80, 0n),
    write('delete beside an inner node', treeOf(0x80, 0x40, 0x41), 0x80, 0n),
  ]
}

/** The first case of each kind, reason and touch count that a few seeded worlds come upon; then those of made-up states. */
function applyVectors() {
  const cases = new Map<string, object>()
  for (let seed = 1; seed <= 4; seed++) {
    const world = new World(seed, 3)
    for (const next of take(150, stepCases(world))) addApplyVector(cases, world.rules, next)
  }
  const rich = new World(5, 3)
  rich.endow()
  for (const next of take(300, stepCases(rich))) addApplyVector(cases, rich.rules, next)
  for (let seed = 1; seed <= 3; seed++) {
    const world = new World(seed, 3)
    if (seed === 3) world.endow()
    for (const { name } of take(200, stepCases(world))) {
      if (name !== 'valid') continue
      for (const next of madeUpCases(world)) addApplyVector(cases, world.rules, next, true)
    }
  }
  return { rules, cases: [...cases.values()] }
}

function* take<T>(count: number, items: Iterable<T>): Generator<T, void> {
  let left = count
  for (const item of items) {
    if (left-- === 0) return
    yield item
  }
}

/** Adds the case unless there is one like it. */
function addApplyVector(
  cases: Map<string, object>,
  rules: Rules,
  { name, state, queueIndex, step }: StepCase,
  isMadeUp = false,
): void {
  const witness: Uint8Array[] = []
  const { reason, state: next, growth } = applyStep(rules, state, queueIndex, step, witness)
  const coverage = coverageOf(step, reason, witness.length) + (isMadeUp ? amountsOf(state, next) : '')
  if (cases.has(coverage)) return
  cases.set(coverage, {
    name: `${name}: ${coverage}`,
    state: [...entries(state)].map(({ key, value }) => ({ key: hex(key), value: value.toString() })),
    pre: stateRoot(state),
    queueIndex: queueIndex.toString(),
    step: hex(step),
    witness: hex(concat(...witness)),
    reason,
    post: stateRoot(next),
    growth,
  })
}

function amountsOf(before: State, after: State): string {
  if (before === after) return ', no effect'
  const isFull = [...entries(after)].some(({ value }) => value === MAX_TOKENS)
  return isFull ? ', up to the last bit' : ', an effect'
}

function coverageOf(step: Uint8Array, reason: Reason, touches: number): string {
  const decoded = decodeStep(step)
  const kind = decoded?.kind ?? 'no shape'
  const packed = decoded && transactionIn(decoded)
  const flags = packed?.[0] ?? 0
  if (flags >= 0x80) return `${kind} take, ${reason}, ${touches} entries`
  const request = (flags & 0x10) !== 0 ? ' request' : ''
  const asset = (flags & 0x20) !== 0 ? ` of kind ${packed?.[107]}` : ''
  const issuance = (flags & 0x40) !== 0 ? ' issuance' : ''
  return `${kind}${request}${asset}${issuance}, ${reason}, ${touches} entries`
}

const files = {
  sha1: sha1Vectors(),
  fee: feeVectors(),
  infohash: infohashVectors(),
  'typed-data': typedDataVectors(),
  take: TAKES,
  step: stepVectors(),
  tree: treeVectors(),
  apply: applyVectors(),
  blob: blobVectors(),
}
for (const [name, content] of Object.entries(files)) {
  await writeFile(new URL(`${name}.json`, FOLDER), `${JSON.stringify(content, null, 2)}\n`)
}
