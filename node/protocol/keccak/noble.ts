// Keccak-256 in JavaScript, for browsers.

import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Keccak256 } from './backend.ts'

export const keccak256: Keccak256 = (message) => keccak_256(message)
