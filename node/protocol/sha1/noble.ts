// SHA-1 in JavaScript, for browsers.

import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js'
import type { Sha1 } from './backend.ts'

export const sha1: Sha1 = (message) => nobleSha1(message)
