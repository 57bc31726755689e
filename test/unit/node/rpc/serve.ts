// An RPC server of some methods only, over real HTTP.

import type { TestContext } from 'node:test'
import { createLogger } from '../../../../node/log.ts'
import { API, type Handlers } from '../../../../node/rpc/api.ts'
import { RpcServer } from '../../../../node/rpc/server.ts'

export const log = createLogger({ level: 'silent', json: true, colors: false })

/** A server whose methods throw, but for those given. Answers its URL. */
export async function serve(t: TestContext, given: Partial<Handlers>): Promise<string> {
  const missing = async () => {
    throw new Error('not part of this test')
  }
  const handlers = { ...Object.fromEntries(Object.keys(API).map((method) => [method, missing])), ...given } as Handlers
  const server = new RpcServer({ methods: API, handlers, log }, { port: 0 })
  t.after(() => server.stop())
  return server.start()
}
