// An Ethereum for a bench, on a port of its own.

import { createInterface } from 'node:readline'
import { anvilBinary } from '../devnet/anvil.ts'
import { spawnTied } from '../devnet/child.ts'

export async function startAnvil(
  args: readonly string[],
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const child = spawnTied({ command: anvilBinary(), args: ['--port', '0', ...args] })
  const stop = async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve))
  }
  if (child.stdout === null) throw new RangeError('anvil has an output')
  for await (const line of createInterface({ input: child.stdout })) {
    const host = /Listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1]
    if (host === undefined) continue
    child.stdout.resume()
    return { url: `http://${host}`, stop }
  }
  throw new Error('anvil ended before it listened')
}
