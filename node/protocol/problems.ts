// What can be wrong with a step of a published block, each problem in a sentence, and who would have lost what. Every command, alarm and answer that
// names a problem takes its words from here.

import { REASONS, type Reason } from './rules.ts'

/** Of blocks in calldata and in blobs: the stated result is another one, or a transaction was called void that is not. */
const OF_RESULTS = ['WrongState', 'WrongVoid'] as const
/** Of rows in blobs only: what they and the head state of themselves. */
const OF_ROWS = ['WrongEnd', 'WrongEntry', 'WrongRequests', 'OtherRequest', 'WrongGrowth'] as const

/** Why the first wrong step of a block is wrong, as a replay finds it. */
export type Problem = Exclude<Reason, 'None'> | (typeof OF_RESULTS)[number] | (typeof OF_ROWS)[number]

/** All that a replay can find. */
export const PROBLEMS: readonly Problem[] = [
  ...REASONS.flatMap((reason) => (reason === 'None' ? [] : [reason])),
  ...OF_RESULTS,
  ...OF_ROWS,
]

/** Both without a capital and a full stop, and without anything that a stranger wrote. */
export type ProblemWords = {
  /** What is wrong; `it` is the step, or its transaction. */
  readonly meaning: string
  /** Who would have lost what, had the block become final; completes "had the block become final, …". */
  readonly loss: string
}

const NOBODY_PAID =
  'nobody would have lost money by this step alone, but no node could have replayed what follows: the bridge would have been dead, with all TTX and wTTX in it'

/** Where money that nobody gave up is credited to somebody, all others who hold it are the ones who lose. */
const FROM_NOTHING =
  'money from nothing could have been taken to Ethereum as wTTX, and every holder of TTX and wTTX would have paid for it by what theirs are worth'

export const PROBLEM_WORDS: Readonly<Record<Problem, ProblemWords>> = {
  Malformed: { meaning: 'its bytes have not the shape of a transaction, or of a step', loss: NOBODY_PAID },
  ZeroTokens: {
    meaning: 'it moves no tokens; the least amount is one base unit',
    loss: 'an output without money would have been in the state of every node for good',
  },
  BadMemo: {
    meaning: 'its memo has a character outside 0x20 to 0x7e, a quote or a backslash',
    loss: 'the file of the transaction could have been read in two ways, and whoever was paid by it could have lost the proof of it',
  },
  BadPrev: {
    meaning: 'its inputs are not strictly ascending',
    loss: `one output could have been spent twice over in one payment: ${FROM_NOTHING}`,
  },
  BadPayee: {
    meaning:
      'its payee is zero, the bridge without a request, the token, the asset itself, or a bridge on another chain',
    loss: 'whoever paid would have lost the amount, to an account of which nobody has the key',
  },
  BelowMinimum: {
    meaning: 'it asks to bridge less than the minimum',
    loss: 'whoever asked would have lost the amount, since its claim costs more than it pays',
  },
  BadSignature: {
    meaning: 'its signature is not canonical or was not made by the sender that it names',
    loss: 'the owner of the money would have lost it: they did not sign this',
  },
  MissingInput: {
    meaning: 'it spends an output that its sender does not own (any more)',
    loss: `whoever owns that output, or was paid with it before, would have lost it; if it never was, ${FROM_NOTHING}`,
  },
  Overspend: { meaning: 'its inputs or its account hold less than it spends', loss: FROM_NOTHING },
  OutputExists: {
    meaning: 'it creates an output that exists',
    loss: 'the owner of the output that was there before would have lost it',
  },
  Overflow: {
    meaning: 'an output or an account would hold more than 2^128 - 1 base units',
    loss: 'the owner of that account would have lost all that it holds, as the sum begins again at zero',
  },
  BadAsset: {
    meaning: 'its asset is of no kind that there is, or was issued on TTX and cannot be requested on Ethereum',
    loss: 'whoever paid would have lost the amount: nothing on Ethereum has such coins to give',
  },
  BadOffer: {
    meaning:
      'it takes an offer that its maker, or somebody else than the one who is named, takes, or that is of one asset for itself',
    loss: 'the maker of the offer would have lost what it gives to somebody it was not made for, or without being paid',
  },
  WrongState: {
    meaning: 'the step is right, and the state after it is not the one that it leads to',
    loss: `whoever is credited less than they own would have lost the difference; where somebody is credited more, ${FROM_NOTHING}`,
  },
  WrongVoid: {
    meaning: 'a forced transaction that is valid is called void',
    loss: 'whoever forced it would have been left out: their fee would have been spent, and their payment or request not made',
  },
  WrongEnd: { meaning: 'its row says that it ends elsewhere than it does', loss: NOBODY_PAID },
  WrongEntry: {
    meaning: 'it is not what the queue of the bridge has at this place, or the queue has nothing for it',
    loss: `whoever deposited or forced what stands there would have lost it; where nobody did, ${FROM_NOTHING}`,
  },
  WrongRequests: {
    meaning: 'the block counts other requests than there are up to it',
    loss: `whoever asked in a request that is not counted would never have been paid on Ethereum; for one too many, ${FROM_NOTHING}`,
  },
  OtherRequest: {
    meaning: 'it is a request, and the head of the block lists another one under its number',
    loss: 'whoever asked would have lost the amount: somebody else, or another amount, would have been paid on Ethereum',
  },
  WrongGrowth: {
    meaning: 'the block counts other entries of the state than there are after it',
    loss: 'nobody would have lost money at once, but nothing would have bounded the state any more, until no node could hold it',
  },
}

/**
 * Blocks whose content the bridge does not accept at all, by its custom error, in the same form: no step of them is judged. Nobody can lose anything by
 * them.
 */
export const REFUSED_BLOCKS = {
  MalformedStep: 'a step has not the shape of any kind that there is',
  QueueIgnored: 'an entry of the queue has waited for an hour, and the block does not consume it',
  QueueMismatch: 'a step is not what the queue has at its place',
  QueueOverrun: 'the block consumes more of the queue than there is',
  QueueStepTooLate: 'a step of the queue comes behind one that is not of the queue',
  StatesMismatch: 'there are not as many states as steps',
  SupplyExceeded: 'the requests of the block ask for more than there is on the TTX side',
  TooManyBytes: 'the block has more bytes than fit',
  TooManySteps: 'the block has more steps than fit',
} as const satisfies Readonly<Record<string, string>>

/** One sentence without a full stop: what is wrong with a step, and its code for programs and for whoever searches for it. */
export function describeProblem(step: number, problem: Problem): string {
  return `step ${step}: ${problem}, ${PROBLEM_WORDS[problem].meaning}`
}

/** One sentence without a full stop. */
export function describeLoss(problem: Problem): string {
  return `had the block become final, ${PROBLEM_WORDS[problem].loss}`
}
