// Child process of `npm run mutate`: runs test files in this process and reports at the first failing test.

import { run } from 'node:test'
import { type Answer, requestSchema } from './messages.ts'

// Everything that takes long to load is there when the contracts are compiled.
await Promise.all([import('hardhat'), import('viem'), import('viem/accounts')])

process.once('message', (message) => {
  const { files } = requestSchema.parse(message)
  const stream = run({ files, isolation: 'none', concurrency: 1 })
  let passed = 0
  stream.on('test:fail', ({ name, file }) => answer({ failed: name, ...(file ? { file } : {}) }))
  stream.on('test:pass', () => passed++)
  stream.on('end', () => answer(passed > 0 ? {} : { failed: 'no test ran' }))
  stream.resume()
})

/** Nothing else is wanted of this process then; what it has open goes with it. */
function answer(content: Answer): void {
  process.send?.(content, () => process.exit(0))
}
