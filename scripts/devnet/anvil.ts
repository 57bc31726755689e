// The embedded Ethereum: anvil from npm, its state kept in one file.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../node/errors.ts'
import { DevChain, isAnswering } from './dev-chain.ts'
import type { ServiceSpec } from './supervisor.ts'

export const ANVIL_CHAIN = 31_337n

const SYSTEMS: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
const LOOK_MS = 50

/** The program itself: what is in node_modules/.bin is a Node script that would be between us and it. */
export function anvilBinary(): string {
  const platform = `${process.platform}-${SYSTEMS[process.arch] ?? process.arch}`
  try {
    const inner = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'))
    return join(dirname(inner.resolve(`@foundry-rs/anvil-${platform}/package.json`)), 'bin', 'anvil')
  } catch (cause) {
    throw new OperationError(
      'anvil-missing',
      `expected anvil for ${platform}, got no such package; run npm install without --omit=optional, or start the demo with --ethereum and a development chain of yours`,
      { facts: { platform }, cause },
    )
  }
}

/** `state` is a file. It mines each transaction at once, and nothing before its clock is right: after a restart it would go back in time. */
export function anvilService(options: { readonly port: number; readonly state: string }): ServiceSpec {
  const { port, state } = options
  const url = `http://127.0.0.1:${port}`
  const args = ['--host', '127.0.0.1', '--port', `${port}`, '--chain-id', `${ANVIL_CHAIN}`, '--hardfork', 'osaka']
  return {
    name: 'ethereum',
    command: anvilBinary(),
    args: [...args, '--state', state, '--state-interval', '2', '--no-mining', '--silent'],
    ready: async (signal) => {
      while (!(await isAnswering(url))) await delay(LOOK_MS, undefined, { signal })
      await new DevChain(url).catchUp()
    },
  }
}
