// The mutants that no test can kill or need kill, each with its reason: accepted.json.

import { z } from 'zod'
import accepted from './accepted.json' with { type: 'json' }

const schema = z.array(z.object({ reason: z.string().min(20), mutants: z.record(z.string(), z.string()) }))

/** Reasons by mutant. The texts beside the ids in the file are for its readers. */
export const REASONS: ReadonlyMap<string, string> = new Map(
  schema.parse(accepted).flatMap(({ reason, mutants }) => Object.keys(mutants).map((id) => [id, reason] as const)),
)
