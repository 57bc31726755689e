// Where the page starts: before anything makes a schema, zod has to know that it must not compile them as code, which the policy of the page forbids.

import { config } from 'zod/v4/core'

config({ jitless: true })
await import('./start.tsx')
