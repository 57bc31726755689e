// The compiled contracts: made where they are missing or older than their sources.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { OperationError } from '../../node/errors.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES = join(ROOT, 'contracts')
const ARTIFACT = join(ROOT, 'artifacts/contracts/Bridge.sol/Bridge.json')
const HARDHAT = join(ROOT, 'node_modules/hardhat/dist/src/cli.js')

/** Compiles with Hardhat where that is due. `say` is told that it takes a while. Throws `OperationError('build-failed')`. */
export async function ensureContracts(say: (text: string) => void): Promise<void> {
  if (await isBuilt()) return
  say('compiling the contracts (once, about half a minute)')
  const child = spawn(process.execPath, [HARDHAT, 'build'], {
    cwd: ROOT,
    env: { ...process.env, CI: 'true', HARDHAT_DISABLE_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code === 0) return
  throw new OperationError('build-failed', `expected the contracts to compile, got exit code ${code}:\n${out}${err}`)
}

async function isBuilt(): Promise<boolean> {
  const built = await stat(ARTIFACT).catch(() => undefined)
  if (built === undefined) return false
  const sources = (await readdir(SOURCES, { recursive: true })).filter((file) => file.endsWith('.sol'))
  const changed = await Promise.all(sources.map(async (file) => (await stat(join(SOURCES, file))).mtimeMs))
  return changed.every((changedMs) => changedMs <= built.mtimeMs)
}
