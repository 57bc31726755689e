// Why a node refuses a call, or cannot answer it: the codes in `error.data.code`, for programs, with their meaning, for people.

import type { OperationCode } from '../../error-codes.ts'
import type { RuleCode } from '../../protocol/rule-codes.ts'

/** `rule`: what was sent breaks a rule, and will tomorrow. `operation`: something around it is missing; `error.data.retry` says whether waiting helps. */
export type ErrorSpec = { readonly family: 'rule' | 'operation'; readonly about: string }

export const ERRORS = {
  'no-ethereum': { family: 'operation', about: 'The node was started without Ethereum.' },
  'unknown-block': { family: 'operation', about: 'The node has not seen this block on Ethereum.' },
  'page-gone': {
    family: 'operation',
    about: 'The block after which the page begins has left the list: begin again without `after`.',
  },
  'block-not-final': { family: 'operation', about: 'Only what is after final blocks can be proved to the contract.' },
  'files-unknown': {
    family: 'operation',
    about: 'The node has not replayed this block, or it is below the one with which the node began.',
  },
  'feed-off': { family: 'operation', about: 'The node keeps no change feed.' },
  'feed-pruned': {
    family: 'operation',
    about: 'The feed no longer has what follows there: begin at `feed_snapshot`, and go on behind its `sequence`.',
  },
  'ledger-beginning': {
    family: 'operation',
    about: 'The node is new and has still to get its balances: `node_status` says how far it is.',
  },
  'blobs-unknown': { family: 'operation', about: 'The node does not have the blobs of this block (yet).' },
  'branch-changing': { family: 'operation', about: 'The ledger is about to follow another branch: ask again.' },
  'block-not-wanted': {
    family: 'operation',
    about: 'The block is not on the preferred tip, or the contract would not accept it now.',
  },
  'block-not-judged': { family: 'operation', about: 'The node lacks what it needs to replay the block.' },
  'unknown-transaction': { family: 'operation', about: 'The node does not have this transaction.' },
  'ancestors-not-found': {
    family: 'operation',
    about: 'Nobody delivered some of its ancestors in time: the facts `missing` (at most 64) and `count` say which.',
  },
  'transaction-not-found': { family: 'operation', about: 'Nobody delivered the transaction in time.' },
  'transaction-not-accepted': { family: 'operation', about: 'The transaction came, and was not accepted.' },
  'insufficient-funds': { family: 'operation', about: 'The account holds less than that now.' },
  'funds-spread': { family: 'operation', about: 'The money is there, but in more than 8 outputs.' },
  'bad-transaction-file': { family: 'rule', about: 'The file is not a transaction in its one form.' },
  'deposit-not-queued': {
    family: 'operation',
    about: 'The file is a deposit that is not in the queue of the bridge as this node has read it; it is not kept.',
  },
  'not-signed': { family: 'rule', about: 'The file is a deposit or a genesis, which nobody can send.' },
  'invalid-transaction': { family: 'rule', about: 'The transaction breaks a rule: `facts.reason` names it.' },
  'bad-proof': { family: 'rule', about: 'The `.torrent` is not that of a transaction.' },
  'bad-torrent': { family: 'rule', about: 'The metadata of the torrent is not of a form that this network has.' },
  'bad-bencoding': { family: 'rule', about: 'What should be bencoded (BEP 3) is not.' },
  'bad-header': { family: 'rule', about: 'The sealed header has another form, network or content than it must.' },
  'bad-work': { family: 'rule', about: 'The block does not have the work that its target asks for.' },
  'bad-steps': { family: 'rule', about: 'Steps and states are too long or do not fit each other, or blobs are none.' },
  'invalid-block': {
    family: 'rule',
    about: 'A step of the block is wrong: `facts.step` and `facts.problem` say which.',
  },
  'ledger-closed': { family: 'operation', about: 'The node is starting or stopping.' },
  'ledger-failed': { family: 'operation', about: 'The disk refused a write: restart the node.' },
  'ledger-damaged': { family: 'operation', about: 'The database of the ledger contradicts itself.' },
  'database-failed': { family: 'operation', about: 'The database of the bridge cannot be read or written.' },
} as const satisfies { readonly [C in OperationCode | RuleCode]?: ErrorSpec }

export type ErrorCode = keyof typeof ERRORS

/** Any method may fail with these: the node itself is not well. */
export const TROUBLES = [
  'ledger-closed',
  'ledger-failed',
  'ledger-damaged',
  'database-failed',
] as const satisfies readonly ErrorCode[]
