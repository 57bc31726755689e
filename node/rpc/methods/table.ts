// What a table of JSON-RPC methods is: all that a server, a client and the documentation need to know of each.

import { z } from 'zod'
import type { ErrorCode } from './errors.ts'

export type MethodSpec = {
  /** One sentence. */
  readonly summary: string
  /** A strict object; the order of its members is that of the parameters by position, those that may be left out come last. */
  readonly params: z.ZodObject
  /** As it is on the wire, and what the client makes of it. */
  readonly result: z.ZodType
  /** Why the node may refuse, besides wrong parameters and `TROUBLES`. */
  readonly errors: readonly ErrorCode[]
}
export type MethodTable = Readonly<Record<string, MethodSpec>>

/** What a handler gets (parsed). */
export type ParamsOf<T extends MethodTable, M extends keyof T> = z.output<T[M]['params']>
/** What a handler returns (bigint, bytes), which is what the client gives back after parsing the JSON. */
export type ResultOf<T extends MethodTable, M extends keyof T> = z.output<T[M]['result']>
export type HandlersOf<T extends MethodTable> = {
  readonly [M in keyof T]: (params: ParamsOf<T, M>) => Promise<ResultOf<T, M>>
}

/** What a server serves: a table of methods, and the handler of each of them. */
export type Service<T extends MethodTable> = { readonly methods: T; readonly handlers: HandlersOf<T> }
/** Any of these, once it was checked that methods and handlers fit each other. */
export type AnyService = {
  readonly methods: Readonly<Record<string, Pick<MethodSpec, 'params'>>>
  readonly handlers: Readonly<Record<string, (params: never) => Promise<unknown>>>
  /** Errors of a dialect of its own, before those of the domain. */
  readonly errorOf?: (
    error: unknown,
  ) => { readonly code: number; readonly message: string; readonly data?: unknown } | undefined
}

/** Of a method without parameters. */
export const NO_PARAMS = z.strictObject({})
