// An RPC server of some methods only, over real HTTP, which holds its handlers to what the description says of them.

import type { TestContext } from 'node:test'
import { OperationError } from '../../../node/errors.ts'
import { createLogger } from '../../../node/log.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { API, type Handlers, type Method } from '../../../node/rpc/api.ts'
import { toWire } from '../../../node/rpc/json.ts'
import { TROUBLES } from '../../../node/rpc/methods/errors.ts'
import { RpcServer } from '../../../node/rpc/server.ts'
import { problemOfResult } from './wire.ts'

export const log = createLogger({ level: 'silent', json: true, colors: false })

type Handler = (params: never) => Promise<unknown>

/**
 * A server whose methods throw, except for those given. Returns its URL. A result or an error that the description does not have becomes an
 * internal error, unless `isChecked` is false.
 */
export async function serve(t: TestContext, given: Partial<Handlers>, isChecked = true): Promise<string> {
  const missing = async () => {
    throw new Error('not part of this test')
  }
  const handlers = Object.fromEntries(
    Object.keys(API).map((name) => {
      const handler: Handler = given[name as Method] ?? missing // names of the table
      return [name, isChecked ? checked(name as Method, handler) : handler]
    }),
  )
  const server = new RpcServer({ methods: API, handlers: handlers as unknown as Handlers, log }, { port: 0 }) // by the same names
  t.after(() => server.stop())
  return server.start()
}

function checked(method: Method, handler: Handler): Handler {
  const codes: readonly string[] = [...API[method].errors, ...TROUBLES]
  return async (params) => {
    try {
      const result = await handler(params)
      const problem = problemOfResult(method, toWire(result))
      if (problem !== undefined) throw new Error(`${method} answered otherwise than described: ${problem}`)
      return result
    } catch (error) {
      const code = error instanceof RuleError || error instanceof OperationError ? error.code : undefined
      if (code !== undefined && !codes.includes(code)) throw new Error(`${method} does not say that it throws ${code}`)
      throw error
    }
  }
}
