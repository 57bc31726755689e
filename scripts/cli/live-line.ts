// A line of a terminal that is written again and again, as a sign of life and of progress; where no terminal is, nothing.

import { printableLine } from './printable.ts'
import type { Shell } from './shell.ts'

const FRAMES = ['|', '/', '-', '\\']
const FRAME_MS = 250
const NARROW = 80
/** To the beginning of the line, and all of it away. */
const CLEAR = '\r\u001b[2K'

/** `render` gets the seconds since the beginning. Dispose of it before anything else is written. */
export function showLive({ stderr }: Shell, render: (seconds: number) => string): Disposable {
  if (stderr.isTTY !== true) return { [Symbol.dispose]: () => undefined }
  const startedMs = performance.now()
  let frame = 0
  const draw = () => {
    const text = printableLine(render(Math.floor((performance.now() - startedMs) / 1_000)))
    const { columns = 0 } = stderr
    const width = (columns > 0 ? columns : NARROW) - 1
    stderr.write(`${CLEAR}${`${FRAMES[frame++ % FRAMES.length]} ${text}`.slice(0, width)}`)
  }
  draw()
  const timer = setInterval(draw, FRAME_MS)
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      stderr.write(CLEAR)
    },
  }
}

/** Of what sends a transaction of Ethereum, for `showWhile`. */
export const SENDING = 'sent to Ethereum, which puts it into a block'

/** A person who waits longer wonders whether anything happens. */
const PATIENCE_MS = 1_000

/** What `work` comes to; if it takes longer than a second, `words` and the seconds are shown until then. Nothing else may be written meanwhile. */
export async function showWhile<T>(shell: Shell, words: string, work: Promise<T>): Promise<T> {
  let line: Disposable | undefined
  const begin = () => {
    line = showLive(shell, (seconds) => `${words} (${seconds + PATIENCE_MS / 1_000} s)`)
  }
  const timer = shell.stderr.isTTY === true ? setTimeout(begin, PATIENCE_MS) : undefined
  try {
    return await work
  } finally {
    clearTimeout(timer)
    line?.[Symbol.dispose]()
  }
}
