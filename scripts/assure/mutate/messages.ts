// What `npm run mutate` and its runner say to each other.

import { z } from 'zod'

/** The test files to run: sent once. */
export const requestSchema = z.object({ files: z.array(z.string()) })
/** The first test that failed and its file; both absent if all passed. */
export const answerSchema = z.object({ failed: z.string().optional(), file: z.string().optional() })
export type Answer = z.infer<typeof answerSchema>
