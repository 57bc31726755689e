// What ledger tests share: keys, signed transactions, blocks, and ledgers in temporary folders.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { pino } from 'pino'
import { OperationError } from '../../../../node/errors.ts'
import { Ledger, type LedgerOptions } from '../../../../node/ledger/ledger.ts'
import type { BranchBlock, BranchStep } from '../../../../node/ledger/types.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import { createGenesis, genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { type Address, addressOfKey, type Hash, type Infohash, toHash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import type { Amount, OfferBody } from '../../../../node/protocol/offer.ts'
import { type DepositEntry, depositTransaction, type EnteredEntry } from '../../../../node/protocol/queue.ts'
import type { Rules } from '../../../../node/protocol/rules.ts'
import { publicKeyOf, signDigest } from '../../../../node/protocol/signature.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { offerDigest, signingDigest, type TakeBody, takeDigest } from '../../../../node/protocol/typed-data.ts'
import { type VerifiedTransaction, verifyFile } from '../../../../node/protocol/verify.ts'

export const RULES: Rules = {
  chain: 31_337n,
  bridge: `0x${'b1'.repeat(20)}` as Address,
  token: `0x${'70'.repeat(20)}` as Address,
  minRequest: 100n,
}

/** A person with a key. */
export type Person = { readonly key: Uint8Array; readonly address: Address }

export function person(name: string): Person {
  const key = keccak(new TextEncoder().encode(name))
  return { key, address: addressOfKey(publicKeyOf(key)) }
}

export const OWNER = person('owner of genesis')
export const GENESIS = createGenesis(publicKeyOf(OWNER.key), 1_767_225_600, (digest) => signDigest(digest, OWNER.key))
export const GENESIS_INFOHASH: Infohash = genesisInfohash(GENESIS)
/** Unix milliseconds. */
export const NOW_MS = 1_767_300_000_000
export const SILENT = pino({ level: 'silent' })

export type Payment = {
  readonly from: Person
  readonly to: Person | Address
  readonly tokens: bigint
  readonly prev: readonly Infohash[]
  readonly asset?: Asset
  readonly memo?: string
  readonly time?: number
}

/** A signed transfer. */
export function pay({ from, to, tokens, prev, asset, memo, time = 1_767_226_000 }: Payment): VerifiedTransaction {
  const payee = typeof to === 'string' ? to : to.address
  const body = ofAsset({ to: payee, tokens, prev: prev.toSorted(), time }, asset)
  return sign(from, memo === undefined ? body : { ...body, memo })
}

/** A signed issuance: all that it spends comes back. */
export function issue({ from, to, tokens, prev, time = 1_767_226_000 }: Omit<Payment, 'asset'>): VerifiedTransaction {
  const payee = typeof to === 'string' ? to : to.address
  return sign(from, { to: payee, tokens, prev: prev.toSorted(), time, issuance: true })
}

/** A signed request to bridge. */
export function request(
  from: Person,
  prev: readonly Infohash[],
  tokens: bigint,
  time = 1_767_226_000,
  asset?: Asset,
): VerifiedTransaction {
  const bridge = { chain: RULES.chain, to: from.address }
  return sign(from, ofAsset({ to: RULES.bridge, tokens, prev: prev.toSorted(), time, bridge }, asset))
}

/** A signed take of an offer that `maker` signs, of all that these outputs are of. */
export function swap({ maker, give, taker, want, time = 1_767_226_000 }: SwapTerms): VerifiedTransaction {
  const inputs = (half: Half) => half.prev.toSorted()
  const amount = ({ tokens, asset }: Half): Amount => ofAsset({ tokens }, asset)
  const offer: OfferBody = { give: amount(give), want: amount(want), time, prev: inputs(give) }
  const signed = { ...offer, from: maker.address, signature: signDigest(offerDigest(offer), maker.key) }
  const body: TakeBody = { offer: signed, time, prev: inputs(want) }
  const take = { ...body, from: taker.address, signature: signDigest(takeDigest(body), taker.key) }
  return verifyFile(RULES, encodeTransaction({ kind: 'take', ...take }))
}

type Half = { readonly tokens: bigint; readonly asset?: Asset; readonly prev: readonly Infohash[] }
export type SwapTerms = {
  readonly maker: Person
  readonly give: Half
  readonly taker: Person
  readonly want: Half
  readonly time?: number
}

export function sign(from: Person, body: Parameters<typeof signingDigest>[0]): VerifiedTransaction {
  const signature = signDigest(signingDigest(body), from.key)
  const file = encodeTransaction({ kind: 'signed', from: from.address, signature, ...body })
  return verifyFile(RULES, file)
}

export function depositOf(index: bigint, entry: CreditEntry): { infohash: Infohash; file: Uint8Array } {
  const file = encodeTransaction(depositTransaction(RULES, index, entry))
  return { infohash: infohashOf(file), file }
}

export function hashOf(name: string): Hash {
  return toHash(keccak(new TextEncoder().encode(name)))
}

export const GENESIS_BLOCK = hashOf('block 0')

/** An entry of the queue that becomes a transaction without a sender. */
export type CreditEntry = DepositEntry | EnteredEntry

export type StepContent = VerifiedTransaction | { readonly index: bigint; readonly entry: CreditEntry }

export function block(name: string, height: bigint, contents: readonly StepContent[]): BranchBlock {
  const steps = contents.map(
    (content, step): BranchStep =>
      'tx' in content ? { step, kind: 'transaction', transaction: content } : { step, kind: 'deposit', ...content },
  )
  return { id: hashOf(name), height, publishedAt: 1_767_230_000 + Number(height) * 3_600, steps }
}

export type OpenLedger = {
  readonly folder: string
  readonly ledger: Ledger
  /** Stops and starts it. */
  reopen(): Promise<Ledger>
  /** Does `work`, and loses the ledger after that many batches were written; then starts it again. */
  crash(batches: number, work: (ledger: Ledger) => Promise<unknown>): Promise<Ledger>
  [Symbol.asyncDispose](): Promise<void>
}

/** A ledger in a folder that goes when the test ends. Its clock advances by a millisecond each time it is read. */
export async function openLedger(options: Partial<LedgerOptions> = {}): Promise<OpenLedger> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-ledger-'))
  let now = NOW_MS
  const common = { rules: RULES, genesis: GENESIS, log: SILENT, clock: () => now++, ...options }
  const open = async (database: LedgerOptions['database']) => {
    const ledger = new Ledger({ ...common, database })
    await ledger.start()
    return ledger
  }
  let ledger = await open(folder)
  return {
    folder,
    get ledger() {
      return ledger
    },
    async reopen() {
      await ledger.stop()
      ledger = await open(folder)
      return ledger
    },
    async crash(batches, work) {
      await ledger.stop()
      const level = new Level(folder)
      const doomed = await open(level)
      await doomed.idle()
      let left = batches
      const write = level.batch.bind(level) as (...args: unknown[]) => Promise<void>
      const failing = (...args: unknown[]) => (left-- > 0 ? write(...args) : Promise.reject(new Error('power cut')))
      Object.assign(level, { batch: failing })
      await work(doomed).catch((error: unknown) => {
        if (!(error instanceof OperationError && error.code === 'ledger-failed')) throw error
      })
      await doomed.idle()
      await doomed.stop()
      await level.close()
      ledger = await open(folder)
      return ledger
    },
    async [Symbol.asyncDispose]() {
      await ledger.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until `isDone`, at most a minute. */
export async function settled(ledger: Ledger, isDone: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!isDone()) {
    if (Date.now() > deadline) throw new Error(`not settled: ${ledger.summary().waiting} are waiting`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
