// What the node says has changed, once for all tabs: a browser opens six connections to a host, and a tab that listens keeps one.

const CHANNEL = 'changes'

/** Until the signal aborts. `onChange` gets topics; after a connection was lost it gets all of them, since nobody knows what was missed. */
export function listen(onChange: (topics: readonly string[]) => void, signal: AbortSignal): void {
  const channel = new BroadcastChannel(CHANNEL)
  channel.addEventListener('message', ({ data }) => onChange(data))
  signal.addEventListener('abort', () => channel.close())
  const lead = async () => {
    const events = new EventSource('/events')
    const tell = (topics: readonly string[]) => {
      onChange(topics)
      channel.postMessage(topics)
    }
    events.addEventListener('message', ({ data }) => tell(JSON.parse(data)))
    events.addEventListener('open', () => tell(['bridge', 'transactions']))
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    events.close()
  }
  // The tab that has the lock listens for all; when it closes, another one gets it.
  navigator.locks.request(CHANNEL, { signal }, lead).catch(() => undefined)
}
