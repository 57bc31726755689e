// Every code of a `RuleError`, with what it means and what to do next. docs/errors.md is made of this table.

import type { FactForms } from './facts.ts'

export const RULE_CODES = {
  'bad-address': 'The text is not an address: write 0x and 40 hex digits.',
  'bad-announce': 'A request to a tracker is not of BEP 3: the client is told so, and is to blame.',
  'bad-answer': 'A peer answered something other than what it was asked: the connection to it is closed.',
  'bad-bencoding': 'What should be bencoded (BEP 3) is not: get the file again.',
  'bad-evidence': 'What was served does not have the hash that was asked for: others are asked.',
  'bad-genesis':
    'The genesis does not give the whole supply to its own key, or is not signed by it: use that of the network.',
  'bad-hash': 'The text is not a hash: write 0x and 64 hex digits.',
  'bad-header': 'The sealed header has another form, network or content than it must: assemble the block again.',
  'bad-hello': 'A peer did not introduce itself as the protocol asks: the connection to it is closed.',
  'bad-infohash': 'The text is not an infohash: write 40 hex digits.',
  'bad-message': 'A peer sent a message that the protocol does not have: the connection to it is closed.',
  'bad-past': 'A peer answered with something else than a final block and its rows: another one is asked.',
  'bad-peer-address': 'The text is not the address of a peer: write host:port, with a port from 1 to 65534.',
  'bad-offer':
    'The file is not an offer in its one form, signed by its maker, that somebody could take: get it again from its maker.',
  'bad-proof': 'The file is not the `.torrent` of a transaction: get it again from the one who made it.',
  'bad-snapshot':
    'The file of a state is damaged, or is that of another block: get it again, from another node if need be.',
  'bad-steps': 'The steps and states of the block are too long, or do not fit each other: assemble the block again.',
  'bad-torrent': 'The metadata of the torrent is not of a form that this network has: get it from somebody else.',
  'bad-transaction-file': 'The file is not a transaction in its one form: let a wallet write it.',
  'bad-wire-message': 'A peer broke the BitTorrent protocol: the connection to it is closed.',
  'bad-work': 'The block does not have the work that its target asks for: go on mining.',
  conflicting: 'Another transaction spends the same inputs and came first: sign a new one with other inputs.',
  'foreign-network': 'The peer belongs to another network, or speaks another version: connect to another one.',
  'invalid-block': 'A step of the block is wrong, and the facts say which: assemble the block again.',
  'invalid-transaction':
    'The transaction breaks a rule, which the fact `reason` names: sign another one that keeps it.',
  'not-signed': 'The file is a deposit or a genesis, which nobody can send: hand in payments only.',
  'unknown-rule':
    'A node refuses by a rule that this version does not know, and the fact `code` names it: use its version.',
  'unwanted-peer':
    'The peer is banned, connected already, or the node itself: the connection is closed, connect to another one.',
  'wrong-past':
    'The rows of a final block do not lead to its header. If they are its own, it is wrong and the bridge is dead; else a peer lied, and another one is asked.',
} as const satisfies Record<string, string>

export type RuleCode = keyof typeof RULE_CODES

/** Facts that programs read, as in `node/error-codes.ts`. */
export const RULE_FACTS = {
  'invalid-transaction': { reason: 'text' },
} as const satisfies { readonly [C in RuleCode]?: FactForms }
