// What the follower says about itself, and what it raises the alarm for.

import type { Facts } from '../protocol/rule-error.ts'
import type { ChainBlock } from './chain.ts'

/**
 * - `syncing`: the view is not complete yet.
 * - `live`: everything up to block `at` of Ethereum is known, and the contract agrees.
 * - `unknown`: our own view of Ethereum or the disk is unhealthy, for the reason given; the view stands still. Never a reason to act.
 * - `dead`: the contract made a block final that our own replay refutes. Nothing is adopted any more.
 */
export type FollowerStatus =
  | { readonly state: 'syncing' | 'live' | 'dead'; readonly at?: ChainBlock }
  | { readonly state: 'unknown'; readonly at?: ChainBlock; readonly code: string; readonly problem: string }

/** Codes: `bridge-dead`, `valid-block-refuted`, `follower-failed`, and those of `OperationError`s that made the status `unknown`. */
export type Alarm = { readonly code: string; readonly message: string; readonly facts: Facts }
