// How long processes get: what takes a moment on an idle machine takes longer beside others, and only what is stuck may fail.

import { keccak } from '../../../node/protocol/hash.ts'
import { recoverSender, signDigest } from '../../../node/protocol/signature.ts'

const ROUNDS = 200
/** Milliseconds: what the rounds take where nothing else runs. */
const IDLE_MS = 25
const KEY = keccak(Uint8Array.of(1))
const DIGEST = keccak(Uint8Array.of(2))
const SIGNATURE = signDigest(DIGEST, KEY)

/** How much longer than on an idle machine something takes now; at least 1. */
export function slowness(): number {
  const startedMs = performance.now()
  for (let i = 0; i < ROUNDS; i++) recoverSender(DIGEST, SIGNATURE)
  return Math.max(1, (performance.now() - startedMs) / IDLE_MS)
}
