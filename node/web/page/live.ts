// What the node says has changed, once for all tabs: a browser opens six connections to a host, and a tab that listens keeps one.

const CHANNEL = 'changes'
/** After an answer that was none: a node with too many listeners, or what stands in front of it while it starts. A browser then gives up for good. */
const AGAIN_MS = 5_000

/** Until the signal aborts. `onChange` gets topics; after a connection was lost it gets all of them, since nobody knows what was missed. */
export function listen(onChange: (topics: readonly string[]) => void, signal: AbortSignal): void {
  const channel = new BroadcastChannel(CHANNEL)
  channel.addEventListener('message', ({ data }) => onChange(data))
  signal.addEventListener('abort', () => channel.close())
  const tell = (topics: readonly string[]) => {
    onChange(topics)
    channel.postMessage(topics)
  }
  const lead = async () => {
    while (!signal.aborted) {
      await hear(tell, signal)
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
  // The tab that has the lock listens for all; when it closes, another one gets it.
  navigator.locks.request(CHANNEL, { signal }, lead).catch(() => undefined)
}

/** Until the browser gives the connection up; one that was cut it makes again by itself. */
async function hear(tell: (topics: readonly string[]) => void, stop: AbortSignal): Promise<void> {
  const events = new EventSource('/events')
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  events.addEventListener('message', ({ data }) => tell(JSON.parse(data)))
  events.addEventListener('open', () => tell(['bridge', 'transactions']))
  events.addEventListener('error', () => {
    if (events.readyState === events.CLOSED) end()
  })
  const onStop = () => end()
  stop.addEventListener('abort', onStop)
  await ended
  stop.removeEventListener('abort', onStop)
  events.close()
}
