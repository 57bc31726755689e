// Loaded before a test file: when the process ends, writes which instrumented statements were executed.

import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import hre from 'hardhat'

const folder = 'coverage/data/typescript'
// Not in Hardhat's types: what `--coverage` puts there.
const manager: unknown = Reflect.get(hre, '_coverage')

process.on('exit', () => {
  const data: unknown = typeof manager === 'object' && manager !== null ? Reflect.get(manager, 'data') : undefined
  if (!(data instanceof Map)) throw new Error('expected Hardhat to collect coverage in this process')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(Object.fromEntries(data)))
})
