// The compiled contracts: made once, where they are missing.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { OperationError } from '../../node/errors.ts'

const ROOT = new URL('../../', import.meta.url)
const ARTIFACT = new URL('artifacts/contracts/Bridge.sol/Bridge.json', ROOT)
const HARDHAT = new URL('node_modules/hardhat/dist/src/cli.js', ROOT)

/** Compiles with Hardhat unless that was done before. `say` is told that it takes a while. Throws `OperationError('build-failed')`. */
export async function ensureContracts(say: (text: string) => void): Promise<void> {
  const isThere = await access(ARTIFACT).then(
    () => true,
    () => false,
  )
  if (isThere) return
  say('compiling the contracts (once, about half a minute)')
  const child = spawn(process.execPath, [fileURLToPath(HARDHAT), 'build'], {
    cwd: fileURLToPath(ROOT),
    env: { ...process.env, CI: 'true', HARDHAT_DISABLE_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code === 0) return
  throw new OperationError('build-failed', `expected the contracts to compile, got exit code ${code}:\n${out}${err}`)
}
