// All lies about a block in blobs, by their names.

import type { Lies } from './change.ts'
import { ENTRY_LIES } from './entries.ts'
import { GARBAGE_LIES } from './garbage.ts'
import { HARMLESS } from './harmless.ts'
import { HEAD_LIES } from './heads.ts'
import { STEP_LIES } from './steps.ts'

/** One thing changed in what is posted of a right block. What comes of it is refused, refuted, or right. */
export const LIES: Lies = { ...ENTRY_LIES, ...STEP_LIES, ...HEAD_LIES, ...GARBAGE_LIES, ...HARMLESS }
