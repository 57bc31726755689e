// How long processes get: what takes a moment on an idle machine takes longer beside others, and only what is stuck may fail.

import { setTimeout as delay } from 'node:timers/promises'
import { keccak } from '../../../node/protocol/hash.ts'
import { recoverSender, signDigest } from '../../../node/protocol/signature.ts'

const SAMPLES = 10
const PAUSE_MS = 50
const ROUNDS = 200
/** Milliseconds: what the rounds of one sample take where nothing else runs. */
const IDLE_MS = 13
const KEY = keccak(Uint8Array.of(1))
const DIGEST = keccak(Uint8Array.of(2))
const SIGNATURE = signDigest(DIGEST, KEY)

/** How much longer than on an idle machine something takes now; at least 1. Takes a second or more itself. */
export async function slowness(): Promise<number> {
  let spentMs = 0
  for (let sample = 0; sample < SAMPLES; sample++) {
    const startedMs = performance.now()
    for (let i = 0; i < ROUNDS; i++) recoverSender(DIGEST, SIGNATURE)
    spentMs += performance.now() - startedMs
    await delay(PAUSE_MS)
  }
  return Math.max(1, spentMs / (SAMPLES * IDLE_MS))
}
