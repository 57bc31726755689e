// The methods of a node's JSON-RPC: parameters and results, once, for the server, the client and the docs.

import { z } from 'zod'
import { address, amount, bytes, hash, infohash, millis, seconds } from '../schema.ts'

const none = z.strictObject({})
const pageLimit = z.number().int().min(1).max(1_000)

/** Design section 4. `unknown`: heard of, not here. */
export const transactionStatus = z.enum([
  'unknown',
  'waiting',
  'accepted',
  'conflicting',
  'invalid',
  'ordered',
  'final',
])

const blockRef = z.object({ id: hash, height: amount })
const output = z.object({ infohash, value: amount, status: transactionStatus })

/** What is known of the Ethereum side: `off` without an endpoint, `unknown` while the node cannot judge (see `problem`). */
const bridgeStatus = z.object({
  state: z.enum(['off', 'syncing', 'live', 'unknown', 'dead']),
  problem: z.string().optional(),
  ethereumBlock: amount.optional(),
  ethereumTime: seconds.optional(),
  final: blockRef.optional(),
  tip: blockRef.optional(),
})

const transactionRecord = z.object({
  infohash,
  status: transactionStatus,
  file: bytes.optional(),
  firstSeen: millis.optional(),
  missing: z.array(infohash),
  rivals: z.array(infohash),
  block: hash.optional(),
  step: z.number().int().optional(),
  unorderedAncestors: z.number().int(),
})

/**
 * What this node makes of a block. `invalid`: by its own replay, of the block or of one below it. `displaced`: another block is final where it
 * stands, or one below it does, and it was not replayed. `unknown`: not judged (yet). `problem` says why, of all but `valid`.
 */
const verdict = z.enum(['valid', 'invalid', 'displaced', 'unknown'])

/** When a block can be final and why not otherwise; the members mean what they mean in node/bridge/final-time.ts. */
const finalTime = z.object({
  earliest: seconds,
  latest: seconds,
  reason: z.enum(['alone', 'rival-possible', 'wrong-sibling', 'unjudged-sibling', 'race', 'nomination']),
  /** The block on the way whose clock decides the latest time. */
  decisive: hash,
  first: seconds,
  rivalUntil: seconds.optional(),
  /** The first 16 of each kind, as in the two below. */
  rivals: z.array(hash),
  wrong: z.array(hash),
  unjudged: z.array(hash),
  /** How many more there are. */
  unnamed: z.number().int(),
})

/** A block above the final one, not refuted, that contains a transaction although the leading branch does not go through it. */
const otherBlock = z.object({ block: hash, step: z.number().int(), verdict, problem: z.string().optional() })

/** Where a request's money is. Times are absent while no block carries it. */
const bridging = z.object({
  recipient: address,
  gross: amount,
  net: amount,
  block: hash.optional(),
  step: z.number().int().optional(),
  /** Payable at the earliest and at the latest, unix seconds. */
  payableAt: seconds.optional(),
  payableAtLatest: seconds.optional(),
  finalTime: finalTime.optional(),
  paid: z.boolean(),
  /** In plain words: what it is waiting for. */
  waitingFor: z.string(),
})

const blockSummary = z.object({
  id: hash,
  parent: hash,
  height: amount,
  miner: address,
  target: amount,
  work: amount,
  state: hash,
  steps: z.number().int(),
  requests: z.number().int(),
  queueCount: amount,
  torrent: infohash,
  publishedAt: seconds,
  verdict,
  problem: z.string().optional(),
  refuted: z.boolean(),
  final: z.boolean(),
  /** On the branch that the contract would make final. */
  preferred: z.boolean(),
  finalizableAt: seconds.optional(),
  finalizableAtLatest: seconds.optional(),
  finalTime: finalTime.optional(),
})

const candidate = z.object({
  infohash,
  packed: bytes,
  /** Unordered ancestors that must stand before it in the block. */
  after: z.array(infohash),
  /** Of a request, base units. */
  request: amount.optional(),
  /** Base units times seconds since the inputs were ordered. */
  coinAge: amount,
  firstSeen: millis,
})

const queueEntry = z.object({
  index: amount,
  kind: z.enum(['deposit', 'forced']),
  time: seconds,
  gross: amount.optional(),
  to: address.optional(),
  fee: amount.optional(),
  packed: bytes.optional(),
})

/** A place in the list of requests to be paid: that of a request of a final block. */
const claimPlace = z.strictObject({ block: hash, step: z.number().int().nonnegative() })

/** All that `claim` needs. */
const claimData = z.object({
  block: hash,
  sealed: bytes,
  index: z.number().int(),
  step: bytes,
  state: hash,
  siblings: z.array(hash),
  infohash,
  recipient: address,
  net: amount,
})

