// Child process of `npm run coverage`: compiles the instrumented contracts and writes where each statement is.

import { mkdir, writeFile } from 'node:fs/promises'
import hre from 'hardhat'

await hre.tasks.getTask('build').run({ quiet: true })
const manager: unknown = Reflect.get(hre, '_coverage')
const metadata: unknown =
  typeof manager === 'object' && manager !== null ? Reflect.get(manager, 'filesMetadata') : undefined
if (!(metadata instanceof Map)) throw new Error('expected Hardhat to instrument the contracts')
const statements = [...metadata.values()].flatMap((entries) => (entries instanceof Map ? [...entries.values()] : []))
await mkdir('coverage', { recursive: true })
await writeFile('coverage/statements.json', JSON.stringify(statements))
