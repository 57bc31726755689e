// Waiting with an end, for work that has no signal of its own.

/**
 * What the work comes to, unless the signal is aborted first; then it throws the signal's reason, and what the work comes to is
 * dropped.
 */
export async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', end)
    for (const each of [work, promise]) each.catch(() => undefined)
  }
}
