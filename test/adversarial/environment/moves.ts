// All that the driver does, and how often.

import { BLOB_MOVES } from './moves/blobs.ts'
import { BLOCK_MOVES } from './moves/blocks.ts'
import { FAULT_MOVES } from './moves/faults.ts'
import type { Move } from './moves/move.ts'
import { PUBLICATION_MOVES } from './moves/publications.ts'
import { QUEUE_MOVES } from './moves/queue.ts'
import { RACE_MOVES } from './moves/races.ts'
import { REQUEST_MOVES } from './moves/requests.ts'
import { TIME_MOVES } from './moves/time.ts'

export const MOVES: readonly Move[] = [
  ...BLOCK_MOVES,
  ...RACE_MOVES,
  ...QUEUE_MOVES,
  ...TIME_MOVES,
  ...FAULT_MOVES,
  ...BLOB_MOVES,
  ...PUBLICATION_MOVES,
  ...REQUEST_MOVES,
]
