// Waiting for other processes: until something is so, and through their restarts.

import { setTimeout as delay } from 'node:timers/promises'
import { createNodeClient, type NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'

export type Patience = {
  readonly deadlineMs: number
  readonly pollMs: number
  readonly signal: AbortSignal
}

/**
 * The first answer of `probe` that is not `undefined`. Failures that may pass are waited out. Throws `OperationError('waited-in-vain')`
 * after the deadline, with the last such failure as its cause.
 */
export async function waitFor<T>(what: string, patience: Patience, probe: () => Promise<T | undefined>): Promise<T> {
  const { deadlineMs, pollMs, signal } = patience
  const endMs = performance.now() + deadlineMs
  let cause: unknown
  do {
    signal.throwIfAborted()
    try {
      const answer = await probe()
      if (answer !== undefined) return answer
    } catch (error) {
      if (!mayPass(error)) throw error
      cause = error
    }
    await delay(pollMs, undefined, { signal })
  } while (performance.now() < endMs)
  const last = cause instanceof Error ? ` (the last failure: ${cause.message})` : ''
  throw new OperationError(
    'waited-in-vain',
    `expected ${what} within ${deadlineMs / 1_000} s, got nothing${last}; see the logs`,
    {
      facts: { what },
      cause,
    },
  )
}

/** A client that waits while its node is being restarted. Every method of the RPC may be repeated. */
export function patientClient(url: string, patience: Patience): NodeClient {
  const client = createNodeClient(url, 10_000)
  return {
    url,
    call: (method, params, signal) =>
      waitFor(`an answer to ${method} from ${url}`, patience, () => client.call(method, params, signal)),
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof OperationError && error.retry
}
