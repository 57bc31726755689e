// Living on until Ctrl-C.

/** Resolves once the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  // A promise alone keeps no process alive; what runs beside it may be idle for a while.
  const keepAlive = setInterval(() => undefined, 2 ** 30)
  const end = () => {
    clearInterval(keepAlive)
    resolve()
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  return promise
}