export const API = {
  node_info: {
    about: 'What this node is, which network it serves and how far it is.',
    params: none,
    result: z.object({
      version: z.string(),
      network: z.object({ chain: amount, bridge: address, token: address, minRequest: amount, genesis: infohash }),
      peers: z.array(z.object({ id: z.string(), host: z.string(), agrees: z.boolean() })),
      listenPort: z.number().int(),
      count: z.number().int(),
      fingerprint: hash,
      waiting: z.number().int(),
      bridge: bridgeStatus,
    }),
  },
  tx_submit: {
    about: 'Takes a transaction file: checks it, stores it, tells the peers.',
    params: z.strictObject({ file: bytes }),
    result: transactionRecord,
  },
  tx_get: {
    about: 'What this node knows of a transaction; asks the peers for its file if `fetchMs` is above 0.',
    params: z.strictObject({ infohash, fetchMs: z.number().int().min(0).max(60_000).default(0) }),
    result: transactionRecord,
  },
  tx_where: {
    about: 'Where the money of a transaction is, and of a request: what it waits for and when it is paid.',
    params: z.strictObject({ infohash }),
    result: transactionRecord.extend({
      bridging: bridging.optional(),
      elsewhere: z.array(otherBlock),
      /** Such blocks that were not looked into: the heaviest 128 were. */
      unread: z.number().int(),
    }),
  },
  account_balance: {
    about: 'Balance of an address: spendable now, the part that a block orders, the part that is final; base units.',
    params: z.strictObject({ owner: address }),
    result: z.object({ spendable: amount, ordered: amount, final: amount, outputs: z.array(output) }),
  },
  account_inputs: {
    about: 'Chooses at most 8 outputs of an address that together hold the amount.',
    params: z.strictObject({ owner: address, tokens: amount }),
    result: z.object({ prev: z.array(infohash), sum: amount, unorderedAncestors: z.number().int() }),
  },
  account_history: {
    about: 'Transactions from or to an address, newest first.',
    params: z.strictObject({
      owner: address,
      limit: z.number().int().min(1).max(500).default(50),
      cursor: z
        .string()
        .regex(/^[0-9]{1,15}$/, 'expected the cursor of an earlier answer')
        .optional(),
    }),
    result: z.object({ transactions: z.array(transactionRecord), cursor: z.string().optional() }),
  },
  bridge_blocks: {
    about:
      'A page of the last final block and all blocks above it, in the order of publication: those after block `after`. `next`, if there are more, is `after` of the next page.',
    params: z.strictObject({ after: hash.optional(), limit: pageLimit.default(500) }),
    result: z.object({ status: bridgeStatus, blocks: z.array(blockSummary), next: hash.optional() }),
  },
  bridge_children: {
    about: 'A page of the blocks that were published on one block, refuted ones too, in the order of publication.',
    params: z.strictObject({ parent: hash, after: hash.optional(), limit: pageLimit.default(1_000) }),
    result: z.object({ blocks: z.array(blockSummary), next: hash.optional() }),
  },
  bridge_block: {
    about: 'One block whole: sealed header, packed steps, states, and its torrent.',
    params: z.strictObject({ id: hash }),
    result: blockSummary.extend({ sealed: bytes, packedSteps: bytes, states: bytes }),
  },
  bridge_files: {
    about: 'The files of the torrent of a valid block, in order, by what this node itself replayed.',
    params: z.strictObject({ id: hash }),
    result: z.object({ files: z.array(z.object({ name: z.string(), bytes })) }),
  },
  bridge_template: {
    about: 'What a miner builds on: the preferred tip, the queue after it and the transactions that wait for a block.',
    params: none,
    result: z.object({
      status: bridgeStatus,
      parent: z.object({ id: hash, sealed: bytes, publishedAt: seconds }),
      queue: z.array(queueEntry),
      queueLength: amount,
      candidates: z.array(candidate),
    }),
  },
  bridge_queue: {
    about:
      'Entries of the queue of deposits and forced transactions, consumed ones too, as far as this node knows them.',
    params: z.strictObject({ from: amount, count: z.number().int().min(0).max(500) }),
    result: z.object({ entries: z.array(queueEntry), queueLength: amount }),
  },
  bridge_submit: {
    about: 'Takes a mined block before it goes to Ethereum: replays it, keeps it, serves its torrent.',
    params: z.strictObject({ sealed: bytes, steps: bytes, states: bytes }),
    result: z.object({ id: hash, torrent: infohash }),
  },
  bridge_due: {
    about: 'Calls that anybody may send to the contract now to bring the right branch forward.',
    params: none,
    result: z.object({
      nominate: z.array(z.object({ parent: hash, block: hash })),
      finalize: z.array(z.object({ block: hash, sealed: bytes })),
    }),
  },
  bridge_claims: {
    about:
      'A page of the requests in final blocks that are not paid yet, with the proofs that pay them, oldest first; of one transaction, to one recipient, of at least so much. `next`, if there may be more, is `after` of the next page, also where this one is empty.',
    params: z.strictObject({
      infohash: infohash.optional(),
      recipient: address.optional(),
      leastNet: amount.optional(),
      after: claimPlace.optional(),
      limit: z.number().int().min(1).max(500).default(500),
    }),
    result: z.object({ claims: z.array(claimData), next: claimPlace.optional() }),
  },
  proof_export: {
    about: 'The `.torrent` of a transaction and the files of its unordered ancestors, oldest first.',
    params: z.strictObject({ infohash }),
    result: z.object({ torrent: bytes, files: z.array(bytes) }),
  },
  proof_import: {
    about: 'Takes the transaction that a `.torrent` names, and its ancestors: from `files`, else from the peers.',
    params: z.strictObject({
      torrent: bytes,
      files: z.array(bytes).max(10_000).default([]),
      fetchMs: z.number().int().min(0).max(60_000).default(10_000),
    }),
    result: transactionRecord,
  },
} as const

export type Method = keyof typeof API
/** What a caller passes (JSON) and what a handler gets (parsed). */
export type ParamsIn<M extends Method> = z.input<(typeof API)[M]['params']>
export type Params<M extends Method> = z.output<(typeof API)[M]['params']>
/** What a handler returns (bigint, bytes), which is what the client gives back after parsing the JSON. */
export type Result<M extends Method> = z.output<(typeof API)[M]['result']>
