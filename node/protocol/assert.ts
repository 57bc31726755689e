// Assertions as `node:assert` makes them, for code that runs in a browser too.

/** A bug of ours, never what somebody else sent. Its code is that of Node's own assertions. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
  readonly code = 'ERR_ASSERTION'
}

/** Throws an `AssertionError` unless the condition is truthy. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
